//! What the system knows of this process, read when it is asked for. The names are those that
//! Prometheus gives (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>).

use std::fmt;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::{MetricType, counter::ConstCounter};

/// In how many parts the system divides a second of a processor (`USER_HZ`), on every architecture
/// of Linux that is in use.
const TICKS: f64 = 100.0;

#[derive(Debug)]
pub(super) struct ProcessMetrics {
    /// When this part was first used: when the application was put together.
    started: f64,
}

impl Default for ProcessMetrics {
    fn default() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            started: now.unwrap_or_default().as_secs_f64(),
        }
    }
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut gauge = |name, help, value: Option<f64>| match value {
            Some(value) => ConstGauge::new(value).encode(encoder.encode_descriptor(
                name,
                help,
                None,
                MetricType::Gauge,
            )?),
            None => Ok(()),
        };
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        gauge(
            "process_start_time_seconds",
            "Start time of the process since the Unix epoch in seconds",
            Some(self.started),
        )?;
        gauge(
            "process_resident_memory_bytes",
            "Resident memory size in bytes",
            kilobytes(&status, "VmRSS:"),
        )?;
        gauge(
            "process_virtual_memory_bytes",
            "Virtual memory size in bytes",
            kilobytes(&status, "VmSize:"),
        )?;
        gauge(
            "process_threads",
            "Number of threads of the process",
            field(&status, "Threads:"),
        )?;
        let files = fs::read_dir("/proc/self/fd").map(Iterator::count);
        gauge(
            "process_open_fds",
            "Number of open file descriptors",
            files.ok().map(|files| files as f64),
        )?;
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let Some(seconds) = processor_seconds(&stat) else {
            return Ok(());
        };
        ConstCounter::new(seconds).encode(encoder.encode_descriptor(
            "process_cpu_seconds",
            "Total user and system CPU time spent in seconds",
            None,
            MetricType::Counter,
        )?)
    }
}

fn field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn kilobytes(status: &str, name: &str) -> Option<f64> {
    field(status, name).map(|kilobytes| kilobytes * 1024.0)
}

/// User and system time, the 14th and 15th field of `/proc/self/stat` (proc(5)). The second one, the
/// name of the program, may hold spaces and parentheses.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut times = after_name.split_whitespace().skip(11);
    let user: f64 = times.next()?.parse().ok()?;
    let system: f64 = times.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_read() {
        let status = "Name:\tshop\nVmSize:\t  20480 kB\nVmRSS:\t   1024 kB\nThreads:\t7\n";
        assert_eq!(kilobytes(status, "VmRSS:"), Some(1_048_576.0));
        assert_eq!(field(status, "Threads:"), Some(7.0));
        assert_eq!(field(status, "VmSwap:"), None);
        let stat = "12 (a b) c) S 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 7 0";
        assert_eq!(processor_seconds(stat), Some(2.0));
        assert_eq!(processor_seconds(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_tells_its_memory_its_start_and_its_files() {
        let text = crate::metrics::render();
        for name in [
            "process_start_time_seconds",
            "process_resident_memory_bytes",
            "process_open_fds",
            "process_threads",
            "process_cpu_seconds_total",
        ] {
            let line = text.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split(' ').next_back());
            let value: f64 = value.unwrap_or_default().parse().unwrap_or(-1.0);
            assert!(value >= 0.0, "{name}: {text}");
        }
    }
}
