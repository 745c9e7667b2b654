//! The model [`Session`]: a row of the session table.

use chrono::{DateTime, Datelike, Utc};
use plain::db::{self, Database, Field, Model, StoredTime};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::{ColumnIndex, Decode, Row, Type, types::Json};

use crate::key::KeyHash;
use crate::store::SessionStore;

/// A stored session.
///
/// It holds no usable key: [`fingerprint`](Self::fingerprint) names it.
///
/// ```
/// use plain::db::{self, Database};
/// use plain_sessions::Session;
///
/// async fn sign_out_everywhere(db: &Database, user: i64) -> Result<u64, db::Error> {
///     Session::end_all(db, &format!("user:{user}")).await
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Session {
    /// The number of the row.
    pub id: i64,
    /// The SHA-256 of the session key, in hexadecimal.
    #[serde(skip)]
    pub(crate) key_hash: String,
    /// The values; empty where the database holds no readable map.
    #[serde(skip)]
    pub session_data: Map<String, Value>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends, unless it is saved before.
    pub expires_at: DateTime<Utc>,
    /// Whose session it is, set by who signed the visitor in.
    pub owner: Option<String>,
    /// What of the row could be read.
    #[serde(skip)]
    pub(crate) condition: Condition,
}

/// What of a row could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Whole,
    /// The data or a date is not what this package writes; the session counts as empty, and as
    /// nobody's.
    Unreadable,
}

impl Session {
    /// The first eight digits of the key's hash: how logs and pages name this session.
    pub fn fingerprint(&self) -> &str {
        self.key_hash
            .get(..KeyHash::FINGERPRINT_LENGTH)
            .unwrap_or(&self.key_hash)
    }

    /// The live sessions of `owner`, the newest first.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn for_owner(db: &Database, owner: &str) -> Result<Vec<Self>, db::Error> {
        let live = Self::query()
            .filter("owner", owner)
            .gt("expires_at", Utc::now());
        live.order("-created_at").all(db).await
    }

    /// Ends all sessions of `owner`, and returns how many there were.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn end_all(db: &Database, owner: &str) -> Result<u64, db::Error> {
        Self::query().filter("owner", owner).delete(db).await
    }

    /// Ends all sessions of `owner` but `current`, and returns how many there were.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn end_others(
        db: &Database,
        owner: &str,
        current: &SessionStore,
    ) -> Result<u64, db::Error> {
        let all = Self::query().filter("owner", owner);
        let others = match current.model_instance() {
            Some(session) => all.ne("id", session.id),
            None => all,
        };
        others.delete(db).await
    }
}

impl Model for Session {
    const NAME: &'static str = "Session";
    const TABLE: &'static str = "plainsessions_session";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("key_hash"),
        Field::json("session_data"),
        Field::time("created_at"),
        Field::time("expires_at"),
        Field::text("owner").nullable(),
    ];
}

/// Reads what it can: a row that someone else damaged is an empty session, not an error.
impl<'r, R> sqlx::FromRow<'r, R> for Session
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    StoredTime: Decode<'r, R::Database> + Type<R::Database>,
    Json<Map<String, Value>>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let data: Option<Json<Map<String, Value>>> = row.try_get("session_data").ok();
        // Both databases hold dates that could not be written back.
        let writable = |date: &DateTime<Utc>| (0..=9999).contains(&date.year());
        let time = |column| row.try_get(column).ok().map(|StoredTime(time)| time);
        let created_at = time("created_at").filter(writable);
        let expires_at = time("expires_at").filter(writable);
        let whole = data.is_some() && created_at.is_some() && expires_at.is_some();
        let owner: Option<Option<String>> = row.try_get("owner").ok();
        let now = Utc::now();
        Ok(Self {
            id: row.try_get("id")?,
            key_hash: row.try_get("key_hash")?,
            session_data: data
                .filter(|_| whole)
                .map(|data| data.0)
                .unwrap_or_default(),
            created_at: created_at.unwrap_or(now),
            expires_at: expires_at.unwrap_or(now),
            owner: owner.flatten().filter(|_| whole),
            condition: if whole {
                Condition::Whole
            } else {
                Condition::Unreadable
            },
        })
    }
}
