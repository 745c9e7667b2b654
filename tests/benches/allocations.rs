//! Counts how often a request makes the server allocate memory, through a real connection and with
//! the access log: `cargo bench --profile dev --workspace --bench allocations`; with `-- --which`
//! it names the places.
//!
//! The client in here allocates nothing while it is counted, so all that is counted is the server's.

#![allow(clippy::unwrap_used, reason = "a benchmark that fails is to say where")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use plain::logging::{self, LoggingSettings};
use plain::test::TestServer;
use plain_tests::costs::Bench;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// What is asked for, with or without cookies, and the most allocations that it may take.
const REQUESTS: [(&str, &str, bool, u64); 5] = [
    ("GET", "/text", false, 32),
    ("GET", "/text", true, 33),
    ("GET", "/page", false, 155),
    ("GET", "/session", true, 75),
    ("POST", "/session", true, 165),
];

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
    for (index, (method, path, cookies, most)) in REQUESTS.into_iter().enumerate() {
        let cookies = if cookies {
            " with a session cookie"
        } else {
            ""
        };
        let name = format!("{method} {path}{cookies}");
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

/// A server and a connection to it, over which one request is sent again and again.
struct Exchange {
    _server: TestServer,
    stream: TcpStream,
    request: Vec<u8>,
}

impl Exchange {
    fn start(index: usize) -> Self {
        let (method, path, cookies, _) = REQUESTS[index];
        // Its guard would end the log.
        std::mem::forget(logging::init(&LoggingSettings::default()).unwrap());
        let bench = Bench::start();
        let cookies = match cookies {
            true => format!("Cookie: {}\r\n", bench.cookies()),
            false => String::new(),
        };
        let server = TestServer::start(bench.app());
        // The application's place goes with it, and is needed to the end.
        std::mem::forget(bench);
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: bench\r\n\
             X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\
             Sec-Fetch-Site: same-origin\r\n{cookies}Content-Length: 0\r\n\r\n"
        );
        Self {
            stream: TcpStream::connect(server.address()).unwrap(),
            _server: server,
            request: request.into_bytes(),
        }
    }

    /// Sends so many requests, each after the answer to the last.
    fn run(&mut self, requests: u64) {
        let mut answer = [0; 16 * 1024];
        for _ in 0..requests {
            self.stream.write_all(&self.request).unwrap();
            let mut read = 0;
            while !is_whole(&answer[..read]) {
                let more = self.stream.read(&mut answer[read..]).unwrap();
                assert!(more > 0, "the connection was closed");
                read += more;
            }
            assert!(answer.starts_with(b"HTTP/1.1 200"));
        }
    }
}

/// Whether the head and as many bytes as it announces are there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else {
        return false;
    };
    let lines = answer[..head].split(|byte| *byte == b'\n');
    let length = lines
        .filter_map(|line| line.split_at_checked(15))
        .find(|(name, _)| name.eq_ignore_ascii_case(b"content-length:"));
    let digits = length.map_or(&b""[..], |(_, value)| value.trim_ascii());
    let length = digits
        .iter()
        .fold(0, |sum, digit| 10 * sum + usize::from(digit - b'0'));
    answer.len() >= head + 4 + length
}

fn count(index: usize) -> f64 {
    let _profiler = dhat::Profiler::builder().testing().build();
    let mut exchange = Exchange::start(index);
    exchange.run(WARM);
    let before = dhat::HeapStats::get().total_blocks;
    exchange.run(COUNTED);
    let after = dhat::HeapStats::get().total_blocks;
    (after - before) as f64 / COUNTED as f64
}

/// Prints the places that allocate once a request or oftener.
fn trace(index: usize) {
    let file = env::temp_dir().join(format!("plain-allocations-{}.json", std::process::id()));
    let mut exchange = Exchange::start(index);
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
