//! The other end of a socket.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A client that writes bytes and reads answers. Each read fails after a while, so that no test
/// hangs.
pub(super) struct Peer<S = TcpStream> {
    stream: S,
    read: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// After so long without a byte a test fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A socket whose reads fail after a while.
pub(super) fn socket(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

impl Peer {
    pub(super) fn connect(address: SocketAddr) -> Self {
        Self::over(socket(address))
    }

    /// The same socket, to write to while this one is read.
    pub(super) fn another(&self) -> TcpStream {
        self.stream.try_clone().unwrap()
    }
}

impl<S: Read + Write> Peer<S> {
    /// A client that speaks over `stream`.
    pub(super) fn over(stream: S) -> Self {
        Self {
            stream,
            read: Vec::new(),
        }
    }

    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    pub(super) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path);
        self.answer()
    }

    pub(super) fn ask(&mut self, method: &str, path: &str) {
        self.send(format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ));
    }

    /// The next answer, with its body if its length is said.
    pub(super) fn answer(&mut self) -> Answer {
        self.answer_to("GET")
    }

    pub(super) fn answer_to(&mut self, method: &str) -> Answer {
        let end = loop {
            match self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => assert!(self.more() > 0, "the connection ended: {:?}", self.text()),
            }
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let mut answer = Answer {
            head,
            body: String::new(),
        };
        let length = match method {
            "HEAD" => 0,
            _ => answer
                .header("content-length")
                .map_or(0, |length| length.parse().unwrap()),
        };
        answer.body = String::from_utf8(self.take(length)).unwrap();
        answer
    }

    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            assert!(self.more() > 0, "the connection ended: {:?}", self.text());
        }
        self.read.drain(..length).collect()
    }

    /// What comes until the connection is closed.
    pub(super) fn rest(&mut self) -> String {
        while self.more() > 0 {}
        self.text()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }

    /// Reads some bytes; 0 at the end.
    fn more(&mut self) -> usize {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(read) => {
                self.read.extend_from_slice(&buffer[..read]);
                read
            }
            // Another test of this process sends signals.
            Err(error) if error.kind() == ErrorKind::Interrupted => self.more(),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                panic!("reset by the server")
            }
            Err(error) => panic!("nothing came: {error}"),
        }
    }
}
