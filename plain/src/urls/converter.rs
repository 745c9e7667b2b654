//! What a placeholder of a pattern accepts: `int`, `slug`, `str`, `uuid`, `path`.

use std::fmt;

/// The kind of text that a placeholder stands for. A bare `<name>` is `<str:name>`.
///
/// Of two patterns that differ only in their converters the one with the narrower converter is
/// tried first: that is the order of the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Converter {
    /// `int`: digits without a sign that fit a `u64`.
    Int,
    /// `uuid`: a UUID as RFC 9562 section 4 writes it, in lower case.
    Uuid,
    /// `slug`: letters, digits, `-` and `_` of ASCII.
    Slug,
    /// `str`: any text without NUL that is one segment of the path.
    Str,
    /// `path`: the rest of the path, slashes included, at the end of a pattern.
    Path,
}

impl Converter {
    /// All of them, the narrowest first.
    pub const ALL: [Self; 5] = [Self::Int, Self::Uuid, Self::Slug, Self::Str, Self::Path];

    /// As it is written in a pattern.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Uuid => "uuid",
            Self::Slug => "slug",
            Self::Str => "str",
            Self::Path => "path",
        }
    }

    /// What it accepts, as the end of the sentence "it takes ...".
    pub(super) const fn accepted(self) -> &'static str {
        match self {
            Self::Int => "digits that fit 64 bits",
            Self::Uuid => "a UUID in lower case, with its four dashes",
            Self::Slug => "letters, digits, `-` and `_`",
            Self::Str | Self::Path => {
                "text without NUL, none of whose parts between slashes is empty, `.` or `..`"
            }
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// Whether `text`, a percent-decoded value, is one of its values.
    pub(super) fn accepts(self, text: &str) -> bool {
        match self {
            Self::Int => text.bytes().all(|byte| byte.is_ascii_digit()) && fits_u64(text),
            Self::Uuid => is_uuid(text),
            Self::Slug => !text.is_empty() && text.bytes().all(is_slug_byte),
            // A segment may hold slashes too (`%2F`), and who takes it for the name of a file shall
            // not leave the folder.
            Self::Str | Self::Path => !text.contains('\0') && text.split('/').all(is_plain_segment),
        }
    }
}

impl fmt::Display for Converter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a segment means itself: an empty one, `.` and `..` mean something else to browsers and
/// to file systems.
pub(super) fn is_plain_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
}

fn fits_u64(digits: &str) -> bool {
    digits.parse::<u64>().is_ok()
}

fn is_slug_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_converter_accepts_its_own_values_only() {
        let accepts = |converter: Converter, text: &str| converter.accepts(text);
        for good in ["0", "007", "18446744073709551615"] {
            assert!(accepts(Converter::Int, good), "{good}");
        }
        for bad in [
            "",
            "-1",
            "+1",
            "1.0",
            "1e3",
            " 1",
            "٣",
            "18446744073709551616",
        ] {
            assert!(!accepts(Converter::Int, bad), "{bad}");
        }
        assert!(accepts(
            Converter::Uuid,
            "67e55044-10b1-426f-9247-bb680e5fe0c8"
        ));
        for bad in [
            "",
            "67E55044-10b1-426f-9247-bb680e5fe0c8",
            "67e5504410b1426f9247bb680e5fe0c8",
            "67e55044-10b1-426f-9247-bb680e5fe0cg",
            "67e55044010b1-426f-9247-bb680e5fe0c8",
        ] {
            assert!(!accepts(Converter::Uuid, bad), "{bad}");
        }
        assert!(accepts(Converter::Slug, "a-Z_0"));
        for bad in ["", "a b", "a/b", "é"] {
            assert!(!accepts(Converter::Slug, bad), "{bad}");
        }
        assert!(accepts(Converter::Str, "a/b ü"));
        assert!(!accepts(Converter::Str, "a\0b"));
        assert!(accepts(Converter::Path, "a/b.c/d"));
        for bad in ["", "/", "a/", "/a", "a//b", "a/../b", "./a", "a\0"] {
            assert!(!accepts(Converter::Path, bad), "{bad}");
        }
    }
}
