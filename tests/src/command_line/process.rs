//! A process: what it writes, how it is told to stop, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Answer, LIMIT};

/// A process that runs; it ends with its test.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Receiver<Line>,
    written: Written,
    folder: String,
}

/// A line that a process wrote, with its end.
#[derive(Debug)]
struct Line {
    stream: Stream,
    text: String,
}

#[derive(Debug, Clone, Copy)]
enum Stream {
    Out,
    Err,
}

#[derive(Debug, Default)]
struct Written {
    out: String,
    err: String,
}

/// How a process ended, and what it wrote; its folder is written as `/project`.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl Process {
    /// Starts `command`, which runs in `folder`.
    pub(super) fn start(command: &mut Command, folder: &Path) -> Self {
        Self::start_on(Stdio::null(), command, folder)
    }

    /// The same, with `input` as its standard input.
    pub(super) fn start_on(input: Stdio, command: &mut Command, folder: &Path) -> Self {
        let mut child = command
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} can't be started: {error}"));
        let (sender, lines) = channel();
        read(child.stdout.take().unwrap(), Stream::Out, sender.clone());
        read(child.stderr.take().unwrap(), Stream::Err, sender);
        Self {
            child,
            lines,
            written: Written::default(),
            folder: folder.display().to_string(),
        }
    }

    /// Waits until the process has written a line with `text`, and returns the line.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        let written = [&self.written.out, &self.written.err];
        let before = written.into_iter().flat_map(|written| written.lines());
        if let Some(line) = before.into_iter().find(|line| line.contains(text)) {
            return line.to_owned();
        }
        loop {
            match self.next_line(deadline) {
                Ok(line) if line.contains(text) => return line.trim_end().to_owned(),
                Ok(_) => {}
                Err(end) => panic!("no line with {text:?} ({end}): {:#?}", self.written),
            }
        }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends the signal `name`, as in `TERM`.
    pub fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status().unwrap();
        assert!(status.success(), "{command}: {status}");
    }

    /// Waits until the process ends.
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        let deadline = Instant::now() + LIMIT;
        let end = loop {
            if let Err(end) = self.next_line(deadline) {
                break end;
            }
        };
        assert_eq!(
            end,
            RecvTimeoutError::Disconnected,
            "it does not end: {:#?}",
            self.written
        );
        let status = self.child.wait().unwrap();
        let text = |written: &str| written.replace(&self.folder, "/project");
        Finished {
            status,
            out: text(&self.written.out),
            err: text(&self.written.err),
        }
    }

    /// Asks the process to stop, and waits until it ends.
    #[track_caller]
    pub fn stop(self) -> Finished {
        self.signal("TERM");
        self.finish()
    }

    /// The address that this server listens on, as `127.0.0.1:8000`.
    #[track_caller]
    pub fn address(&mut self) -> String {
        let line = self.wait_for("Listening on ");
        let (_, address) = line.rsplit_once("://").unwrap();
        address.to_owned()
    }

    /// What this server answers to a GET of `target`.
    #[track_caller]
    pub fn get(&mut self, target: &str) -> Answer {
        self.request("GET", target, &[])
    }

    /// What this server answers to one request without a body, on a connection of its own.
    #[track_caller]
    pub fn request(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        Answer::read(self.send(method, target, headers))
    }

    /// Sends one request without a body, on a connection of its own; the answer is read from it.
    #[track_caller]
    pub fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) -> TcpStream {
        let address = self.address();
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        stream
    }

    fn next_line(&mut self, deadline: Instant) -> Result<String, RecvTimeoutError> {
        let wait = deadline.saturating_duration_since(Instant::now());
        let Line { stream, text } = self
            .lines
            .recv_timeout(wait.max(Duration::from_millis(1)))?;
        match stream {
            Stream::Out => self.written.out.push_str(&text),
            Stream::Err => self.written.err.push_str(&text),
        }
        Ok(text)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// Fails unless the process ended with the exit status `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "--- out\n{}--- err\n{}",
            self.out,
            self.err
        );
        self
    }

    /// Both streams.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// Reads lines until the stream is closed.
fn read(stream: impl Read + Send + 'static, which: Stream, lines: Sender<Line>) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut bytes = Vec::new();
        while let Ok(1..) = stream.read_until(b'\n', &mut bytes) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            bytes.clear();
            // A test that failed reads no more.
            let _ = lines.send(Line {
                stream: which,
                text,
            });
        }
    });
}
