//! The lines of the log as text without colors.
//!
//! They read as those of `tracing_subscriber`'s own format, which takes three times the work for them,
//! and each request has one.

use std::cell::Cell;
use std::error::Error;
use std::fmt::{self, Debug, Write};
use std::iter;
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::timestamp::Timestamp;

/// Makes such lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextLines;

impl<'writer> FormatFields<'writer> for TextLines {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        write_whole(writer, |text| write_fields(text, fields))
    }
}

impl<S> FormatEvent<S, Self> for TextLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Self>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write_whole(writer, |line| write_line(line, context, event))
    }
}

/// The most memory that a thread keeps for its next line.
const MOST_KEPT: usize = 4 * 1024;

thread_local! {
    /// The memory of the latest line of this thread.
    static LINE: Cell<String> = const { Cell::new(String::new()) };
}

/// Gives `writer` the text that `write` makes, at once: each piece that goes to it is a call that the
/// compiler can't see through.
fn write_whole(
    mut writer: Writer<'_>,
    write: impl FnOnce(&mut String) -> fmt::Result,
) -> fmt::Result {
    let mut text = LINE.take();
    text.clear();
    let written = write(&mut text).and_then(|()| writer.write_str(&text));
    if text.capacity() <= MOST_KEPT {
        LINE.set(text);
    }
    written
}

fn write_line<S>(
    line: &mut String,
    context: &FmtContext<'_, S, TextLines>,
    event: &Event<'_>,
) -> fmt::Result
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let metadata = event.metadata();
    line.push_str(Timestamp::of(SystemTime::now().into()).as_str());
    line.push(' ');
    line.push_str(level(*metadata.level()));
    let spans = context.event_scope();
    let is_in_span = spans.is_some();
    for span in spans.into_iter().flat_map(|scope| scope.from_root()) {
        line.push_str(span.name());
        let extensions = span.extensions();
        let fields = extensions.get::<FormattedFields<TextLines>>();
        if let Some(fields) = fields.filter(|fields| !fields.is_empty()) {
            line.push('{');
            line.push_str(fields);
            line.push('}');
        }
        line.push(':');
    }
    if is_in_span {
        line.push(' ');
    }
    line.push_str(metadata.target());
    line.push_str(": ");
    write_fields(line, event)?;
    line.push('\n');
    Ok(())
}

fn write_fields(line: &mut String, fields: impl RecordFields) -> fmt::Result {
    let mut fields_of = Fields {
        line,
        is_first: true,
        result: Ok(()),
    };
    fields.record(&mut fields_of);
    fields_of.result
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR ",
        Level::WARN => " WARN ",
        Level::INFO => " INFO ",
        Level::DEBUG => "DEBUG ",
        Level::TRACE => "TRACE ",
    }
}

/// Writes the fields of one event or span.
struct Fields<'a> {
    line: &'a mut String,
    is_first: bool,
    result: fmt::Result,
}

impl Fields<'_> {
    /// Writes the name of `field`, unless that is the message, and then its value.
    fn add(&mut self, field: &Field, value: impl FnOnce(&mut String) -> fmt::Result) {
        if self.result.is_err() {
            return;
        }
        if !self.is_first {
            self.line.push(' ');
        }
        self.is_first = false;
        if !is_message(field) {
            self.line.push_str(field.name());
            self.line.push('=');
        }
        self.result = value(self.line);
    }
}

fn is_message(field: &Field) -> bool {
    field.name() == "message"
}

impl Visit for Fields<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, |line| write!(line, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match is_message(field) {
            true => self.add(field, |line| Visible(line).write_str(value)),
            false => self.add(field, |line| write_quoted(line, value)),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, |line| {
            write!(Visible(line), "{value}")?;
            let causes = iter::successors(value.source(), |&cause| cause.source());
            for (index, cause) in causes.enumerate() {
                match index {
                    0 => write!(line, " {}.sources=[", field.name())?,
                    _ => line.write_str(", ")?,
                }
                write!(Visible(line), "{cause}")?;
            }
            match value.source() {
                Some(_) => line.write_char(']'),
                None => Ok(()),
            }
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match is_message(field) {
            true => self.add(field, |line| write!(Visible(line), "{value:?}")),
            false => self.add(field, |line| write!(line, "{value:?}")),
        }
    }
}

/// Writes `text` in quotes, as `Debug` does, which looks at each sign of what is nearly always plain.
fn write_quoted(line: &mut String, text: &str) -> fmt::Result {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if !text.bytes().all(is_plain) {
        return write!(line, "{text:?}");
    }
    line.write_char('"')?;
    line.write_str(text)?;
    line.write_char('"')
}

/// Writes signs that control a terminal as what they are.
struct Visible<'a>(&'a mut String);

impl Write for Visible<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Line breaks are looked after where the line is written.
        let controls = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t');
        for piece in text.split_inclusive(controls) {
            match piece.char_indices().next_back() {
                Some((at, sign)) if controls(sign) => {
                    self.0.write_str(&piece[..at])?;
                    write!(self.0, "{}", sign.escape_debug())?;
                }
                _ => self.0.write_str(piece)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use chrono::DateTime;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{Registry, fmt};

    use super::*;
    use crate::logging::LogFormat;
    use crate::logging::tests::Captured;

    /// The lines, without the times, whose form is looked at.
    fn lines(captured: &Captured) -> Vec<String> {
        let text = captured.text();
        let lines = text.lines().map(|line| {
            let (time, rest) = line.split_once(' ').unwrap();
            assert_eq!(time.len(), "2026-01-01T00:00:00.000000Z".len());
            DateTime::parse_from_rfc3339(time).unwrap();
            rest.to_owned()
        });
        lines.collect()
    }

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("inner\x1b[31m")]
    struct Inner(#[source] io::Error);

    fn log_all_kinds() {
        let error = Outer(Inner(io::Error::other("last")));
        tracing::info!("a message");
        tracing::warn!(target: "plain::db", rows = 3, "with {}", "a field");
        tracing::debug!(
            text = "say \"hi\"\n",
            float = 0.25,
            negative = -7,
            is_it = true
        );
        tracing::trace!(shown = %"as it is", debug = ?Some(1), none = None::<u8>, "last");
        tracing::error!(error = &error as &dyn Error, "failed");
        let outer = tracing::info_span!("request", id = "abc", user = 7);
        let _outer = outer.enter();
        tracing::info!("in one");
        let inner = tracing::info_span!("inner");
        tracing::info!(parent: &inner, "in two");
    }

    #[test]
    fn lines_read_as_those_of_the_library() {
        let (ours, guard) = Captured::start(LogFormat::Text, "trace");
        log_all_kinds();
        drop(guard);
        let theirs = Captured::default();
        let writer = theirs.clone();
        let layer = fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(Registry::default().with(layer), log_all_kinds);
        let expected = lines(&theirs);
        let shown = expected.iter().map(|line| line.replace("\\x1b", "\\u{1b}"));
        assert_eq!(lines(&ours), shown.collect::<Vec<_>>());
        assert_eq!(expected.len(), 7);
    }

    #[test]
    fn a_message_controls_no_terminal() {
        let (captured, _guard) = Captured::start(LogFormat::Text, "info");
        tracing::info!("no \x1b[31mred\x07, no \u{9b}5m");
        let name = "x\x1b]0;title";
        tracing::info!("{name}");
        let lines = lines(&captured);
        assert!(
            lines[0].ends_with("no \\u{1b}[31mred\\u{7}, no \\u{9b}5m"),
            "{lines:?}"
        );
        assert!(lines[1].ends_with("x\\u{1b}]0;title"), "{lines:?}");
    }
}
