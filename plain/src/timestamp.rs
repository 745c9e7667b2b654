//! Times as text, for the log and for what SQLite stores.

use chrono::{DateTime, Datelike, Timelike, Utc};

/// The text of a time to the microsecond, by RFC 3339: `2026-01-31T08:15:00.000000Z`.
///
/// Years 0 to 9999 have four digits; of others only the last four are there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timestamp([u8; 27]);

impl Timestamp {
    /// By hand: a format costs several times as much, and each write and each line of the log has one.
    pub(crate) fn of(time: DateTime<Utc>) -> Self {
        let (date, clock) = (time.date_naive(), time.time());
        let micros = clock.nanosecond() % 1_000_000_000 / 1000;
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        for (places, mut number) in [
            (0..4, date.year().unsigned_abs()),
            (5..7, date.month()),
            (8..10, date.day()),
            (11..13, clock.hour()),
            (14..16, clock.minute()),
            (17..19, clock.second()),
            (20..26, micros),
        ] {
            for digit in text[places].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("digits and punctuation are ASCII")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A second, in seconds since 1970, of the years 0 to 9999.
    fn seconds() -> impl Strategy<Value = i64> {
        -62_167_219_200..253_402_300_800_i64
    }

    proptest! {
        #[test]
        fn a_time_reads_as_the_library_writes_it(second in seconds(), nanos in 0..1_000_000_000_u32) {
            let time = DateTime::from_timestamp(second, nanos).unwrap();
            let expected = time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
            let ours = Timestamp::of(time);
            prop_assert_eq!(ours.as_str(), expected);
        }
    }

    #[test]
    fn a_time_that_no_four_digits_hold_has_a_text_all_the_same() {
        let end = DateTime::<Utc>::MAX_UTC;
        assert_eq!(Timestamp::of(end).as_str(), "2142-12-31T23:59:59.999999Z");
    }
}
