//! What the database knows of chores: who runs which one, and how the last run ended.
//!
//! Times are this computer's, bound as values. Computers that share a database may differ by less
//! than [`LEASE`] without a chore running twice at a time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::db::{Database, Error, Sql};

/// How long a lease holds without being extended.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// How often a slot is tried whose run did not come to an end.
const ATTEMPTS: i64 = 3;

/// The longest text that is kept of a result or an error, in characters.
const TEXT: usize = 2000;

/// What is recorded of a chore.
#[derive(Debug, Clone, Serialize, crate::db::FromRow)]
#[non_exhaustive]
pub struct Record {
    /// The chore's name.
    pub name: String,
    /// The process that runs it, or whose run did not come to an end.
    pub leased_by: Option<String>,
    /// Until when that process has it, unless it says otherwise before.
    pub leased_until: Option<DateTime<Utc>>,
    /// The moment of its schedule that was last run.
    pub slot: Option<DateTime<Utc>>,
    /// When the last run began.
    pub last_started_at: Option<DateTime<Utc>>,
    /// When the last run that came to an end did so.
    pub last_finished_at: Option<DateTime<Utc>>,
    /// What that run did; none if it failed.
    pub last_result: Option<String>,
    /// Why that run failed; none if it did not.
    pub last_error: Option<String>,
}

impl Record {
    /// The process that has the chore at `time`, if one has.
    pub fn holder(&self, time: DateTime<Utc>) -> Option<&str> {
        let until = self.leased_until?;
        self.leased_by.as_deref().filter(|_| until > time)
    }

    /// What is recorded of all chores that ever ran, by name.
    ///
    /// # Errors
    ///
    /// Those of the database; [`Error::is_missing_table`] before `plain migrate`.
    pub async fn all(database: &Database) -> Result<Vec<Self>, Error> {
        database
            .query("SELECT * FROM plain_chores ORDER BY name")
            .fetch_all()
            .await
    }

    async fn find(database: &Database, name: &str) -> Result<Option<Self>, Error> {
        database
            .query("SELECT * FROM plain_chores WHERE name = $1")
            .bind(name)
            .fetch_optional()
            .await
    }
}

/// Why a chore is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Someone asked for it.
    ByHand,
    /// It is this moment of its schedule.
    Slot(DateTime<Utc>),
}

/// What came of asking for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// It is ours.
    Granted,
    /// Another process has it.
    Busy {
        holder: String,
        until: DateTime<Utc>,
    },
    /// The slot was run before.
    Settled,
}

/// The table of one database as one process uses it.
#[derive(Debug, Clone)]
pub(super) struct Records {
    pub(super) database: Database,
    /// Who this process is.
    pub(super) holder: String,
}

const CLAIM: &str = "
    INSERT INTO plain_chores (name, leased_by, leased_until, last_started_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (name) DO UPDATE
    SET leased_by = $2, leased_until = $3, last_started_at = $4
    WHERE plain_chores.leased_until IS NULL OR plain_chores.leased_until <= $4";

// A lease that ran out and is still there is of a process that vanished in the middle of its run.
const CLAIM_SLOT: &str = "
    INSERT INTO plain_chores (name, leased_by, leased_until, last_started_at, slot, attempts)
    VALUES ($1, $2, $3, $4, $5, 1)
    ON CONFLICT (name) DO UPDATE
    SET leased_by = $2, leased_until = $3, last_started_at = $4, slot = $5,
        attempts = CASE WHEN plain_chores.slot = $5 THEN plain_chores.attempts + 1 ELSE 1 END
    WHERE (plain_chores.leased_until IS NULL OR plain_chores.leased_until <= $4)
      AND (plain_chores.slot IS NULL OR plain_chores.slot < $5
           OR (plain_chores.slot = $5 AND plain_chores.leased_by IS NOT NULL
               AND plain_chores.attempts < $6))";

impl Records {
    /// Notes `slot` as run where no slot of this chore ever was, so that a chore that is new does
    /// not begin with a run that nobody missed. Returns whether it noted it.
    pub(super) async fn meet(&self, name: &str, slot: DateTime<Utc>) -> Result<bool, Error> {
        let noted = self
            .database
            .query(
                "INSERT INTO plain_chores (name, slot) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET slot = $2 WHERE plain_chores.slot IS NULL",
            )
            .bind(name)
            .bind(slot)
            .execute()
            .await?;
        Ok(noted > 0)
    }

    /// Takes the lease of a chore at `now`.
    pub(super) async fn claim(
        &self,
        name: &str,
        occasion: Occasion,
        now: DateTime<Utc>,
    ) -> Result<Claim, Error> {
        let sql = match occasion {
            Occasion::ByHand => CLAIM,
            Occasion::Slot(_) => CLAIM_SLOT,
        };
        let query = self
            .database
            .query(Sql::from(sql))
            .bind(name)
            .bind(&self.holder);
        let query = query.bind(now + LEASE).bind(now);
        let query = match occasion {
            Occasion::ByHand => query,
            Occasion::Slot(slot) => query.bind(slot).bind(ATTEMPTS),
        };
        if query.execute().await? > 0 {
            return Ok(Claim::Granted);
        }
        // Between the two statements the lease may have ended: that counts as busy once more.
        let record = Record::find(&self.database, name).await?;
        let Some(Record {
            leased_by,
            leased_until,
            slot,
            ..
        }) = record
        else {
            return Ok(Claim::Busy {
                holder: "another process".to_owned(),
                until: now,
            });
        };
        let held = leased_until.is_some_and(|until| until > now);
        match (occasion, slot) {
            (Occasion::Slot(wanted), Some(slot)) if slot >= wanted && !held => Ok(Claim::Settled),
            _ => Ok(Claim::Busy {
                holder: leased_by.unwrap_or_else(|| "another process".to_owned()),
                until: leased_until.unwrap_or(now),
            }),
        }
    }

    /// Extends the lease at `now`; false if it is no longer ours.
    pub(super) async fn extend(&self, name: &str, now: DateTime<Utc>) -> Result<bool, Error> {
        let extended = self
            .database
            .query("UPDATE plain_chores SET leased_until = $1 WHERE name = $2 AND leased_by = $3")
            .bind(now + LEASE)
            .bind(name)
            .bind(&self.holder)
            .execute()
            .await?;
        Ok(extended > 0)
    }

    /// Records how a run ended, and gives the lease back.
    pub(super) async fn finish(
        &self,
        name: &str,
        result: Result<&str, &str>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.database
            .query(
                "UPDATE plain_chores
                 SET leased_by = NULL, leased_until = NULL,
                     last_finished_at = $1, last_result = $2, last_error = $3
                 WHERE name = $4 AND leased_by = $5",
            )
            .bind(now)
            .bind(result.ok().map(storable))
            .bind(result.err().map(storable))
            .bind(name)
            .bind(&self.holder)
            .execute()
            .await?;
        Ok(())
    }

    /// Gives back every lease of this process, whose runs were broken off.
    pub(super) async fn give_up(&self, now: DateTime<Utc>) -> Result<(), Error> {
        self.database
            .query(
                "UPDATE plain_chores
                 SET leased_by = NULL, leased_until = NULL,
                     last_finished_at = $1, last_result = NULL, last_error = $2
                 WHERE leased_by = $3",
            )
            .bind(now)
            .bind("broken off, since its process was told to stop")
            .bind(&self.holder)
            .execute()
            .await?;
        Ok(())
    }
}

/// The text as both databases can hold it, cut where it is too long to be read.
fn storable(text: &str) -> String {
    text.chars()
        .take(TEXT)
        .map(|c| {
            if c == '\0' {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}
