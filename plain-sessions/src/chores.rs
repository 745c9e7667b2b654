//! `plain.sessions.chores.ClearExpired`: deletes the sessions that are over, and sets right those that
//! a wrong clock wrote.

use std::time::{Duration, Instant};

use chrono::{SubsecRound, TimeDelta, Utc};
use plain::chores::{Chore, progress};
use plain::db::{self, Database};
use plain::http::Result;
use plain::services::Services;

use crate::settings::SessionSettings;

/// The name under which `plain chores run` knows it.
pub const NAME: &str = "plain.sessions.chores.ClearExpired";

/// Deletes expired sessions, in small batches, so that visitors wait for none of them.
#[derive(Clone, Copy, Debug)]
pub struct ClearExpired;

/// How long one statement is to take: SQLite has one writer, and visitors wait for it meanwhile.
const HOLD: Duration = Duration::from_millis(3);

/// Rows that one statement deletes, by how long the one before it took.
const FEWEST: i64 = 50;
const MOST: i64 = 1_000;

impl Chore for ClearExpired {
    fn description(&self) -> &'static str {
        "Deletes expired sessions."
    }

    fn schedule(&self) -> Option<&'static str> {
        Some("17 4 * * *")
    }

    async fn run(&self, app: &Services) -> Result<String> {
        let db = app.database()?;
        let deleted = clear_expired(db).await?;
        let sessions = |count| if count == 1 { "session" } else { "sessions" };
        let done = format!("{deleted} expired {} deleted", sessions(deleted));
        let settings: &SessionSettings = app.settings()?;
        Ok(match set_right(db, settings).await? {
            0 => done,
            odd => format!("{done}, {odd} {} from the future set right", sessions(odd)),
        })
    }
}

/// Deletes the sessions that were over when it began, and returns how many.
///
/// # Errors
///
/// If the database fails; what was deleted until then stays deleted.
pub async fn clear_expired(db: &Database) -> Result<u64, db::Error> {
    let now = Utc::now();
    let (mut rows, mut deleted) = (FEWEST, 0);
    loop {
        let begun = Instant::now();
        let batch = db
            .query(
                "DELETE FROM plainsessions_session WHERE id IN \
                 (SELECT id FROM plainsessions_session WHERE expires_at <= $1 LIMIT $2)",
            )
            .bind(now)
            .bind(rows);
        match batch.execute().await? {
            0 => return Ok(deleted),
            more => deleted += more,
        }
        progress(format_args!("{deleted} expired sessions deleted"));
        let took = begun.elapsed();
        rows = next_batch(rows, took);
        // As long again is the visitors', also where this is another process than their server.
        tokio::time::sleep(took).await;
    }
}

/// How many rows the next statement deletes, when that for `rows` took so long.
fn next_batch(rows: i64, took: Duration) -> i64 {
    match took {
        took if took > HOLD => rows / 2,
        took if took < HOLD / 2 => rows * 2,
        _ => rows,
    }
    .clamp(FEWEST, MOST)
}

/// How much the clocks of computers that share a database may differ.
const LENIENCE: TimeDelta = TimeDelta::minutes(5);

/// Lets no session end later than one that is saved now, and none begin in the future; returns how
/// many did.
///
/// Such a row was written while a clock was wrong, or while SESSION_COOKIE_AGE was longer. Without
/// this it would live until a time that nobody meant, and SESSION_MAX_AGE would be counted from it.
async fn set_right(db: &Database, settings: &SessionSettings) -> Result<u64, db::Error> {
    let now = Utc::now().trunc_subsecs(6);
    let end = settings.expires_at(now, now);
    let mut changed = 0;
    loop {
        // Apart from the change, so that looking for them keeps no writer waiting.
        let odd: Vec<(i64,)> = db
            .query(
                "SELECT id FROM plainsessions_session \
                 WHERE created_at > $1 OR expires_at > $2 LIMIT $3",
            )
            .bind(now + LENIENCE)
            .bind(now + settings.age() + LENIENCE)
            .bind(MOST)
            .fetch_all()
            .await?;
        if odd.is_empty() {
            return Ok(changed);
        }
        for (id,) in odd {
            let change = db
                .query(
                    "UPDATE plainsessions_session SET \
                     created_at = CASE WHEN created_at > $1 THEN $1 ELSE created_at END, \
                     expires_at = CASE WHEN expires_at > $2 THEN $2 ELSE expires_at END \
                     WHERE id = $3",
                )
                .bind(now)
                .bind(end)
                .bind(id);
            changed += change.execute().await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_as_large_as_visitors_hardly_notice() {
        let after = |rows, milliseconds| next_batch(rows, Duration::from_millis(milliseconds));
        assert_eq!(
            (after(400, 1), after(400, 2), after(400, 9)),
            (800, 400, 200)
        );
        assert_eq!((after(800, 0), after(60, 100)), (MOST, FEWEST));
    }
}
