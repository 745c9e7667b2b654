//! The filters that templates have beyond minijinja's own.

use std::fmt::Write;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(super) fn add_to(engine: &mut Environment<'static>) {
    engine.add_filter("date", date);
    engine.add_filter("filesizeformat", filesizeformat);
    engine.add_filter("pluralize", pluralize);
    engine.add_filter("truncate", truncate);
    engine.add_filter("urlencode", urlencode);
}

/// `order.created_at|date("%-d %B %Y")`: a date or a time of RFC 3339, written as `strftime` does.
fn date(text: &str, format: Option<&str>) -> Result<String, Error> {
    let format = format.unwrap_or("%Y-%m-%d");
    let moment = moment(text).ok_or_else(|| {
        refused(format!(
            "`date` takes a date or time as RFC 3339 writes it, such as 2024-05-01 or \
             2024-05-01T12:00:00Z, not {text:?}"
        ))
    })?;
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    let mut formatted = String::new();
    // A directive that is unknown shows when it is written, too.
    match write!(formatted, "{}", moment.format_with_items(items.iter())) {
        Ok(()) => Ok(formatted),
        Err(_) => Err(refused(format!(
            "`date` can't write {format:?}: it holds a directive that strftime does not know"
        ))),
    }
}

fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    let day = || text.parse::<NaiveDate>().ok();
    DateTime::parse_from_rfc3339(text)
        .ok()
        .or_else(|| Some(day()?.and_time(NaiveTime::MIN).and_utc().fixed_offset()))
}

/// `size|filesizeformat`: bytes in the unit that suits, by 1024.
fn filesizeformat(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1024 {
        return format!("{bytes} byte{}", if bytes == 1 { "" } else { "s" });
    }
    // Tenths, cut off, so that 1023.99 KB is never shown as 1024 KB.
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// `{{ n }} item{{ n|pluralize }}`, `categor{{ n|pluralize("y,ies") }}`: by a number, or the length
/// of a list.
fn pluralize(count: &Value, endings: Option<&str>) -> Result<String, Error> {
    let is_one = match (count.is_number(), count.len()) {
        (true, _) => *count == Value::from(1),
        (false, Some(length)) => length == 1,
        (false, None) => {
            let kind = count.kind();
            return Err(refused(format!(
                "`pluralize` takes a number or a list, not a {kind}"
            )));
        }
    };
    let endings = endings.unwrap_or("s");
    let (one, many) = endings.split_once(',').unwrap_or(("", endings));
    Ok(if is_one { one } else { many }.to_owned())
}

/// `text|truncate(40)`: at most that many characters, the last of them `…` where any are left out.
fn truncate(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let kept: String = text.chars().take(length.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `text|urlencode`: as one part of a path or a query.
fn urlencode(text: &str) -> String {
    const ENCODED: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, ENCODED).to_string()
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expression: &str) -> String {
        let mut engine = Environment::new();
        add_to(&mut engine);
        let template = format!("{{{{ {expression} }}}}");
        engine
            .render_str(&template, ())
            .unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn dates_are_written_as_strftime_does() {
        assert_eq!(
            shown("'2024-05-01T12:30:00+02:00'|date('%-d %B %Y, %H:%M')"),
            "1 May 2024, 12:30"
        );
        assert_eq!(shown("'2024-05-01T12:30:00.123456Z'|date"), "2024-05-01");
        assert_eq!(shown("'2024-05-01'|date('%A')"), "Wednesday");
        assert_eq!(
            shown("'yesterday'|date"),
            "invalid operation: `date` takes a date or time as RFC 3339 writes it, such as \
             2024-05-01 or 2024-05-01T12:00:00Z, not \"yesterday\" (in <string>:1)"
        );
        assert_eq!(
            shown("'2024-05-01'|date('%Q')"),
            "invalid operation: `date` can't write \"%Q\": it holds a directive that strftime \
             does not know (in <string>:1)"
        );
    }

    #[test]
    fn sizes_are_shown_in_the_unit_that_suits() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KB"),
            (1536, "1.5 KB"),
            (1_048_575, "1023.9 KB"),
            (1_048_576, "1.0 MB"),
            (u64::MAX, "15.9 EB"),
        ] {
            assert_eq!(filesizeformat(bytes), text);
        }
    }

    #[test]
    fn endings_follow_the_number_or_the_length() {
        assert_eq!(
            shown("1|pluralize ~ '|' ~ 0|pluralize ~ '|' ~ 2|pluralize"),
            "|s|s"
        );
        assert_eq!(
            shown("[1]|pluralize('y,ies') ~ []|pluralize('y,ies')"),
            "yies"
        );
        assert_eq!(
            shown("true|pluralize"),
            "invalid operation: `pluralize` takes a number or a list, not a bool (in <string>:1)"
        );
    }

    #[test]
    fn texts_are_cut_at_characters_and_encoded_for_urls() {
        assert_eq!(shown("'zwölf Äpfel'|truncate(7)"), "zwölf…");
        assert_eq!(shown("'zwölf'|truncate(5)"), "zwölf");
        assert_eq!(shown("'a b/ü&'|urlencode"), "a%20b%2F%C3%BC%26");
    }
}
