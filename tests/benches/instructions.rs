//! Counts the instructions of requests, through a real connection and with the access log, and of
//! what they are made of: `cargo bench --profile dev --workspace --bench instructions`, which fails
//! where they are more than in `instructions.txt`; with `-- --record` it writes them anew. Needs
//! valgrind.
//!
//! What is counted is the program as the tests are compiled, without optimization: that needs no
//! second build, and work that is added shows there too. By themselves the numbers say nothing.

#![allow(clippy::unwrap_used, reason = "a benchmark that fails is to say where")]

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs, hint};

use plain::logging::{self, LoggingSettings};
use plain_tests::costs::{Bench, WORKS};
use plain_tests::exchange::{Exchange, REQUESTS};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.txt");
const COMMAND: &str = "cargo bench --profile dev --workspace --bench instructions";

/// Where callgrind writes to.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/instructions");

/// How often each work is done before the counting begins, and while it is counted.
const WARM: u64 = 20;
const COUNTED: u64 = 100;

/// How much more than recorded is too much, in parts of a hundred. Two runs differ by up to 2.5,
/// where threads wake each other in another order.
const TOLERANCE: f64 = 5.0;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|given| given == word);
    if has("--work") {
        work();
        return ExitCode::SUCCESS;
    }
    let done = match count() {
        Ok(counts) if has("--record") => record(&counts),
        Ok(counts) => compare(counts),
        Err(problem) => Err(problem),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("\n{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Does all that is counted, in the order of [`names`].
fn work() {
    let _log = logging::init(&LoggingSettings::default()).unwrap();
    let bench = Bench::start();
    for (_, prepare) in WORKS {
        let mut work = prepare(&bench);
        repeat(&mut *work);
    }
    for asked in REQUESTS {
        let mut exchange = Exchange::start(&bench, asked);
        repeat(&mut || exchange.run(1));
    }
}

fn names() -> Vec<String> {
    let works = WORKS.iter().map(|(name, _)| (*name).to_owned());
    works
        .chain(REQUESTS.iter().map(ToString::to_string))
        .collect()
}

fn repeat(work: &mut dyn FnMut()) {
    for _ in 0..WARM {
        work();
    }
    mark();
    for _ in 0..COUNTED {
        work();
    }
    mark();
}

/// Where callgrind writes down what it has counted since the last time, of all threads.
#[inline(never)]
fn mark() {
    hint::black_box(());
}

/// Runs this program once more under valgrind. What stands between two marks is one work; what is
/// outside of them belongs to none.
fn count() -> Result<Vec<(String, u64)>, String> {
    let folder = Path::new(FOLDER);
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).unwrap();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--fair-sched=try"])
        .arg("--dump-before=instructions::mark")
        .arg(format!("--callgrind-out-file={FOLDER}/part"))
        .arg(env::current_exe().unwrap())
        .arg("--work")
        .output()
        .map_err(|error| {
            format!("valgrind can't be run: {error}; on Debian: apt-get install valgrind")
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{said}\nIt failed under valgrind."));
    }
    let counts = names().into_iter().enumerate().map(|(index, name)| {
        let file = file(&name);
        fs::rename(folder.join(format!("part.{}", 2 * index + 2)), &file).unwrap();
        (name, total(&fs::read_to_string(file).unwrap()) / COUNTED)
    });
    Ok(counts.collect())
}

/// Where callgrind's own account of `name` is kept.
fn file(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("{FOLDER}/callgrind.out.{}", words.join("-"))
}

fn total(account: &str) -> u64 {
    let mut lines = account.lines();
    let total = lines.find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|count| count.parse().ok()).unwrap()
}

fn record(counts: &[(String, u64)]) -> Result<(), String> {
    let mut text = format!("# Instructions, without optimization, by {}\n", compiler()?);
    for (name, count) in counts {
        writeln!(text, "{count:>9} {name}").unwrap();
    }
    print!("{text}");
    fs::write(FILE, text).map_err(|error| format!("{FILE} can't be written: {error}"))
}

fn compare(mut counts: Vec<(String, u64)>) -> Result<(), String> {
    let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let recorded = read(&text);
    let change = |name: &str, now: u64| {
        let before = recorded.get(name)?;
        Some(100.0 * (now as f64 - before) / before)
    };
    let is_more = |(name, now): &(String, u64)| change(name, *now).is_none_or(|by| by > TOLERANCE);
    if counts.iter().any(is_more) {
        println!("Counting once more: what is more by chance is so once.");
        for ((_, least), (_, again)) in counts.iter_mut().zip(count()?) {
            *least = again.min(*least);
        }
    }
    println!("{:<36} {:>9} {:>8}", "instructions", "now", "change");
    for (name, now) in &counts {
        match change(name, *now) {
            None => println!("{name:<36} {now:>9}   not recorded"),
            Some(by) if by > TOLERANCE => {
                println!(
                    "{name:<36} {now:>9} {by:>+6.1} %  callgrind_annotate --inclusive=yes {}",
                    file(name)
                );
            }
            Some(by) if by < -TOLERANCE => {
                println!("{name:<36} {now:>9} {by:>+6.1} %  record it, so that it stays so");
            }
            Some(by) => println!("{name:<36} {now:>9} {by:>+6.1} %"),
        }
    }
    if !counts.iter().any(is_more) {
        return Ok(());
    }
    let by = text.lines().next().and_then(|line| line.split_once(" by "));
    Err(format!(
        "There are over {TOLERANCE} % more instructions than recorded, or none recorded.\nRecorded \
         with {}, counted with {}: another compiler makes other numbers, and so do other versions \
         of crates.\nWhere they are right, write them anew: {COMMAND} -- --record",
        by.map_or("an unknown compiler", |(_, compiler)| compiler),
        compiler()?,
    ))
}

/// The recorded counts by name.
fn read(text: &str) -> HashMap<&str, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| {
        let (count, name) = line.trim_start().split_once(' ')?;
        Some((name, count.parse().ok()?))
    });
    pairs.collect()
}

fn compiler() -> Result<String, String> {
    let output = Command::new("rustc").arg("--version").output();
    let output = output.map_err(|error| format!("rustc can't be run: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
