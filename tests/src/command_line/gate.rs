//! A place where the slow work of a process waits until a test lets it go on.

use std::io::{BufRead, BufReader};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::LIMIT;

/// A Unix socket at which work of processes waits.
#[derive(Debug)]
pub struct Gate(Receiver<Waiting>);

/// Work that waits; dropping it lets the work go on.
#[derive(Debug)]
pub struct Waiting {
    what: String,
    _stream: UnixStream,
}

impl Gate {
    pub(super) fn open(path: &Path) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let (sender, waiting) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let mut what = String::new();
                BufReader::new(&stream).read_line(&mut what).unwrap();
                let what = what.trim_end().to_owned();
                let arrived = Waiting {
                    what,
                    _stream: stream,
                };
                if sender.send(arrived).is_err() {
                    break;
                }
            }
        });
        Self(waiting)
    }

    /// Waits until work called `what` waits here.
    #[track_caller]
    pub fn wait_for(&self, what: &str) -> Waiting {
        let waiting = self.0.recv_timeout(LIMIT);
        let waiting = waiting.unwrap_or_else(|error| panic!("no {what} waits: {error}"));
        assert_eq!(waiting.what, what);
        waiting
    }

    /// Whether nothing waits here now.
    pub fn is_free(&self) -> bool {
        self.0.recv_timeout(Duration::ZERO).err() == Some(RecvTimeoutError::Timeout)
    }
}
