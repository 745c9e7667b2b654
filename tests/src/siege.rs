//! Clients that mean no good, and what a server that is pressed by them needs and takes meanwhile.
//!
//! While an attack goes on, an ordinary client asks for a page on a new connection again and again;
//! what counts is what it sees, and how much memory the server has.

mod attacks;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

pub use attacks::{ATTACKS, Attack};

use crate::command_line::Process;

/// The settings of the application `pressed`, whose server is attacked.
pub const PRESSED: &str = r#"
SECRET_KEY = "w8Kd0xTqLmZ3vRjY5nBsG7hPfC2aUe9iQ4oV6tXkN1rJyDzMbE"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
HTTPS_REDIRECT_ENABLED = false
INSTALLED_PACKAGES = ["pressed"]
ACCESS_LOG = false
"#;

/// The server that is attacked.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The number of its process.
    pub process: u32,
}

/// What came of an attack.
#[derive(Debug, Default)]
pub struct Figures {
    /// How many connections the attack had open.
    pub connections: usize,
    /// The statuses that it was answered with, and how often; 0 where the connection was closed
    /// without an answer.
    pub statuses: BTreeMap<u16, usize>,
    /// The memory of the server before, at the most, and afterwards, in KiB.
    pub memory: [u64; 3],
    /// How long the ordinary client waited for its answers, in order.
    pub waits: Vec<Duration>,
    /// How many of its requests were not answered with 200.
    pub failed: usize,
}

/// Lets this process have as many connections as the system allows it.
///
/// # Panics
///
/// If that are fewer than `needed`.
pub fn raise_limit(needed: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    let enough = maximum.is_none_or(|maximum| maximum >= needed);
    assert!(
        enough,
        "this needs {needed} open files: raise the limit (`ulimit -Hn`)"
    );
}

/// How long the ordinary client waits between its requests.
const PAUSE: Duration = Duration::from_millis(20);
/// How long it waits for an answer before that counts as failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

impl Target {
    /// The server that `process` is, which listens.
    pub fn of(process: &mut Process) -> Self {
        Self {
            address: process.address().parse().unwrap(),
            process: process.id(),
        }
    }

    /// How much memory the server has now, in KiB.
    pub fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process);
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.unwrap().parse().unwrap()
    }

    /// A connection.
    pub fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// What an ordinary client waits for a page; `None` if it does not get it.
    pub fn ask(&self) -> Option<Duration> {
        let started = Instant::now();
        let mut stream = self.connect().ok()?;
        let request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let complete = answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("home");
        complete.then(|| started.elapsed())
    }

    /// Attacks the server by `attack` with so many connections, and holds on for so long.
    pub fn suffer(&self, attack: &Attack, connections: usize, hold: Duration) -> Figures {
        let mut figures = Figures {
            connections,
            ..Figures::default()
        };
        figures.memory[0] = self.memory();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let ordinary = scope.spawn(|| self.ask_until(&over));
            figures.statuses = (attack.run)(self, connections, hold);
            over.store(true, Relaxed);
            (figures.waits, figures.failed, figures.memory[1]) = ordinary.join().unwrap();
        });
        // One more, so that what the attack left is cleared away.
        figures.failed += usize::from(self.ask().is_none());
        figures.memory[2] = self.memory();
        figures
    }

    /// The waits, how many requests failed, and the most memory.
    fn ask_until(&self, over: &AtomicBool) -> (Vec<Duration>, usize, u64) {
        let (mut waits, mut failed, mut most) = (Vec::new(), 0, 0);
        while !over.load(Relaxed) {
            match self.ask() {
                Some(wait) => waits.push(wait),
                None => failed += 1,
            }
            most = most.max(self.memory());
            thread::sleep(PAUSE);
        }
        waits.sort_unstable();
        (waits, failed, most)
    }
}

impl Figures {
    /// The wait that so many in a hundred of the ordinary requests did not exceed.
    pub fn wait(&self, percent: usize) -> Duration {
        let last = self.waits.len().saturating_sub(1);
        self.waits
            .get(last * percent / 100)
            .copied()
            .unwrap_or_default()
    }

    /// How much memory the attack needed at the most, in KiB.
    pub fn growth(&self) -> u64 {
        self.memory[1].saturating_sub(self.memory[0])
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, most, after] = self.memory.map(|kib| kib as f64 / 1024.0);
        let wait = |percent| self.wait(percent).as_secs_f64() * 1000.0;
        write!(
            f,
            "{:>6} | {before:6.1} {most:6.1} {after:6.1} | {:>5} {:>2} | {:6.1} {:6.1} {:6.1} | {:?}",
            self.connections,
            self.waits.len(),
            self.failed,
            wait(50),
            wait(99),
            wait(100),
            self.statuses,
        )
    }
}
