//! What is shown of one value, by what it is.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value as Json;

use crate::db::FieldKind;

/// A value as pages show it; text is always escaped there.
///
/// Most values become one with `into()`.
///
/// ```
/// use plain::admin::{Cell, Tone};
///
/// let name: Cell = "Ada".into();
/// let state = Cell::badge("active", Tone::Good);
/// let size = Cell::size(2048);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Cell(Shown);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Shown {
    Empty,
    Text { text: String },
    Code { text: String },
    Number { text: String },
    Boolean { value: bool },
    Time { machine: String, text: String },
    Json { text: String },
    Bytes { size: u64, text: String },
    Size { bytes: u64 },
    Link { text: String, address: String },
    Badge { text: String, tone: Tone },
}

/// What a badge says by its colour, besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Tone {
    /// As it should be.
    Good,
    /// Over, or of no interest.
    Quiet,
    /// To be looked at.
    Warning,
    /// Wrong.
    Bad,
}

/// How many bytes are shown as hexadecimal digits.
const SHOWN_BYTES: usize = 32;

impl Cell {
    /// No value.
    pub fn empty() -> Self {
        Self(Shown::Empty)
    }

    /// A text in a font whose characters are all as wide: a fingerprint, a path.
    pub fn code(text: impl Into<String>) -> Self {
        Self(Shown::Code { text: text.into() })
    }

    /// A moment, shown in UTC.
    pub fn time(time: DateTime<Utc>) -> Self {
        Self(Shown::Time {
            machine: time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            text: time.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        })
    }

    /// JSON, written on several lines.
    pub fn json(value: &Json) -> Self {
        let text = serde_json::to_string_pretty(value).unwrap_or_else(|error| error.to_string());
        Self(Shown::Json { text })
    }

    /// Bytes: how many there are, and the first ones.
    pub fn bytes(bytes: &[u8]) -> Self {
        let first = bytes.iter().take(SHOWN_BYTES);
        let mut text: String = first.map(|byte| format!("{byte:02x}")).collect();
        if bytes.len() > SHOWN_BYTES {
            text.push('…');
        }
        Self(Shown::Bytes {
            size: bytes.len() as u64,
            text,
        })
    }

    /// A number of bytes.
    pub fn size(bytes: u64) -> Self {
        Self(Shown::Size { bytes })
    }

    /// A link to `address`, a path on this host or an address of HTTP or mail; anything else is
    /// shown as text, since it could be a script.
    pub fn link(text: impl Into<String>, address: impl Into<String>) -> Self {
        let (text, address) = (text.into(), address.into());
        if is_address(&address) {
            Self(Shown::Link { text, address })
        } else {
            Self(Shown::Text { text })
        }
    }

    /// A short text that stands out.
    pub fn badge(text: impl Into<String>, tone: Tone) -> Self {
        let text = text.into();
        Self(Shown::Badge { text, tone })
    }

    /// What a field of this kind holds, as serde wrote it.
    pub(super) fn of_field(kind: FieldKind, value: &Json) -> Self {
        match (kind, value) {
            (_, Json::Null) => Self::empty(),
            (FieldKind::Json, value) => Self::json(value),
            (FieldKind::Bytes, Json::Array(bytes)) => {
                let byte = |byte: &Json| byte.as_u64().and_then(|byte| u8::try_from(byte).ok());
                Self::bytes(&bytes.iter().filter_map(byte).collect::<Vec<_>>())
            }
            (FieldKind::Text, Json::String(text)) => text.as_str().into(),
            (_, value) => Self::of_json(value),
        }
    }

    /// A value of which no more is known than what serde wrote.
    pub(super) fn of_json(value: &Json) -> Self {
        match value {
            Json::Null => Self::empty(),
            Json::Bool(value) => (*value).into(),
            Json::Number(number) => Self(Shown::Number {
                text: number.to_string(),
            }),
            Json::String(text) => match DateTime::parse_from_rfc3339(text) {
                Ok(time) => Self::time(time.with_timezone(&Utc)),
                Err(_) => text.as_str().into(),
            },
            value => Self::json(value),
        }
    }

    /// The same on one line, cut where it is too long for a table.
    pub(super) fn short(self) -> Self {
        const LONGEST: usize = 120;
        let cut = |text: String| match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        Self(match self.0 {
            Shown::Text { text } => Shown::Text { text: cut(text) },
            Shown::Code { text } => Shown::Code { text: cut(text) },
            Shown::Json { text } => {
                let words: Vec<_> = text.split_whitespace().collect();
                Shown::Code {
                    text: cut(words.join(" ")),
                }
            }
            Shown::Link { text, address } => Shown::Link {
                text: cut(text),
                address,
            },
            // To the minute; the element says it whole.
            Shown::Time { machine, text } => Shown::Time {
                text: match text.rsplit_once(':') {
                    Some((minute, _)) => format!("{minute} UTC"),
                    None => text,
                },
                machine,
            },
            shown => shown,
        })
    }
}

/// Whether a link may lead there.
fn is_address(address: &str) -> bool {
    let of_scheme = |scheme: &str| {
        let start = address.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let on_this_host = address.starts_with('/') && !address.starts_with("//");
    (on_this_host && !address.contains('\\'))
        || ["http://", "https://", "mailto:"]
            .into_iter()
            .any(of_scheme)
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        match text {
            "" => Self::empty(),
            text => Self(Shown::Text {
                text: text.to_owned(),
            }),
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self(Shown::Boolean { value })
    }
}

impl From<DateTime<Utc>> for Cell {
    fn from(time: DateTime<Utc>) -> Self {
        Self::time(time)
    }
}

impl From<Json> for Cell {
    fn from(value: Json) -> Self {
        Self::json(&value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::empty, Into::into)
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Cell {
            fn from(number: $number) -> Self {
                Self(Shown::Number { text: number.to_string() })
            }
        }
    )*};
}

from_numbers!(i32, i64, u32, u64, usize, f64);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_link_leads_nowhere_that_runs_a_script_or_leaves_by_accident() {
        for address in [
            "javascript:alert(1)",
            "//evil.example",
            "/\\evil",
            "data:text/html,x",
            " /x",
        ] {
            assert_eq!(Cell::link("x", address), "x".into(), "{address}");
        }
        for address in ["/orders/5", "HTTPS://example.com", "mailto:a@b.example"] {
            assert_ne!(Cell::link("x", address), "x".into(), "{address}");
        }
    }

    #[test]
    fn a_field_is_shown_by_its_kind() {
        let shown = |kind, value| serde_json::to_value(Cell::of_field(kind, &value)).unwrap();
        assert_eq!(
            shown(FieldKind::Time, json!("2026-01-31T10:15:00+02:00")),
            json!({"kind": "time", "machine": "2026-01-31T08:15:00.000000Z", "text": "2026-01-31 08:15:00 UTC"})
        );
        assert_eq!(
            shown(FieldKind::Bytes, json!([1, 255])),
            json!({"kind": "bytes", "size": 2, "text": "01ff"})
        );
        assert_eq!(
            shown(FieldKind::Text, json!("2026-01-31T10:15:00Z"))["kind"],
            "text"
        );
        assert_eq!(
            shown(FieldKind::Integer, json!(7)),
            json!({"kind": "number", "text": "7"})
        );
        assert_eq!(
            shown(FieldKind::Json, json!(null)),
            json!({"kind": "empty"})
        );
    }

    #[test]
    fn what_is_too_long_for_a_table_is_cut_at_a_character() {
        let Cell(Shown::Text { text }) = Cell::from("ä".repeat(200)).short() else {
            panic!("a text")
        };
        assert_eq!(text.chars().count(), 121);
    }
}
