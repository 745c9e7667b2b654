//! The dates of `Expires`, read as leniently as browsers do (RFC 6265bis section 5.1.1).

use std::time::SystemTime;

use chrono::{NaiveDate, TimeZone, Utc};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Reads `text`; `None` if no day, month, year and time can be found in it.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        // The order is the standard's: "17" is a day until there is one, then a year.
        if time.is_none() && fill(&mut time, time_of_day(token)) {
            continue;
        }
        if day.is_none() && fill(&mut day, number(token, 1..=2)) {
            continue;
        }
        if month.is_none() && fill(&mut month, month_number(token)) {
            continue;
        }
        if year.is_none() {
            fill(&mut year, number(token, 2..=4).map(full_year));
        }
    }
    let ([hour, minute, second], year) = (time?, year?);
    if year < 1601 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month?, day?)?;
    let moment = date.and_hms_opt(hour, minute, second)?;
    Some(Utc.from_utc_datetime(&moment).into())
}

fn fill<T>(slot: &mut Option<T>, found: Option<T>) -> bool {
    *slot = found;
    slot.is_some()
}

fn is_delimiter(character: char) -> bool {
    matches!(character, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~')
}

/// Reads the digits that `token` starts with, if they are as many as `length` allows; what is no
/// digit may follow.
fn number(token: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let end = token
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(token.len());
    if !length.contains(&end) {
        return None;
    }
    token[..end].parse().ok()
}

fn time_of_day(token: &str) -> Option<[u32; 3]> {
    let mut fields = token.splitn(3, ':');
    let hour = whole_number(fields.next()?)?;
    let minute = whole_number(fields.next()?)?;
    Some([hour, minute, number(fields.next()?, 1..=2)?])
}

fn whole_number(field: &str) -> Option<u32> {
    let all_digits = field.bytes().all(|byte| byte.is_ascii_digit());
    number(field, 1..=2).filter(|_| all_digits)
}

fn month_number(token: &str) -> Option<u32> {
    let start = token.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == start)?;
    u32::try_from(index + 1).ok()
}

fn full_year(year: u32) -> u32 {
    match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_formats_that_servers_send_mean_the_same_moment() {
        let expected = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 6-Nov-1994 8:49:37",
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "0",
            "tomorrow",
            "31 Feb 2020 10:00:00",
            "1 Jan 2020 25:00:00",
            "1 Jan 1500 1:1:1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            parse(&text);
        }

        #[test]
        fn every_date_is_read_back(seconds in 0_u64..4_000_000_000) {
            let moment = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            prop_assert_eq!(parse(&httpdate::fmt_http_date(moment)), Some(moment));
        }
    }
}
