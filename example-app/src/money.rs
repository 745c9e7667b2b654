//! Amounts of money, counted exactly.

use std::fmt;
use std::iter::Sum;
use std::ops::Mul;

use plain::db::Value;
use serde::{Serialize, Serializer};

/// An amount in hundredths of the shop's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, plain::db::Type)]
#[sqlx(transparent)]
pub(crate) struct Cents(pub(crate) i64);

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// As a text, so that neither a template nor a reader of JSON rounds it.
impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Mul<u32> for Cents {
    type Output = Self;

    fn mul(self, times: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(times)))
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |sum, amount| {
            Self(sum.0.saturating_add(amount.0))
        })
    }
}

impl From<Cents> for Value {
    fn from(amount: Cents) -> Self {
        Self::Integer(amount.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_two_digits_behind_the_point() {
        assert_eq!(Cents(0).to_string(), "0.00");
        assert_eq!(Cents(1205).to_string(), "12.05");
        assert_eq!((Cents(1990) * 3).to_string(), "59.70");
    }
}
