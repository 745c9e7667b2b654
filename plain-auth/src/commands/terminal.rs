//! Where the command reads passwords and writes results.

use std::io::{self, BufRead, Write};

use plain::http::{Error, Result};

use super::PasswordSource;

type Ask = Box<dyn FnMut(&str) -> io::Result<String> + Send>;

/// The streams of a command.
pub(super) struct Terminal {
    out: Box<dyn Write + Send>,
    stdin: Box<dyn BufRead + Send>,
    /// Asks for a password, without showing it.
    ask: Ask,
}

/// Why there is no new password.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPassword {
    #[error("the two passwords are not the same: run the command again")]
    Differ,
    #[error(
        "there is no terminal to ask for the password on ({0}): run the command in one, or pipe \
         the password in and add --password-stdin"
    )]
    NoTerminal(#[source] io::Error),
    #[error("there is no password on standard input: write it on the first line")]
    NoLine,
    #[error("standard input can't be read: {0}")]
    Stdin(#[source] io::Error),
}

impl Terminal {
    pub(super) fn of_process() -> Self {
        Self {
            out: Box::new(io::stdout()),
            stdin: Box::new(io::BufReader::new(io::stdin())),
            ask: Box::new(|question| rpassword::prompt_password(question)),
        }
    }

    /// Writes a line of the result.
    pub(super) fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.out, "{text}").map_err(Error::from)
    }

    /// A new password, which is not checked yet.
    pub(super) fn new_password(&mut self, source: PasswordSource) -> Result<String, NoPassword> {
        match source {
            PasswordSource::Stdin => self.line_of_stdin(),
            PasswordSource::Terminal => self.asked_twice(),
        }
    }

    fn asked_twice(&mut self) -> Result<String, NoPassword> {
        let password = (self.ask)("Password: ").map_err(NoPassword::NoTerminal)?;
        let again = (self.ask)("The same again: ").map_err(NoPassword::NoTerminal)?;
        if password == again {
            Ok(password)
        } else {
            Err(NoPassword::Differ)
        }
    }

    fn line_of_stdin(&mut self) -> Result<String, NoPassword> {
        let mut line = String::new();
        self.stdin.read_line(&mut line).map_err(NoPassword::Stdin)?;
        let password = line.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err(NoPassword::NoLine);
        }
        Ok(password.to_owned())
    }
}

#[cfg(test)]
impl Terminal {
    /// Streams of a test: what is written, what stands on standard input, what is answered.
    pub(super) fn of(
        out: impl Write + Send + 'static,
        stdin: &'static str,
        answers: &'static [&'static str],
    ) -> Self {
        let mut answers = answers.iter();
        Self {
            out: Box::new(out),
            stdin: Box::new(io::Cursor::new(stdin)),
            ask: Box::new(move |_| match answers.next() {
                Some(answer) => Ok((*answer).to_owned()),
                None => Err(io::Error::other("no such device")),
            }),
        }
    }
}
