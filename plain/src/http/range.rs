//! The part of a response that the header `Range` asks for (RFC 9110 section 14).

use std::ops::Range;

/// Which part of a response is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: no range, several at once, or something that is no range. RFC 9110 section 14.2
    /// allows that for each.
    Whole,
    /// These bytes, at least one.
    Slice(Range<u64>),
    /// None: the range begins behind the end.
    Unsatisfiable,
}

impl Part {
    /// The part of `size` bytes that `range` asks for, in the syntax of section 14.1.2.
    pub(super) fn of(range: &str, size: u64) -> Self {
        let Some((unit, range)) = range.split_once('=') else {
            return Self::Whole;
        };
        let Some((first, last)) = range.trim().split_once('-') else {
            return Self::Whole;
        };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        match (Position::parse(first), Position::parse(last)) {
            (Position::At(first), Position::At(last)) if first <= last => {
                Self::between(first, last, size)
            }
            (Position::At(first), Position::Open) => Self::between(first, u64::MAX, size),
            (Position::Open, Position::At(0)) => Self::Unsatisfiable,
            (Position::Open, Position::At(count)) => {
                Self::between(size.saturating_sub(count), u64::MAX, size)
            }
            _ => Self::Whole,
        }
    }

    fn between(first: u64, last: u64, size: u64) -> Self {
        if first >= size {
            return Self::Unsatisfiable;
        }
        Self::Slice(first..last.saturating_add(1).min(size))
    }
}

/// One side of a range.
enum Position {
    At(u64),
    Open,
    Invalid,
}

impl Position {
    fn parse(digits: &str) -> Self {
        if digits.is_empty() {
            return Self::Open;
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Invalid;
        }
        // A number beyond 64 bits lies beyond the end of every file.
        Self::At(digits.parse().unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_held_to_the_size() {
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=2-4", 2..5),
            ("bytes=7-", 7..10),
            ("bytes=-3", 7..10),
            ("bytes=-30", 0..10),
            ("bytes= 0-9 ", 0..10),
            ("Bytes=8-99999999999999999999999", 8..10),
        ] {
            assert_eq!(Part::of(range, 10), Part::Slice(part), "{range}");
        }
    }

    #[test]
    fn a_range_that_begins_behind_the_end_can_not_be_sent() {
        for range in [
            "bytes=10-",
            "bytes=10-12",
            "bytes=-0",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(Part::of(range, 10), Part::Unsatisfiable, "{range}");
        }
    }

    #[test]
    fn what_is_no_single_range_asks_for_the_whole() {
        for range in [
            "bytes=0-1,3-4",
            "bytes=4-2",
            "bytes=a-b",
            "bytes=1-b",
            "bytes=a-1",
            "lines=1-2",
            "bytes",
            "bytes=-",
            "bytes=+1-2",
            "",
        ] {
            assert_eq!(Part::of(range, 10), Part::Whole, "{range}");
        }
    }
}
