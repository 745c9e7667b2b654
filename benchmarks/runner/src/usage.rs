//! What processes use, from `/proc` (Linux).

use std::fs;

use anyhow::{Context, Result};

/// The kernel counts processor time in hundredths of a second, whatever its own clock.
const MICROSECONDS_PER_TICK: u64 = 10_000;

/// Processor time of a process until now, in microseconds.
pub(crate) fn cpu(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("the process {pid} is gone"))?;
    // The name of the program, in brackets, can hold anything.
    let (_, fields) = text.rsplit_once(')').context("/proc/PID/stat is odd")?;
    let ticks: u64 = fields
        .split_whitespace()
        // utime and stime, the 14th and 15th of all.
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(ticks * MICROSECONDS_PER_TICK)
}

/// Processor time until now of a process and of those that it started and that still live.
pub(crate) fn cpu_of_family(pid: u32) -> Result<u64> {
    let mut sum = cpu(pid)?;
    for child in children(pid)? {
        // One that has ended meanwhile counts no more.
        sum += cpu(child).unwrap_or(0);
    }
    Ok(sum)
}

fn children(pid: u32) -> Result<Vec<u32>> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(text
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .collect())
}

/// Processor time of the whole machine until now in which it was not idle, in microseconds; what a
/// host took from it is among it.
pub(crate) fn cpu_of_all() -> Result<u64> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().context("/proc/stat is empty")?;
    let fields: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        // user, nice, system, idle, iowait, irq, softirq, steal; guests are among user.
        .take(8)
        .filter_map(|field| field.parse().ok())
        .collect();
    let [user, nice, system, _, _, irq, softirq, steal] = fields[..] else {
        anyhow::bail!("/proc/stat is odd: {line}");
    };
    Ok((user + nice + system + irq + softirq + steal) * MICROSECONDS_PER_TICK)
}

/// Memory of a process that is in use, in KiB.
pub(crate) fn memory(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("the process {pid} is gone"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
        .context("/proc/PID/status has no VmRSS")
}

/// What this machine is, in a few words.
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let information = read("/proc/cpuinfo");
    let model = information
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let cores = information.matches("processor\t").count();
    let memory: u64 = read("/proc/meminfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemTotal:")?
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "{cores} cores of {model}, {} GiB, Linux {}",
        memory / 1024 / 1024,
        kernel.trim()
    )
}

/// The load average of the last minute.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
