//! Whole requests to the application of [`costs`](crate::costs), over a real connection.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use plain::server::ServerSettings;
use plain::test::TestServer;

use crate::costs::Bench;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    method: &'static str,
    path: &'static str,
    /// Whether with the cookie of a session, among others.
    session: bool,
}

/// The requests that are measured.
pub const REQUESTS: [Asked; 5] = [
    asked("GET", "/text", false),
    asked("GET", "/text", true),
    asked("GET", "/page", false),
    asked("GET", "/session", true),
    asked("POST", "/session", true),
];

const fn asked(method: &'static str, path: &'static str, session: bool) -> Asked {
    Asked {
        method,
        path,
        session,
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let session = if self.session {
            " with a session cookie"
        } else {
            ""
        };
        write!(f, "{} {}{session}", self.method, self.path)
    }
}

/// A server with one thread and a connection to it, over which one request is sent again and again.
///
/// What it does itself is little, and it allocates nothing once it has seen an answer, so that what
/// is measured is the server's.
#[derive(Debug)]
pub struct Exchange {
    _server: TestServer,
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    line: Vec<u8>,
    body: Vec<u8>,
}

impl Exchange {
    /// Connects to a new server of the application.
    pub fn start(bench: &Bench, asked: Asked) -> Self {
        let mut settings = ServerSettings::default();
        settings.server_threads = 1;
        let server = TestServer::start_with(bench.app(), settings);
        let cookies = match asked.session {
            true => format!("Cookie: {}\r\n", bench.cookies()),
            false => String::new(),
        };
        let Asked { method, path, .. } = asked;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: bench\r\n\
             X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\
             Sec-Fetch-Site: same-origin\r\n{cookies}Content-Length: 0\r\n\r\n"
        );
        Self {
            stream: BufReader::new(TcpStream::connect(server.address()).unwrap()),
            _server: server,
            request: request.into_bytes(),
            line: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Sends so many requests, each after the answer to the last.
    pub fn run(&mut self, requests: u64) {
        for _ in 0..requests {
            self.stream.get_mut().write_all(&self.request).unwrap();
            assert!(self.read_line().starts_with(b"HTTP/1.1 200 "));
            let mut length = 0;
            loop {
                let line = self.read_line();
                if line == b"\r\n" {
                    break;
                }
                if let Some(value) = line.strip_prefix(b"content-length: ") {
                    length = std::str::from_utf8(value)
                        .unwrap()
                        .trim_end()
                        .parse()
                        .unwrap();
                }
            }
            self.body.resize(length, 0);
            self.stream.read_exact(&mut self.body).unwrap();
        }
    }

    fn read_line(&mut self) -> &[u8] {
        self.line.clear();
        let read = self.stream.read_until(b'\n', &mut self.line).unwrap();
        assert!(read > 0, "the connection was closed");
        &self.line
    }
}
