//! A client of servers that may be gone at any moment.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Answer, LIMIT};

/// A visitor with a cookie, whose requests may fail.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Its cookie, as `name=value`, once one was set.
    pub cookie: Option<String>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// Nobody listens: the request was not sent.
    Refused(io::Error),
    /// The connection ended before the answer did.
    Broken(io::Error),
}

impl Client {
    /// What the server at `address` answers to a request without a body.
    ///
    /// # Errors
    ///
    /// Where it can't be connected to, or closes the connection before it has answered whole.
    pub fn ask(&mut self, address: &str, method: &str, target: &str) -> Result<Answer, NoAnswer> {
        let stream = TcpStream::connect(address).map_err(NoAnswer::Refused)?;
        let answer = self.exchange(stream, address, method, target);
        let answer = answer.map_err(NoAnswer::Broken)?;
        if let Some(cookie) = answer.cookie() {
            self.cookie = Some(cookie.to_owned());
        }
        Ok(answer)
    }

    /// The same, with how long it took.
    #[track_caller]
    pub fn timed(&mut self, address: &str, method: &str, target: &str) -> (Answer, Duration) {
        let begun = Instant::now();
        match self.ask(address, method, target) {
            Ok(answer) => (answer, begun.elapsed()),
            Err(error) => panic!("{method} {target}: {error:?}"),
        }
    }

    fn exchange(
        &self,
        mut stream: TcpStream,
        address: &str,
        method: &str,
        target: &str,
    ) -> io::Result<Answer> {
        stream.set_read_timeout(Some(LIMIT))?;
        let cookie = self.cookie.as_deref().map(|it| format!("Cookie: {it}\r\n"));
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{}\r\n",
            cookie.unwrap_or_default()
        );
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let broken = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let text = String::from_utf8(bytes).map_err(|_| broken())?;
        Answer::whole(&text).ok_or_else(broken)
    }
}
