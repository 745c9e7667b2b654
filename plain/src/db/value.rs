//! Values that go into a statement.

use chrono::{DateTime, Datelike, Utc};
use sqlx::Arguments;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::sqlite::SqliteArguments;
use sqlx::types::Json;
use sqlx::{Postgres, encode::IsNull, error::BoxDynError};

use super::Error;
use crate::timestamp::Timestamp;

/// A value bound to a placeholder of a statement.
///
/// Both databases hold the same values: what one of them could not store (a NaN, a text with a NUL
/// character, a time beyond the year 9999) is refused on both.
///
/// ```
/// use plain::db::Value;
///
/// assert_eq!(Value::from("paid"), Value::Text("paid".to_owned()));
/// assert_eq!(Value::from(None::<i64>), Value::Null);
/// assert!(Value::try_from(u64::MAX).is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    Null,
    /// True or false; stored by SQLite as 1 or 0.
    Bool(bool),
    /// A whole number of 64 bits.
    Integer(i64),
    /// A floating point number of 64 bits.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A JSON value: `JSONB` in PostgreSQL, its text in SQLite.
    Json(serde_json::Value),
    /// The text of a JSON value, which saves the tree where there is none: the same as `Json`.
    JsonText(String),
    /// A moment, to the microsecond. SQLite stores the text `2026-01-31T08:15:00.000000Z`, whose
    /// fixed width makes comparing texts the same as comparing times.
    Time(DateTime<Utc>),
}

impl Value {
    /// What it is, for an error message.
    pub(super) fn described(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::Bytes(_) => "bytes",
            Value::Json(_) | Value::JsonText(_) => "JSON",
            Value::Time(_) => "a time",
        }
    }

    /// Refuses what one of the two databases could not hold.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self {
            Value::Float(number) if number.is_nan() => Err("NaN is not a number that it can hold"),
            Value::Text(text) if text.contains('\0') => Err("a text cannot hold a NUL character"),
            Value::Time(time) if !(0..=9999).contains(&time.year()) => {
                Err("a time must lie in the years 0 to 9999")
            }
            _ => Ok(()),
        }
    }
}

/// The arguments of a statement, as SQLite takes them.
pub(super) fn sqlite_arguments(values: Vec<Value>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for (index, value) in values.into_iter().enumerate() {
        value.check().map_err(|reason| refuse(index, reason))?;
        let added = match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Bool(value) => arguments.add(value),
            Value::Integer(value) => arguments.add(value),
            Value::Float(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Json(value) => arguments.add(Json(value)),
            Value::JsonText(value) => arguments.add(value),
            Value::Time(value) => arguments.add(Timestamp::of(value).as_str().to_owned()),
        };
        added.map_err(|reason| refuse(index, &reason.to_string()))?;
    }
    Ok(arguments)
}

/// The arguments of a statement, as PostgreSQL takes them.
pub(super) fn postgres_arguments(values: &[Value]) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), 0);
    for (index, value) in values.iter().enumerate() {
        value.check().map_err(|reason| refuse(index, reason))?;
        let added = match value {
            Value::Null => arguments.add(UntypedNull),
            Value::Bool(value) => arguments.add(*value),
            Value::Integer(value) => arguments.add(*value),
            Value::Float(value) => arguments.add(*value),
            Value::Text(value) => arguments.add(value.as_str()),
            Value::Bytes(value) => arguments.add(value.as_slice()),
            Value::Json(value) => arguments.add(Json(value)),
            Value::JsonText(value) => arguments.add(JsonText(value)),
            Value::Time(value) => arguments.add(*value),
        };
        added.map_err(|reason| refuse(index, &reason.to_string()))?;
    }
    Ok(arguments)
}

fn refuse(index: usize, reason: &str) -> sqlx::Error {
    sqlx::Error::Encode(format!("${}: {reason}", index + 1).into())
}

/// JSON as PostgreSQL takes it: a byte with the version of the format, and the text.
struct JsonText<'a>(&'a str);

impl sqlx::Type<Postgres> for JsonText<'_> {
    fn type_info() -> PgTypeInfo {
        <Json<()> as sqlx::Type<Postgres>>::type_info()
    }
}

impl sqlx::Encode<'_, Postgres> for JsonText<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(1);
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

/// A NULL whose type PostgreSQL infers from where it stands.
struct UntypedNull;

impl sqlx::Type<Postgres> for UntypedNull {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl sqlx::Encode<'_, Postgres> for UntypedNull {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Value {
                Value::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool,
    i8 => Integer, i16 => Integer, i32 => Integer, i64 => Integer,
    u8 => Integer, u16 => Integer, u32 => Integer,
    f32 => Float, f64 => Float,
    &str => Text, String => Text, &String => Text, std::borrow::Cow<'_, str> => Text,
    Vec<u8> => Bytes, &[u8] => Bytes,
    serde_json::Value => Json,
    DateTime<Utc> => Time,
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Value {
        Value::Bytes(value.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl TryFrom<u64> for Value {
    type Error = Error;

    fn try_from(value: u64) -> Result<Value, Error> {
        let number = i64::try_from(value).map_err(|_| Error::Value {
            reason: format!(
                "{value} is larger than {}, the largest number it can hold",
                i64::MAX
            ),
        })?;
        Ok(Value::Integer(number))
    }
}

impl TryFrom<usize> for Value {
    type Error = Error;

    fn try_from(value: usize) -> Result<Value, Error> {
        Value::try_from(value as u64)
    }
}
