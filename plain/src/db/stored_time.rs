//! A time as it stands in a row, whoever wrote it.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::sqlite::{SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Postgres, Sqlite, Type};

/// A time that is read from a row which someone else may have written.
///
/// PostgreSQL knows `infinity` and years that `DateTime` does not hold; reading those as a `DateTime`
/// panics in the driver. Read as this they are an error of the column, as any other value that is no
/// time.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use plain::db::StoredTime;
///
/// let stored = StoredTime(DateTime::UNIX_EPOCH);
/// assert_eq!(DateTime::<Utc>::from(stored), DateTime::UNIX_EPOCH);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredTime(pub DateTime<Utc>);

impl From<StoredTime> for DateTime<Utc> {
    fn from(time: StoredTime) -> Self {
        time.0
    }
}

impl Type<Postgres> for StoredTime {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for StoredTime {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return Ok(Self(Decode::<Postgres>::decode(value)?));
        }
        // Microseconds since the year 2000; the greatest and the smallest number are the infinities.
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        let epoch = DateTime::from_timestamp_secs(946_684_800).unwrap_or_default();
        let time = epoch.checked_add_signed(TimeDelta::microseconds(micros));
        Ok(Self(time.ok_or("the time is beyond what a date holds")?))
    }
}

impl Type<Sqlite> for StoredTime {
    fn type_info() -> SqliteTypeInfo {
        <DateTime<Utc> as Type<Sqlite>>::type_info()
    }

    fn compatible(found: &SqliteTypeInfo) -> bool {
        <DateTime<Utc> as Type<Sqlite>>::compatible(found)
    }
}

impl<'r> Decode<'r, Sqlite> for StoredTime {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(Decode::<Sqlite>::decode(value)?))
    }
}
