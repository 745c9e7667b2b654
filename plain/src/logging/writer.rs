//! The lines of the log on their way to standard error.
//!
//! A thread of its own writes them, so that no request waits for a terminal or a disk. It gathers them
//! for a moment first: many lines are one write then, and nobody wakes it for each.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How long lines are gathered.
const MOMENT: Duration = Duration::from_millis(5);

/// So many bytes are not gathered any longer.
const MANY: usize = 64 * 1024;

/// How many bytes wait to be written, until who logs waits too: none is lost.
const MOST_WAITING: usize = 1024 * 1024;

/// How many bytes are written at once, unless a line is longer. Pipes take as many in one piece
/// (`PIPE_BUF` of POSIX), so that the lines of two processes never run into each other.
const WRITTEN_AT_ONCE: usize = 4096;

/// Takes lines; any clone can be used from anywhere.
#[derive(Clone, Debug)]
pub(super) struct LineWriter(Arc<Waiting>);

/// Writes what is left when it is dropped.
#[derive(Debug)]
pub(super) struct WriterThread {
    waiting: Arc<Waiting>,
    thread: Option<JoinHandle<()>>,
}

/// The lines that wait.
#[derive(Debug, Default)]
struct Waiting {
    lines: Mutex<Lines>,
    /// For the thread: the first line came, or many have.
    came: Condvar,
    /// For who logs: there is room again.
    taken: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    is_closed: bool,
}

/// Starts to write lines to `target`.
///
/// # Errors
///
/// If the system gives no thread.
pub(super) fn start(target: impl Write + Send + 'static) -> io::Result<(LineWriter, WriterThread)> {
    let waiting = Arc::<Waiting>::default();
    let thread = {
        let waiting = Arc::clone(&waiting);
        let thread = thread::Builder::new().name("plain-log".to_owned());
        thread.spawn(move || waiting.write_all(target))?
    };
    let writer = LineWriter(Arc::clone(&waiting));
    let thread = Some(thread);
    Ok((writer, WriterThread { waiting, thread }))
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8]) {
        let mut lines = self.lock();
        while lines.bytes.len() >= MOST_WAITING && !lines.is_closed {
            lines = self
                .taken
                .wait(lines)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let before = lines.bytes.len();
        lines.bytes.extend_from_slice(line);
        let is_news = before == 0 || before < MANY && lines.bytes.len() >= MANY;
        drop(lines);
        if is_news {
            self.came.notify_one();
        }
    }

    /// What came meanwhile, once there is something; `None` when there will be no more.
    fn take(&self, empty: Vec<u8>) -> Option<Vec<u8>> {
        let lines = self.lock();
        let waited = self
            .came
            .wait_while(lines, |lines| lines.bytes.is_empty() && !lines.is_closed);
        let lines = waited.unwrap_or_else(PoisonError::into_inner);
        let gathered = self.came.wait_timeout_while(lines, MOMENT, |lines| {
            lines.bytes.len() < MANY && !lines.is_closed
        });
        let (mut lines, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        let taken = mem::replace(&mut lines.bytes, empty);
        drop(lines);
        self.taken.notify_all();
        (!taken.is_empty()).then_some(taken)
    }

    fn write_all(&self, mut target: impl Write) {
        let mut empty = Vec::new();
        while let Some(mut taken) = self.take(empty) {
            for piece in pieces(&taken) {
                // There is nobody who could be told that nobody reads the log.
                let _ = target.write_all(piece);
            }
            let _ = target.flush();
            taken.clear();
            taken.shrink_to(MANY);
            empty = taken;
        }
    }
}

/// `lines` in pieces that are written at once, each of whole lines.
fn pieces(mut lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let most = &lines[..lines.len().min(WRITTEN_AT_ONCE)];
        let end = match memchr::memrchr(b'\n', most) {
            Some(end) => end + 1,
            None => memchr::memchr(b'\n', lines).map_or(lines.len(), |end| end + 1),
        };
        let (piece, rest) = lines.split_at(end);
        lines = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.waiting.lock().is_closed = true;
        self.waiting.came.notify_all();
        self.waiting.taken.notify_all();
        if let Some(thread) = self.thread.take() {
            // If it panicked, there is no log to say so in.
            let _ = thread.join();
        }
    }
}

impl Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LineWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Hands over what is written, and takes the next only when it is told to.
    struct Slow {
        written: mpsc::Sender<Vec<u8>>,
        go_on: mpsc::Receiver<()>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written.send(bytes.to_vec()).unwrap();
            // Fails when the test needs no more waiting.
            let _ = self.go_on.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Slow, mpsc::Receiver<Vec<u8>>, mpsc::Sender<()>) {
        let (written, read) = mpsc::channel();
        let (go, go_on) = mpsc::channel();
        (Slow { written, go_on }, read, go)
    }

    #[test]
    fn lines_that_come_while_others_are_written_are_one_write() {
        let (target, read, go) = slow();
        let (mut writer, thread) = start(target).unwrap();
        writer.write_all(b"first\n").unwrap();
        assert_eq!(read.recv().unwrap(), b"first\n");
        for line in ["second\n", "third\n"] {
            writer.write_all(line.as_bytes()).unwrap();
        }
        go.send(()).unwrap();
        assert_eq!(read.recv().unwrap(), b"second\nthird\n");
        drop(go);
        writer.write_all(b"last\n").unwrap();
        drop(thread);
        assert_eq!(read.recv().unwrap(), b"last\n");
    }

    #[test]
    fn who_logs_more_than_is_written_waits_and_nothing_is_lost() {
        let (target, read, go) = slow();
        let (mut writer, thread) = start(target).unwrap();
        let line = [&[b'x'; 4095][..], b"\n"].concat();
        let count = 3 * MOST_WAITING / line.len();
        let (all_taken, taken) = mpsc::channel();
        let logging = thread::spawn(move || {
            for _ in 0..count {
                writer.write_all(&line).unwrap();
            }
            all_taken.send(()).unwrap();
        });
        read.recv().unwrap();
        // What is being written and what waits are not all.
        assert!(taken.recv_timeout(Duration::from_millis(50)).is_err());
        drop(go);
        taken.recv().unwrap();
        logging.join().unwrap();
        drop(thread);
        assert_eq!(read.into_iter().count() + 1, count);
    }

    #[test]
    fn pieces_are_whole_lines_that_a_pipe_takes_at_once() {
        let line = |length: usize| format!("{}\n", "x".repeat(length - 1));
        let lengths = |text: &str| -> Vec<_> { pieces(text.as_bytes()).map(<[u8]>::len).collect() };
        assert!(lengths("").is_empty());
        assert_eq!(lengths(&line(4096)), [4096]);
        let text = [line(4000), line(96), line(1), line(5000), line(7)].concat();
        assert_eq!(lengths(&text), [4096, 1, 5000, 7]);
        assert_eq!(lengths("no end"), [6]);
    }
}
