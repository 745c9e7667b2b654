//! A build by cargo that can be broken off, and tells what is wrong with the code.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::child::end_group;
use crate::cli::dev_live::Problem;
use crate::command::cargo::{self, executable_in};
use crate::command::error::Error;
use crate::command::project::Binary;

/// How many problems are shown in a browser; those after the first few mostly follow from them.
const SHOWN: usize = 20;

/// A build that goes on.
pub(super) struct Build {
    binary: Binary,
    cargo: Child,
    messages: Lines<BufReader<ChildStdout>>,
    executable: Option<PathBuf>,
    problems: Vec<Problem>,
}

/// What came of a build.
#[derive(Debug, PartialEq)]
pub(super) enum Built {
    Program(PathBuf),
    Failed(Vec<Problem>),
}

impl Build {
    /// Starts it. Progress and messages go to standard error.
    pub(super) fn start(root: &Path, binary: &Binary) -> Result<Self, Error> {
        let format = match io::stderr().is_terminal() {
            true => "--message-format=json-diagnostic-rendered-ansi",
            false => "--message-format=json",
        };
        let mut command = Command::from(cargo::build_command(root, binary));
        // With a process group of its own, its compilers and linkers end with it.
        command.arg(format).stdout(Stdio::piped()).process_group(0);
        let mut cargo = command.spawn().map_err(Error::Cargo)?;
        let messages = cargo.stdout.take().expect("it was piped above");
        Ok(Self {
            binary: binary.clone(),
            cargo,
            messages: BufReader::new(messages).lines(),
            executable: None,
            problems: Vec::new(),
        })
    }

    /// Waits until it is done. May be dropped and called again.
    pub(super) async fn finish(&mut self) -> Result<Built, Error> {
        while let Some(line) = self.messages.next_line().await.map_err(Error::Cargo)? {
            self.read(&line);
        }
        let status = self.cargo.wait().await.map_err(Error::Cargo)?;
        if !status.success() {
            if self.problems.is_empty() {
                let text = format!("cargo ended ({status}); the terminal shows what it said");
                self.problems.push(Problem { place: None, text });
            }
            return Ok(Built::Failed(std::mem::take(&mut self.problems)));
        }
        match self.executable.take() {
            Some(executable) => Ok(Built::Program(executable)),
            None => Ok(Built::Failed(vec![Problem {
                place: None,
                text: "cargo built no program".to_owned(),
            }])),
        }
    }

    /// Breaks it off.
    pub(super) async fn cancel(mut self) {
        end_group(&mut self.cargo).await;
    }

    fn read(&mut self, line: &str) {
        self.executable = executable_in(line, &self.binary).or(self.executable.take());
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let message = &message["message"];
        let Some(rendered) = message["rendered"].as_str() else {
            return;
        };
        // Nobody reads a closed standard error.
        let _ = io::stderr().write_all(rendered.as_bytes());
        if message["level"] == "error" && self.problems.len() < SHOWN {
            self.problems.extend(problem(message, rendered));
        }
    }
}

/// What the compiler has to say, unless it only counts what it has said.
fn problem(message: &Value, rendered: &str) -> Option<Problem> {
    let spans = message["spans"].as_array()?;
    let span = spans.iter().find(|span| span["is_primary"] == true)?;
    let place = format!(
        "{}:{}:{}",
        span["file_name"].as_str()?,
        span["line_start"],
        span["column_start"]
    );
    Some(Problem {
        place: Some(place),
        text: without_colors(rendered).trim_end().to_owned(),
    })
}

/// A text without the sequences that colour it on a terminal.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or(part, |(_, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_its_place_and_no_colours() {
        let message = serde_json::json!({ "spans": [
            { "is_primary": false, "file_name": "a.rs", "line_start": 1, "column_start": 1 },
            { "is_primary": true, "file_name": "src/b.rs", "line_start": 7, "column_start": 5 },
        ]});
        let rendered = "\x1b[1m\x1b[91merror\x1b[0m: no\n";
        assert_eq!(
            problem(&message, rendered),
            Some(Problem {
                place: Some("src/b.rs:7:5".to_owned()),
                text: "error: no".to_owned(),
            })
        );
        let summary = serde_json::json!({ "spans": [] });
        assert_eq!(problem(&summary, "aborting due to 1 previous error"), None);
    }
}
