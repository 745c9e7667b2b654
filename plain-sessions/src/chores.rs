//! `plain.sessions.chores.ClearExpired`: deletes the sessions that are over, and sets right those that
//! a wrong clock wrote.

use std::time::{Duration, Instant};

use chrono::{SubsecRound, TimeDelta, Utc};
use plain::chores::{Chore, progress};
use plain::db::{self, Database, Model};
use plain::http::Result;
use plain::services::Services;

use crate::models::Session;
use crate::settings::SessionSettings;

/// The name under which `plain chores run` knows it.
pub const NAME: &str = "plain.sessions.chores.ClearExpired";

/// Deletes expired sessions, in small batches, so that visitors wait for none of them.
#[derive(Clone, Copy, Debug)]
pub struct ClearExpired;

/// Rows that are looked for at once.
const SOUGHT: usize = 1_000;

/// Rows that one statement deletes: SQLite has one writer, and visitors wait for it meanwhile.
const TOGETHER: usize = 25;

/// How many times as long as a statement the pause after it is.
const PAUSE: u32 = 2;

/// After so many statements what they wrote is moved out of SQLite's write-ahead log, lest the commit of
/// a visitor has to do it.
const MOVED: usize = 4;

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
    let query = "SELECT id FROM plainsessions_session WHERE expires_at <= $1 \
                 ORDER BY expires_at LIMIT $2";
    let (mut deleted, mut pause) = (0, Duration::ZERO);
    loop {
        // Apart from the deletion, so that looking for them keeps no writer waiting: PostgreSQL goes
        // through all that it has deleted and not cleaned up yet.
        let query = db.query(query).bind(now).bind(SOUGHT as i64);
        let over: Vec<(i64,)> = query.fetch_all().await?;
        for (number, rows) in over.chunks(TOGETHER).enumerate() {
            // The greater share is the visitors', also where this is another process than their server.
            tokio::time::sleep(pause).await;
            let begun = Instant::now();
            let ids = rows.iter().map(|&(id,)| id);
            // Some were renewed since, where a clock is behind.
            let batch = Session::query().in_list("id", ids).lte("expires_at", now);
            deleted += batch.delete(db).await?;
            progress(format_args!("{deleted} expired sessions deleted"));
            pause = begun.elapsed() * PAUSE;
            if number % MOVED == 0 {
                db.checkpoint().await?;
            }
        }
        if over.len() < SOUGHT {
            return Ok(deleted);
        }
    }
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
            .bind(SOUGHT as i64)
            .fetch_all()
            .await?;
        let is_last = odd.len() < SOUGHT;
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
        if is_last {
            return Ok(changed);
        }
    }
}
