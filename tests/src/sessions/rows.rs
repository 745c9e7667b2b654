//! The session table, as it is.

use chrono::{DateTime, TimeDelta, Utc};
use plain::db::Database;
use serde_json::Value;

use super::Site;

/// A row of the session table.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRow {
    /// The number.
    pub id: i64,
    /// The hash of the key.
    pub key_hash: String,
    /// The data, as its text is.
    pub data: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Whose it is.
    pub owner: Option<String>,
}

impl StoredRow {
    /// The data, as JSON.
    pub fn values(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }

    /// How long it lived between its creation and its end.
    pub fn lifetime(&self) -> TimeDelta {
        self.expires_at - self.created_at
    }
}

type Columns = (
    i64,
    String,
    String,
    DateTime<Utc>,
    DateTime<Utc>,
    Option<String>,
);

impl Site {
    /// All rows, the oldest first.
    pub async fn rows(&self) -> Vec<StoredRow> {
        all(self.db()).await
    }

    /// The only row.
    pub async fn row(&self) -> StoredRow {
        let mut rows = self.rows().await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// How many rows there are.
    pub async fn count(&self) -> i64 {
        let count = self
            .db()
            .query("SELECT COUNT(*) FROM plainsessions_session");
        count.scalar().await.unwrap()
    }

    /// Makes all sessions older by `time`: as if all that happened had happened earlier.
    pub async fn age(&self, time: TimeDelta) {
        for row in self.rows().await {
            let update = "UPDATE plainsessions_session SET created_at = $1, expires_at = $2 \
                          WHERE id = $3";
            let update = self.db().query(update);
            let update = update
                .bind(row.created_at - time)
                .bind(row.expires_at - time);
            update.bind(row.id).execute().await.unwrap();
        }
    }

    /// Makes all sessions end a second ago.
    pub async fn expire(&self) {
        let update = "UPDATE plainsessions_session SET expires_at = $1";
        let a_second_ago = Utc::now() - TimeDelta::seconds(1);
        let update = self.db().query(update).bind(a_second_ago);
        update.execute().await.unwrap();
    }

    /// Sends one statement to the database, for its effect.
    pub async fn sql(&self, sql: &'static str) {
        self.db().query(sql).execute().await.unwrap();
    }
}

async fn all(db: &Database) -> Vec<StoredRow> {
    let select = "SELECT id, key_hash, CAST(session_data AS TEXT), created_at, expires_at, owner \
                  FROM plainsessions_session ORDER BY id";
    let rows: Vec<Columns> = db.query(select).fetch_all().await.unwrap();
    rows.into_iter()
        .map(
            |(id, key_hash, data, created_at, expires_at, owner)| StoredRow {
                id,
                key_hash,
                data,
                created_at,
                expires_at,
                owner,
            },
        )
        .collect()
}
