//! Everything that the process logs, at the finest level, for tests that search it.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex};

use tracing_subscriber::filter::LevelFilter;

static LINES: LazyLock<Mutex<Vec<u8>>> = LazyLock::new(|| {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(|| Log)
        .init();
    Mutex::default()
});

/// Begins to record what all threads log. A site does it when it starts.
pub fn record() {
    LazyLock::force(&LINES);
}

/// The lines so far that contain `text`, of all tests of the process: search for what no other
/// test logs.
pub fn lines_with(text: &str) -> Vec<String> {
    // A copy, since all who log wait for the lock.
    let lines = LINES.lock().unwrap().clone();
    let lines = String::from_utf8_lossy(&lines);
    let with_text = lines.lines().filter(|line| line.contains(text));
    with_text.map(str::to_owned).collect()
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
