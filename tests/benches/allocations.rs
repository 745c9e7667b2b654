//! Counts how often a request makes the server allocate memory, through a real connection and with
//! the access log: `cargo bench --profile dev --workspace --bench allocations`; with `-- --which`
//! it names the places.
//!
//! The client allocates nothing while it is counted, so all that is counted is the server's.

#![allow(clippy::unwrap_used, reason = "a benchmark that fails is to say where")]

use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use plain::logging::{self, LoggingSettings};
use plain_tests::costs::Bench;
use plain_tests::exchange::{Exchange, REQUESTS};
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The most allocations that each of the requests may take.
const MOST: [u64; REQUESTS.len()] = [22, 22, 137, 63, 144];

/// Requests before the counting begins: the first ones fill pools and buffers.
const WARM: u64 = 50;
const COUNTED: u64 = 100;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--count", index] => {
            println!("{}", count(index.parse().unwrap()));
            ExitCode::SUCCESS
        }
        ["--trace", index] => {
            trace(index.parse().unwrap());
            ExitCode::SUCCESS
        }
        _ => show(words.iter().any(|word| word == "--which")),
    }
}

fn show(which: bool) -> ExitCode {
    let mut outcome = ExitCode::SUCCESS;
    println!("{:<40} {:>12} {:>6}", "a request", "allocations", "most");
    for (index, (asked, most)) in REQUESTS.into_iter().zip(MOST).enumerate() {
        let name = asked.to_string();
        let count: f64 = again("--count", index).trim().parse().unwrap();
        println!("{name:<40} {count:>12.1} {most:>6}");
        if count > most as f64 {
            outcome = ExitCode::FAILURE;
        }
        if which {
            print!("{}", again("--trace", index));
        }
    }
    outcome
}

/// Runs this program once more, for one request, with its log to nowhere.
fn again(word: &str, index: usize) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args([word, &index.to_string()])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{word} {index} failed");
    String::from_utf8(output.stdout).unwrap()
}

fn count(index: usize) -> f64 {
    let _profiler = dhat::Profiler::builder().testing().build();
    let _log = logging::init(&LoggingSettings::default()).unwrap();
    let bench = Bench::start();
    let mut exchange = Exchange::start(&bench, REQUESTS[index]);
    exchange.run(WARM);
    let before = dhat::HeapStats::get().total_blocks;
    exchange.run(COUNTED);
    let after = dhat::HeapStats::get().total_blocks;
    (after - before) as f64 / COUNTED as f64
}

/// Prints the places that allocate once a request or oftener.
fn trace(index: usize) {
    let file = env::temp_dir().join(format!("plain-allocations-{}.json", std::process::id()));
    let _log = logging::init(&LoggingSettings::default()).unwrap();
    let bench = Bench::start();
    let mut exchange = Exchange::start(&bench, REQUESTS[index]);
    exchange.run(WARM);
    let profiler = dhat::Profiler::builder()
        .file_name(&file)
        .trim_backtraces(None)
        .build();
    exchange.run(COUNTED);
    drop(profiler);
    let profile: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    fs::remove_file(&file).unwrap();
    let frames = profile["ftbl"].as_array().unwrap();
    let mut places = BTreeMap::<String, u64>::new();
    for point in profile["pps"].as_array().unwrap() {
        let of = point["fs"].as_array().unwrap().iter();
        let of = of.filter_map(|frame| frames[frame.as_u64()? as usize].as_str());
        *places.entry(place(of)).or_default() += point["tbk"].as_u64().unwrap();
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (place, count) in places {
        if count >= COUNTED {
            println!("    {:>5.1}  {place}", count as f64 / COUNTED as f64);
        }
    }
}

/// The innermost frame of a crate of ours, and what it called there, or the innermost of any crate.
fn place<'a>(frames: impl Iterator<Item = &'a str>) -> String {
    let mut inner = String::new();
    for frame in frames {
        // `0x55...: function (file:line:column)`
        let name = frame.split_once(": ").map_or(frame, |(_, name)| name);
        let is_ours = name.starts_with("plain") || name.starts_with("<plain");
        if is_ours {
            return format!("{name}  <-  {inner}");
        }
        let is_library = [
            "alloc::",
            "<alloc::",
            "core::",
            "<core::",
            "std::",
            "<std::",
            "dhat",
            "<dhat",
            "__rust",
            "trace",
            "backtrace",
            "<backtrace",
        ];
        if !is_library.iter().any(|start| name.starts_with(start)) && inner.is_empty() {
            inner = name.to_owned();
        }
    }
    inner
}
