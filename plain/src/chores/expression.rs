//! A cron expression: when something recurs, in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

const FIELDS: [&str; 5] = [
    "minute",
    "hour",
    "day of the month",
    "month",
    "day of the week",
];
const NICKNAMES: [&str; 6] = [
    "@hourly",
    "@daily",
    "@weekly",
    "@monthly",
    "@yearly",
    "@annually",
];

/// When something recurs: five fields (minute, hour, day of the month, month, day of the week), or
/// a name such as `@daily`. All in UTC, so that no run is lost or doubled when clocks change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression {
    text: String,
    cron: Cron,
}

impl Expression {
    /// The first moment after `time`, if there is one before the calendar ends.
    pub(crate) fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cron.find_next_occurrence(&time, false).ok()
    }

    /// The last moment that is not after `time`, if there is one.
    pub(crate) fn latest_until(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cron.find_previous_occurrence(&time, true).ok()
    }

    /// The expression as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cron = match text.starts_with('@') {
            true => nickname(&text)?,
            false => fields(&text)?,
        };
        let expression = Self { text, cron };
        // The longest wait of a date that exists is eight years: 29 February around 2100.
        if expression.next_after(DateTime::UNIX_EPOCH).is_none() {
            return Err(ExpressionError::Never(expression.text));
        }
        Ok(expression)
    }
}

fn nickname(text: &str) -> Result<Cron, ExpressionError> {
    let unknown = || ExpressionError::Nickname(text.to_owned());
    if !NICKNAMES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(text))
    {
        return Err(unknown());
    }
    parse(text).ok_or_else(unknown)
}

fn fields(text: &str) -> Result<Cron, ExpressionError> {
    let fields: Vec<&str> = text.split(' ').filter(|field| !field.is_empty()).collect();
    if fields.len() != FIELDS.len() {
        return Err(ExpressionError::Count {
            text: text.to_owned(),
            count: fields.len(),
        });
    }
    parse(text).ok_or_else(|| {
        let place = wrong_field(&fields);
        ExpressionError::Field {
            text: text.to_owned(),
            name: FIELDS[place],
            field: fields[place].to_owned(),
        }
    })
}

/// The first field that can't be read, found by reading each one alone.
fn wrong_field(fields: &[&str]) -> usize {
    let is_wrong = |place: &usize| {
        let mut alone = ["*"; FIELDS.len()];
        alone[*place] = fields[*place];
        parse(&alone.join(" ")).is_none()
    };
    (0..FIELDS.len()).find(is_wrong).unwrap_or_default()
}

fn parse(text: &str) -> Option<Cron> {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    parser.parse(text).ok()
}

/// A text that is not a cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionError {
    /// It has another number of fields than five.
    #[error(
        "\"{text}\" has {count} {}: write five (minute, hour, day of the month, month, \
         day of the week), as in \"30 3 * * *\", or a name such as @daily",
        if *.count == 1 { "field" } else { "fields" }
    )]
    Count {
        /// The text.
        text: String,
        /// How many fields it has.
        count: usize,
    },
    /// One field can't be read.
    #[error("\"{text}\" can't be read at its {name}, \"{field}\"; {}", allowed(.name))]
    Field {
        /// The text.
        text: String,
        /// The field's name.
        name: &'static str,
        /// What stands there.
        field: String,
    },
    /// It begins with `@` and is none of the known names.
    #[error("\"{0}\" is no known schedule; the names are {names}", names = NICKNAMES.join(", "))]
    Nickname(String),
    /// It names a date that no year has, such as 30 February.
    #[error("\"{0}\" never comes: no year has such a day; write another, or \"never\"")]
    Never(String),
}

fn allowed(field: &str) -> &'static str {
    match field {
        "minute" => "write 0 to 59, *, a range, a list or a step such as */15",
        "hour" => "write 0 to 23, *, a range, a list or a step such as */6",
        "day of the month" => "write 1 to 31, L for the last, *, a range, a list or a step",
        "month" => "write 1 to 12 or JAN to DEC, *, a range, a list or a step",
        _ => "write 0 (Sunday) to 7 or SUN to SAT, *, a range, a list or a step",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn error(text: &str) -> String {
        text.parse::<Expression>().unwrap_err().to_string()
    }

    #[test]
    fn the_moment_itself_is_the_latest_and_not_the_next() {
        let hourly: Expression = "@hourly".parse().unwrap();
        let ten = at("2026-03-01T10:00:00Z");
        assert_eq!(hourly.latest_until(ten), Some(ten));
        assert_eq!(hourly.next_after(ten), Some(at("2026-03-01T11:00:00Z")));
    }

    #[test]
    fn a_moment_between_two_seconds_belongs_to_the_one_before() {
        let minutely: Expression = "* * * * *".parse().unwrap();
        let just_before = at("2026-03-01T09:59:59.999Z");
        assert_eq!(
            minutely.latest_until(just_before),
            Some(at("2026-03-01T09:59:00Z"))
        );
        assert_eq!(
            minutely.next_after(just_before),
            Some(at("2026-03-01T10:00:00Z"))
        );
    }

    #[test]
    fn a_leap_day_is_found_over_eight_years() {
        let leap: Expression = "0 0 29 2 *".parse().unwrap();
        assert_eq!(
            leap.next_after(at("2096-03-01T00:00:00Z")),
            Some(at("2104-02-29T00:00:00Z"))
        );
    }

    #[test]
    fn errors_name_the_field_and_what_it_takes() {
        assert_eq!(
            error("0 25 * * *"),
            "\"0 25 * * *\" can't be read at its hour, \"25\"; \
             write 0 to 23, *, a range, a list or a step such as */6"
        );
        assert_eq!(
            error("0 3 * * FUN"),
            "\"0 3 * * FUN\" can't be read at its day of the week, \"FUN\"; \
             write 0 (Sunday) to 7 or SUN to SAT, *, a range, a list or a step"
        );
        assert_eq!(
            error("0 0 3 * * *"),
            "\"0 0 3 * * *\" has 6 fields: write five (minute, hour, day of the month, month, \
             day of the week), as in \"30 3 * * *\", or a name such as @daily"
        );
        assert_eq!(
            error("@dayly"),
            "\"@dayly\" is no known schedule; the names are \
             @hourly, @daily, @weekly, @monthly, @yearly, @annually"
        );
        assert_eq!(
            error("0 0 30 2 *"),
            "\"0 0 30 2 *\" never comes: no year has such a day; write another, or \"never\""
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-0-9*/,@#LWA-Z? ]{0,24}", any in ".{0,40}") {
            let _ = text.parse::<Expression>();
            let _ = any.parse::<Expression>();
        }

        #[test]
        fn the_latest_moment_is_the_last_before_the_next(
            minute in 0u32..60, hour in 0u32..24, seconds in 0i64..4_000_000_000,
        ) {
            let daily: Expression = format!("{minute} {hour} * * *").parse().unwrap();
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let latest = daily.latest_until(now).unwrap();
            let next = daily.next_after(now).unwrap();
            prop_assert!(latest <= now && now < next);
            prop_assert_eq!(next - latest, chrono::TimeDelta::days(1));
        }
    }
}
