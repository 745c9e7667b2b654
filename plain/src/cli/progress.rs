//! The line on a terminal that says what goes on, where that takes longer than a moment.

use std::fmt::Display;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::mem;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, interval_at};

/// What is done sooner is not worth a line.
const MOMENT: Duration = Duration::from_secs(1);

/// How often the line is written again.
const EVERY: Duration = Duration::from_millis(500);

/// What moves to the start of the line and removes it.
const CLEAR: &str = "\r\x1b[2K";

/// What goes on, and the terminal where it is shown.
pub(super) struct Progress {
    line: Mutex<Line>,
    /// How far it is.
    detail: watch::Sender<String>,
}

struct Line {
    /// `None` where no terminal is looked at.
    terminal: Option<Box<dyn Write + Send>>,
    what: String,
    since: Instant,
    is_shown: bool,
}

impl Progress {
    /// For the standard error of this process.
    pub(super) fn of_process() -> Self {
        match io::stderr().is_terminal() {
            true => Self::new(Some(Box::new(io::stderr()))),
            false => Self::new(None),
        }
    }

    fn new(terminal: Option<Box<dyn Write + Send>>) -> Self {
        let line = Line {
            terminal,
            what: String::new(),
            since: Instant::now(),
            is_shown: false,
        };
        Self {
            line: Mutex::new(line),
            detail: watch::Sender::default(),
        }
    }

    /// Says what is begun.
    pub(super) fn begin(&self, what: impl Display) {
        let mut line = self.line();
        line.what = what.to_string();
        line.since = Instant::now();
        self.detail.send_replace(String::new());
    }

    /// What is to be told how far it is.
    pub(super) fn detail(&self) -> watch::Sender<String> {
        self.detail.clone()
    }

    /// Shows what goes on until `work` is done.
    pub(super) async fn during<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        let output = loop {
            tokio::select! {
                biased;
                output = &mut work => break output,
                _ = ticks.tick() => self.line().draw(&self.detail.borrow()),
            }
        };
        self.clear();
        output
    }

    /// Removes the line, so that another can be written.
    pub(super) fn clear(&self) {
        self.line().clear();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn draw(&mut self, detail: &str) {
        let elapsed = self.since.elapsed();
        if elapsed < MOMENT || self.terminal.is_none() {
            return;
        }
        let colon = if detail.is_empty() { "" } else { ": " };
        let (what, seconds) = (&self.what, elapsed.as_secs());
        self.write(&format!("{CLEAR}{what}{colon}{detail} ({seconds} s)"));
        self.is_shown = true;
    }

    fn clear(&mut self) {
        if mem::take(&mut self.is_shown) {
            self.write(CLEAR);
        }
    }

    fn write(&mut self, text: &str) {
        if let Some(terminal) = &mut self.terminal {
            // There is no other place to complain about a closed standard error.
            let written = terminal.write_all(text.as_bytes());
            let _ = written.and_then(|()| terminal.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;
    use crate::chores;
    use crate::cli::console::testing::Written;

    #[tokio::test(start_paused = true)]
    async fn work_that_takes_long_says_on_a_terminal_how_far_it_is() {
        let written = Written::default();
        let progress = Progress::new(Some(Box::new(written.clone())));
        progress.begin("Clearing");
        let work = async {
            sleep(Duration::from_millis(900)).await;
            assert_eq!(written.text(), "", "a moment is not worth a line");
            sleep(Duration::from_millis(400)).await;
            chores::progress("7 deleted");
            sleep(Duration::from_millis(800)).await;
        };
        progress
            .during(chores::watched(progress.detail(), work))
            .await;
        assert_eq!(
            written.text(),
            format!(
                "{CLEAR}Clearing (1 s){CLEAR}Clearing: 7 deleted (1 s)\
                 {CLEAR}Clearing: 7 deleted (2 s){CLEAR}"
            )
        );
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_looks_nothing_is_written() {
        let progress = Progress::new(None);
        progress.begin("Clearing");
        progress.during(sleep(Duration::from_secs(5))).await;
        assert!(!progress.line().is_shown);
    }
}
