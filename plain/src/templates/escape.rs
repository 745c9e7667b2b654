//! How values are written into HTML.

use minijinja::{AutoEscape, Error, Output, State, Value, escape_formatter};

/// Escapes text for HTML by what HTML needs, so that addresses and dates stay as they are: the
/// engine's own way escapes slashes, too. All else is left to the engine.
pub(super) fn format(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() && *state.auto_escape() == AutoEscape::Html => {
            write_escaped(out, text)?;
            Ok(())
        }
        _ => escape_formatter(out, state, value),
    }
}

fn write_escaped(out: &mut Output<'_>, text: &str) -> std::fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| entity(byte).is_some()) {
        out.write_str(&rest[..at])?;
        out.write_str(entity(rest.as_bytes()[at]).unwrap_or_default())?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}

/// What a character is written as that ends text or a quoted attribute.
const fn entity(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&#x27;"),
        _ => None,
    }
}
