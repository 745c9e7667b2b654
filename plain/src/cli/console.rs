//! Where commands write: results to standard output, everything else to standard error.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::table::Table;

/// The two streams of a command, and whether a person looks at them.
pub(super) struct Console {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    colors: Colors,
}

/// Whether results are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colors {
    Some,
    None,
}

/// What a text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Good,
    Warning,
    Bad,
    Dim,
    Heading,
}

impl Console {
    /// That of this process. Colour is for a terminal whose user did not decline it
    /// (<https://no-color.org>).
    pub(super) fn of_process() -> Self {
        let declined = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colors = match io::stdout().is_terminal() && !declined {
            true => Colors::Some,
            false => Colors::None,
        };
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            colors,
        }
    }

    /// Writes a line of the result.
    pub(super) fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Writes bytes of the result as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Writes rows below their titles, in columns.
    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        for (number, line) in table.lines().iter().enumerate() {
            let line = if number == 0 {
                self.paint(Paint::Dim, line)
            } else {
                line.clone()
            };
            self.line(line)?;
        }
        Ok(())
    }

    /// Writes Markdown as it is; on a terminal its headings stand out and its code is dim.
    pub(super) fn markdown(&mut self, text: &str) -> io::Result<()> {
        let mut is_code = false;
        for line in text.lines() {
            let is_fence = line.starts_with("```");
            let line = match () {
                () if is_fence || is_code => self.paint(Paint::Dim, line),
                () if line.starts_with('#') => self.paint(Paint::Heading, line),
                () => line.to_owned(),
            };
            is_code ^= is_fence;
            self.line(line)?;
        }
        Ok(())
    }

    /// Writes `value` as JSON for a program.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.out, value)?;
        self.line("")
    }

    /// Writes help, or what is wrong with the words of the command line.
    pub(super) fn clap(&mut self, stop: &clap::Error) -> io::Result<()> {
        let text = stop.render();
        match (stop.use_stderr(), self.colors) {
            (true, _) => write!(self.err, "{text}"),
            (false, Colors::None) => write!(self.out, "{text}"),
            (false, Colors::Some) => write!(self.out, "{}", text.ansi()),
        }
    }

    /// Writes a line for a person, which is no result.
    pub(super) fn note(&mut self, text: impl Display) {
        // There is no other place to complain about a closed standard error.
        let _ = writeln!(self.err, "{text}");
    }

    /// Says that something should be looked at.
    pub(super) fn warn(&mut self, text: impl Display) {
        self.note(format_args!("warning: {text}"));
    }

    /// Says why the command failed.
    pub(super) fn error(&mut self, text: impl Display) {
        self.note(format_args!("error: {text}"));
    }

    /// `text` in the colour of `paint`, where there is colour.
    pub(super) fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            _ if self.colors == Colors::None => return text.to_owned(),
            Paint::Good => "32",
            Paint::Warning => "33",
            Paint::Bad => "31",
            Paint::Dim => "2",
            Paint::Heading => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
pub(super) mod testing {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was written to a stream.
    #[derive(Clone, Default)]
    pub(in crate::cli) struct Written(Arc<Mutex<Vec<u8>>>);

    impl Written {
        pub(in crate::cli) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream that nobody reads.
    pub(in crate::cli) struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    impl Console {
        pub(in crate::cli) fn of(
            out: impl Write + Send + 'static,
            err: impl Write + Send + 'static,
            colors: Colors,
        ) -> Self {
            Self {
                out: Box::new(out),
                err: Box::new(err),
                colors,
            }
        }
    }
}
