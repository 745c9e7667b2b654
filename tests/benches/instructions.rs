//! Counts the instructions of the parts of a request under valgrind, and compares them with those in
//! `instructions.txt`, so that what a change costs is seen whatever else the machine does:
//! `cargo bench --profile dev -p plain-tests --bench instructions`, with `-- --record` to write them
//! anew.
//!
//! What is counted is the program as the tests are compiled, without optimization: that costs no
//! second build, and work that is added shows there too. The numbers by themselves say nothing.
//!
//! Each work runs in a process of its own, once few and once many times; the difference is what it
//! takes without its preparation.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs, hint};

use plain_tests::costs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.txt");

/// How often a work is done in the two runs.
const FEW: u64 = 3;
const MANY: u64 = 23;

/// How much more than recorded is a regression, in parts of a hundred.
const TOLERANCE: f64 = 4.0;

type Counts = BTreeMap<String, u64>;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["--do", name, times] => {
            repeat(name, times);
            return ExitCode::SUCCESS;
        }
        _ if words.contains(&"--record") => count_all().and_then(|counts| record(&counts)),
        _ => count_all().and_then(|counts| compare(&counts)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("\n{problem}");
            ExitCode::FAILURE
        }
    }
}

fn repeat(name: &str, times: &str) {
    let times: u64 = times.parse().unwrap();
    let mut work = costs::work(name);
    for _ in 0..times {
        hint::black_box(&mut work)();
    }
}

fn count_all() -> Result<Counts, String> {
    let count = |name: &str| {
        let more = count(name, MANY)?.saturating_sub(count(name, FEW)?);
        Ok((name.to_owned(), more / (MANY - FEW)))
    };
    costs::NAMES.into_iter().map(count).collect()
}

/// The instructions of a process that does the work `name` so many `times`.
fn count(name: &str, times: u64) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--do", name, &times.to_string()])
        // Whatever the hash maps of a run are seeded with, it is the same in the next.
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind can't be run: {error}; apt-get install valgrind"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, count)| count.trim().parse().ok());
    match collected {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(format!("`{name}` was not counted: {said}")),
    }
}

fn compare(counts: &Counts) -> Result<(), String> {
    let recorded = read()?;
    let mut worse = Vec::new();
    println!(
        "{:<26} {:>12} {:>12} {:>8}",
        "instructions", "recorded", "now", ""
    );
    for (name, now) in counts {
        let before = recorded.get(name).copied().unwrap_or(0);
        let change = 100.0 * (*now as f64 - before as f64) / before.max(1) as f64;
        println!("{name:<26} {before:>12} {now:>12} {change:>+7.1}%");
        if before == 0 || change > TOLERANCE {
            worse.push(name.as_str());
        }
    }
    if worse.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} take more than {TOLERANCE} % more instructions than recorded in \
         tests/benches/instructions.txt. If that is worth it, or the compiler is another one ({} \
         was recorded), write them anew: cargo bench --profile dev -p plain-tests --bench \
         instructions -- --record",
        worse.join(", "),
        compiler(&fs::read_to_string(FILE).unwrap_or_default()),
    ))
}

fn read() -> Result<Counts, String> {
    let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let pair = line.rsplit_once(" = ");
            let pair = pair.and_then(|(name, count)| Some((name.to_owned(), count.parse().ok()?)));
            pair.ok_or_else(|| format!("{FILE} has an odd line: {line}"))
        })
        .collect()
}

fn record(counts: &Counts) -> Result<(), String> {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.map_err(|error| error.to_string())?.stdout;
    let mut text = format!(
        "# Instructions, without optimization, by {}",
        String::from_utf8_lossy(&version)
    );
    for (name, count) in counts {
        text.push_str(&format!("{name} = {count}\n"));
        println!("{name:<26} {count:>12}");
    }
    fs::write(FILE, text).map_err(|error| error.to_string())
}

/// The compiler that the first line of the file names.
fn compiler(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.split_once(" by ").map_or("none", |(_, name)| name)
}
