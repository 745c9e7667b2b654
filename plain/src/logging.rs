//! The log: what is written (`LOG_LEVEL`), in which form (`LOG_FORMAT`), and where to (standard
//! error).
//!
//! Everything in the framework logs through `tracing`; this part is only the other end. No part
//! hands it key material, and headers and queries are not logged at all. Only the
//! first line of an event is not indented, so that what it quotes of a client can't pass for another.

mod text;
mod writer;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::http::BoxError;
use crate::settings::{Problems, SettingsGroup};
use crate::{costs, panicked};
use text::TextLines;
use writer::WriterThread;

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct LoggingSettings {
    /// What is written to the log: a level (`error`, `warn`, `info`, `debug`, `trace`), also for
    /// single parts, as in `info,plain::db=debug,plain::access=off`.
    pub log_level: String,
    /// The form of a line: `text` for people, `json` for programs.
    pub log_format: LogFormat,
    /// After how long a request is slow, in seconds, from its head to that of its answer: the log then
    /// says where the time went. 0 for never.
    pub log_slow_request: f64,
    /// After how long a statement of the database is slow, in seconds, without the wait for a
    /// connection: the log then shows it. 0 for never.
    pub log_slow_query: f64,
}

/// The form of the lines of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for LoggingSettings {
    fn default() -> Self {
        Self {
            log_level: "info".to_owned(),
            log_format: LogFormat::Text,
            log_slow_request: 1.0,
            log_slow_query: 0.5,
        }
    }
}

impl LoggingSettings {
    /// The longest time that can be set, in seconds: a day.
    const LONGEST: f64 = 86_400.0;

    /// After how long a request is slow; `None` for never.
    pub(crate) fn slow_request(&self) -> Option<Duration> {
        seconds(self.log_slow_request)
    }

    /// After how long a statement is slow; `None` for never.
    pub(crate) fn slow_query(&self) -> Option<Duration> {
        seconds(self.log_slow_query)
    }

    fn filter(&self) -> Result<Targets, ParseError> {
        let parts = self.log_level.split(',').map(str::trim);
        parts.collect::<Vec<_>>().join(",").parse()
    }

    /// A word alone that is no level: the filter would take it for the name of a part, and show
    /// nothing of all others.
    fn stray_word(&self) -> Option<&str> {
        let mut words = self.log_level.split(',').map(str::trim);
        words.find(|word| !word.contains(['=', ':', '[']) && word.parse::<LevelFilter>().is_err())
    }
}

fn seconds(number: f64) -> Option<Duration> {
    let time = Duration::try_from_secs_f64(number.min(LoggingSettings::LONGEST));
    time.ok().filter(|time| !time.is_zero())
}

impl SettingsGroup for LoggingSettings {
    fn check(&self, problems: &mut Problems) {
        for (name, time) in [
            ("LOG_SLOW_REQUEST", self.log_slow_request),
            ("LOG_SLOW_QUERY", self.log_slow_query),
        ] {
            if !(0.0..=Self::LONGEST).contains(&time) {
                problems.add(name, "must be 0 to 86400 seconds");
            }
        }
        let example = "must be a level, or levels of parts, as in `info,plain::db=debug`";
        if let Err(error) = self.filter() {
            problems.add("LOG_LEVEL", format!("{example} ({error})"));
        } else if let Some(word) = self.stray_word() {
            let levels = "error, warn, info, debug, trace, off";
            problems.add(
                "LOG_LEVEL",
                format!("{example}; `{word}` is none of the levels {levels}"),
            );
        }
    }
}

/// The log can't be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoggingError {
    /// `LOG_LEVEL` can't be understood.
    #[error(
        "LOG_LEVEL is not understood; it is a level, or levels of parts, as in `info,plain::db=debug`"
    )]
    Level(#[source] BoxError),
    /// Something in this process logs already.
    #[error("the log is set up already; call `logging::init` once, and before other code does so")]
    Again(#[source] BoxError),
    /// The system gives no thread to write it.
    #[error("the log can't be written: {0}")]
    Thread(#[from] io::Error),
}

/// Writes what is left of the log when it is dropped; see [`init`].
#[derive(Debug)]
#[must_use = "the log ends when this is dropped"]
pub struct Log {
    _writer: WriterThread,
}

/// Sets up the log of this process, on standard error, until what is returned is dropped.
///
/// A thread of its own writes it, so that no request waits for a terminal or a disk. A process that
/// is killed may lose the lines of its last moment.
///
/// # Errors
///
/// If `LOG_LEVEL` can't be understood, the log was set up before, or the system gives no thread.
pub fn init(settings: &LoggingSettings) -> Result<Log, LoggingError> {
    let (writer, thread) = writer::start(io::stderr())?;
    let subscriber = subscriber(settings, writer, Colors::for_terminal())?;
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|error| LoggingError::Again(error.into()))?;
    costs::set_slow_query(settings.slow_query());
    log_panics();
    Ok(Log { _writer: thread })
}

/// Lets a panic be a line of the log like any other, with the request that it happened in; where
/// the log leaves errors out, it is written as before.
fn log_panics() {
    let otherwise = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        panicked::note(panic.location());
        if !tracing::enabled!(target: "plain::panic", Level::ERROR) {
            return otherwise(panic);
        }
        let message = panic.payload_as_str().unwrap_or("without a message");
        let location = panic.location().map(tracing::field::display);
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured)
            .then(|| tracing::field::display(backtrace));
        tracing::error!(target: "plain::panic", location, backtrace, "panicked: {message}");
    }));
}

/// Shows warnings and errors with the output of a test that fails, unless something logs already.
pub(crate) fn show_in_tests() {
    let settings = LoggingSettings {
        log_level: "warn".to_owned(),
        ..LoggingSettings::default()
    };
    if let Ok(subscriber) = subscriber(&settings, fmt::TestWriter::new(), Colors::None) {
        // Fails from the second test of a process on.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

/// Whether text lines have colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colors {
    Some,
    None,
}

impl Colors {
    /// Colors for a person who did not decline them (<https://no-color.org>).
    fn for_terminal() -> Self {
        let declined = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match io::stderr().is_terminal() && !declined {
            true => Self::Some,
            false => Self::None,
        }
    }
}

fn subscriber<W>(
    settings: &LoggingSettings,
    writer: W,
    colors: Colors,
) -> Result<impl Subscriber + Send + Sync + use<W>, LoggingError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(Indented(writer));
    let lines: Box<dyn Layer<_> + Send + Sync> = match (settings.log_format, colors) {
        (LogFormat::Text, Colors::Some) => lines.boxed(),
        (LogFormat::Text, Colors::None) => {
            lines.fmt_fields(TextLines).event_format(TextLines).boxed()
        }
        (LogFormat::Json, _) => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    };
    let filter = settings.filter();
    let filter = filter.map_err(|error| LoggingError::Level(error.into()))?;
    Ok(Registry::default().with(filter).with(lines))
}

/// Indents all lines of an event, which comes in one piece, but the first.
struct Indented<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Indented<W> {
    type Writer = Indented<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Indented(self.0.make_writer())
    }
}

impl<W: Write> Write for Indented<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.write_all(event).map(|()| event.len())
    }

    fn write_all(&mut self, event: &[u8]) -> io::Result<()> {
        let line = event.strip_suffix(b"\n").unwrap_or(event);
        if memchr::memchr2(b'\n', b'\r', line).is_none() {
            return self.0.write_all(event);
        }
        let mut indented = Vec::with_capacity(event.len() + 16);
        for byte in line {
            match byte {
                b'\n' => indented.extend(b"\n    "),
                // A terminal would begin the line anew there.
                b'\r' => indented.extend(b"\\r"),
                byte => indented.push(*byte),
            }
        }
        indented.push(b'\n');
        self.0.write_all(&indented)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::DefaultGuard;

    use super::*;

    /// What was logged on this thread since.
    #[derive(Clone, Default)]
    pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        /// Captures what this thread logs, until the guard is dropped.
        pub(crate) fn start(format: LogFormat, level: &str) -> (Self, DefaultGuard) {
            let captured = Self::default();
            let settings = LoggingSettings {
                log_level: level.to_owned(),
                log_format: format,
                ..LoggingSettings::default()
            };
            let writer = captured.clone();
            let subscriber = subscriber(&settings, move || writer.clone(), Colors::None).unwrap();
            (captured, tracing::subscriber::set_default(subscriber))
        }

        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        pub(crate) fn json(&self) -> Vec<serde_json::Value> {
            let text = self.text();
            let lines = text.lines().map(serde_json::from_str);
            lines.collect::<Result<_, _>>().unwrap()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_text_line_has_level_part_and_fields() {
        let (captured, _guard) = Captured::start(LogFormat::Text, "info");
        tracing::info!(target: "plain::db", rows = 3, "read");
        tracing::debug!(target: "plain::db", "not written");
        let text = captured.text();
        assert!(text.ends_with("  INFO plain::db: read rows=3\n"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn what_an_event_quotes_can_not_pass_for_another() {
        let quote = || tracing::info!("no order `7\r\n2026-01-01  INFO plain: made up`");
        let (captured, _guard) = Captured::start(LogFormat::Text, "info");
        quote();
        let text = captured.text();
        let (_, quoted) = text.split_once("no order ").unwrap();
        assert_eq!(quoted, "`7\\r\n    2026-01-01  INFO plain: made up`\n");
        let (captured, _guard) = Captured::start(LogFormat::Json, "info");
        quote();
        assert_eq!(captured.text().lines().count(), 1);
    }

    #[test]
    fn a_json_line_is_an_object_with_its_span() {
        let (captured, _guard) = Captured::start(LogFormat::Json, "info");
        let span = tracing::info_span!("request", id = "abc");
        tracing::info!(target: "plain::db", parent: &span, rows = 3, "read");
        let lines = captured.json();
        assert_eq!(lines[0]["target"], "plain::db");
        assert_eq!(lines[0]["rows"], 3);
        assert_eq!(lines[0]["message"], "read");
        assert_eq!(lines[0]["span"]["id"], "abc");
    }

    #[test]
    fn parts_have_levels_of_their_own() {
        let (captured, _guard) = Captured::start(LogFormat::Text, "warn,plain::db=debug");
        tracing::debug!(target: "plain::db", "shown");
        tracing::info!(target: "plain::server", "hidden");
        assert!(captured.text().contains("shown") && !captured.text().contains("hidden"));
    }

    #[test]
    fn a_word_alone_that_is_no_level_is_a_problem_and_no_name_of_a_part() {
        let problems = |level: &str| {
            let settings = LoggingSettings {
                log_level: level.to_owned(),
                ..LoggingSettings::default()
            };
            let mut problems = Problems::default();
            settings.check(&mut problems);
            problems
                .iter()
                .map(|(_, text)| text.to_owned())
                .collect::<Vec<_>>()
        };
        for level in [
            "warn",
            "INFO",
            "off",
            "warn,plain::db=debug",
            "plain::db",
            "",
        ] {
            assert!(problems(level).is_empty(), "{level}");
        }
        assert_eq!(
            problems("info, warning"),
            [
                "must be a level, or levels of parts, as in `info,plain::db=debug`; `warning` is \
                 none of the levels error, warn, info, debug, trace, off"
            ]
        );
    }

    #[test]
    fn a_level_that_is_none_is_a_problem_of_its_setting() {
        let settings = LoggingSettings {
            log_level: "plain::db=loud".to_owned(),
            ..LoggingSettings::default()
        };
        let mut problems = Problems::default();
        settings.check(&mut problems);
        let found: Vec<_> = problems.iter().collect();
        let [(name, text)] = found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(name, "LOG_LEVEL");
        assert!(text.starts_with(
            "must be a level, or levels of parts, as in `info,plain::db=debug` (error parsing level"
        ));
    }
}
