//! `plain.sessions.chores.ClearExpired`: deletes the sessions that are over.

use chrono::Utc;
use plain::chores::Chore;
use plain::db::{self, Database};
use plain::http::Result;
use plain::services::Services;

/// The name under which `plain chores run` knows it.
pub const NAME: &str = "plain.sessions.chores.ClearExpired";

/// Deletes expired sessions, in small batches, so that visitors wait for none of them.
#[derive(Clone, Copy, Debug)]
pub struct ClearExpired;

/// Rows that one statement deletes. SQLite's writer is held for a few milliseconds by as many.
const BATCH: i64 = 1_000;

impl Chore for ClearExpired {
    fn description(&self) -> &'static str {
        "Deletes expired sessions."
    }

    fn schedule(&self) -> Option<&'static str> {
        Some("17 4 * * *")
    }

    async fn run(&self, app: &Services) -> Result<String> {
        let deleted = clear_expired(app.database()?).await?;
        let sessions = if deleted == 1 { "session" } else { "sessions" };
        Ok(format!("{deleted} expired {sessions} deleted"))
    }
}

/// Deletes the sessions that were over when it began, and returns how many.
///
/// # Errors
///
/// If the database fails; what was deleted until then stays deleted.
pub async fn clear_expired(db: &Database) -> Result<u64, db::Error> {
    let now = Utc::now();
    let mut deleted = 0;
    loop {
        let batch = db
            .query(
                "DELETE FROM plainsessions_session WHERE id IN \
                 (SELECT id FROM plainsessions_session WHERE expires_at <= $1 LIMIT $2)",
            )
            .bind(now)
            .bind(BATCH);
        match batch.execute().await? {
            0 => return Ok(deleted),
            rows => deleted += rows,
        }
    }
}
