//! The path of a request in the form that patterns are matched against.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::converter::is_plain_segment;

/// What a segment of a path may hold as it is (`pchar` of RFC 3986 section 3.3), but for `'` and
/// `&`, so that a path is safe in any quotes of HTML.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// The decoded form of a path: percent-escapes are text again, but for a slash (`%2F`), which
/// would become a separator, and a percent sign (`%25`), which would become an escape.
///
/// `None` for a path that no pattern may match: one with an invalid escape, that is not UTF-8 when
/// decoded, with a NUL, a doubled slash, or a segment `.` or `..` (encoded or not). Such a path is
/// never normalised into another one, so that what a proxy checked is what is matched. Without an
/// escape nothing is copied.
pub(super) fn canonical(path: &str) -> Option<Cow<'_, str>> {
    let decoded = match path.contains('%') {
        true => Cow::Owned(decode_but_separators(path)?),
        false => Cow::Borrowed(path),
    };
    is_matchable(&decoded).then_some(decoded)
}

/// The text of one value, taken out of a [`canonical`] path.
pub(super) fn value(canonical: &str) -> Cow<'_, str> {
    if !canonical.contains('%') {
        return Cow::Borrowed(canonical);
    }
    // In this order: `%252F` is the text `%2F`, not a slash.
    Cow::Owned(canonical.replace("%2F", "/").replace("%25", "%"))
}

/// A [`canonical`] path as it is written in a URL.
///
/// What browsers read as a slash (`\`) is encoded with the rest, so that a redirect to it stays on
/// this host.
pub(super) fn encode_canonical(canonical: &str) -> String {
    const SEPARATORS_KEPT: &AsciiSet = &ENCODED.remove(b'/').remove(b'%');
    utf8_percent_encode(canonical, SEPARATORS_KEPT).to_string()
}

/// Appends one segment, percent-encoded.
pub(super) fn push_segment(path: &mut String, segment: &str) {
    path.extend(utf8_percent_encode(segment, ENCODED));
}

/// Appends the segments of `rest`, each percent-encoded.
pub(crate) fn push_path(path: &mut String, rest: &str) {
    for (index, segment) in rest.split('/').enumerate() {
        if index > 0 {
            path.push('/');
        }
        push_segment(path, segment);
    }
}

fn decode_but_separators(path: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        match (hex(bytes.next()?)? << 4) | hex(bytes.next()?)? {
            b'/' => decoded.extend(b"%2F"),
            b'%' => decoded.extend(b"%25"),
            byte => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

fn is_matchable(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else {
        return false;
    };
    let inner = segments.strip_suffix('/').unwrap_or(segments);
    let root = segments.is_empty();
    root || (inner.split('/').all(is_plain_segment) && !path.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_text_but_for_separators() {
        for (sent, matched) in [
            ("/", "/"),
            ("/a/b/", "/a/b/"),
            ("/%63art", "/cart"),
            ("/caf%C3%a9", "/café"),
            ("/a%2fb%2Fc", "/a%2Fb%2Fc"),
            ("/50%25", "/50%25"),
            ("/%252F", "/%252F"),
            ("/...", "/..."),
        ] {
            assert_eq!(canonical(sent).as_deref(), Some(matched), "{sent}");
        }
    }

    #[test]
    fn a_path_that_could_mean_another_is_no_path() {
        for sent in [
            "",
            "*",
            "a",
            "//",
            "//a",
            "/a//",
            "/a//b",
            "/.",
            "/./a",
            "/a/..",
            "/a/../",
            "/%2e%2E/a",
            "/a%00",
            "/%",
            "/%2",
            "/%zz",
            "/%+1",
            "/%ff",
            "/%C3",
        ] {
            assert_eq!(canonical(sent), None, "{sent}");
        }
    }

    #[test]
    fn a_value_is_decoded_once() {
        assert_eq!(value("a%2Fb"), "a/b");
        assert_eq!(value("%252F"), "%2F");
        assert_eq!(value("%25252F"), "%252F");
    }
}
