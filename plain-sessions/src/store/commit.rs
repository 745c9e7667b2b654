//! Loading a session's row, and carrying out what a request recorded: once, in one transaction.
//!
//! A row that another request ended, or whose key it changed, is never brought back: every write
//! names the key that this request loaded, and a session is only inserted under a new key.
//!
//! Requests that load or commit at the same time are served together ([`Batch`]). A change to a row
//! that is as it was loaded is one statement ([`swap`]). All else is what [`alone`] does for one
//! request; [`together`] does the same for many with as many statements as for one. All of them leave
//! the database, and answer, as if one request had come after the other.

mod alone;
mod lookup;
mod swap;
mod together;
mod writing;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use plain::db::{self, Access, Batch, Database, Transaction};

use super::Data;
use super::state::{Plan, Row, Save};
use crate::error::SessionError;
use crate::key::{Key, UnverifiedKey};
use crate::models::{Condition, Session};
use crate::settings::SessionSettings;
use lookup::Lookup;
use swap::{Swap, Swaps};

/// How much of what was recorded is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    /// Only the end of a session: the request failed, and signing out is never undone.
    FlushOnly,
}

/// What became of the session.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Nothing had to be written.
    Unchanged,
    /// It is in the database as this row, under this key.
    Saved(Arc<Row>),
    /// It is over.
    Removed,
    /// Another request or an administrator ended it, or changed its key, meanwhile.
    Vanished,
}

impl Outcome {
    fn saved(key: Key, session: Session) -> Self {
        Self::Saved(Arc::new(Row { key, session }))
    }
}

/// How many new keys are tried before giving up. Even a second one is never needed while the
/// operating system's generator works.
const MOST_TRIES: usize = 8;

/// The columns that a [`Session`] is read from.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, key_hash, session_data, created_at, expires_at, owner \
             FROM plainsessions_session WHERE ",
            $rest
        )
    };
}
use select;

/// The time now, as precise as both databases store it.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Looks up the live row of `key`.
pub(crate) async fn load(
    db: &Database,
    settings: &SessionSettings,
    key: UnverifiedKey,
) -> Result<Option<Arc<Row>>, SessionError> {
    let found = db.batched::<Lookup>(key.hash()).await?;
    let now = now();
    let Some(session) = found.filter(|session| is_live(session, settings, now)) else {
        return Ok(None);
    };
    let row = Row {
        key: key.confirmed(),
        session,
    };
    if !row.is_readable() {
        tracing::warn!(
            session = row.session.fingerprint(),
            "the stored session can't be read and counts as empty; the next change replaces it"
        );
    }
    Ok(Some(Arc::new(row)))
}

/// What a request wants to have carried out.
struct Commit {
    plan: Plan,
    settings: Arc<SessionSettings>,
    new_key: Box<NewKey>,
}

/// A source of new keys.
type NewKey = dyn Fn() -> Key + Send + Sync;

/// Commits of several requests, in one transaction.
struct Commits;

impl Batch for Commits {
    type Entry = Arc<Commit>;
    /// `None` if the new key that it needs is in use; an error is of this request only, and nothing
    /// of it was carried out.
    type Answer = Result<Option<Outcome>, SessionError>;
    const ACCESS: Access = Access::Write;

    async fn run(
        work: &mut Transaction,
        commits: &[Arc<Commit>],
    ) -> Result<Vec<Self::Answer>, db::Error> {
        let [commit] = commits else {
            return together::run(work, commits).await;
        };
        match alone::run(work, commit).await {
            Err(SessionError::Database(error)) => Err(error),
            answer => Ok(vec![answer]),
        }
    }
}

/// Carries out `plan`.
pub(crate) async fn execute(
    db: &Database,
    settings: &Arc<SessionSettings>,
    plan: Plan,
) -> Result<Outcome, SessionError> {
    execute_with(db, settings, plan, Key::generate).await
}

/// Carries out `plan`, with new keys from `new_key`.
async fn execute_with(
    db: &Database,
    settings: &Arc<SessionSettings>,
    plan: Plan,
    new_key: impl Fn() -> Key + Send + Sync + 'static,
) -> Result<Outcome, SessionError> {
    match &plan.save {
        Save::Nothing if plan.flushed.is_none() => return Ok(Outcome::Unchanged),
        Save::Keep(row) if !is_due(row, settings) => return Ok(Outcome::Unchanged),
        _ => {}
    }
    if let Some(swap) = Swap::of(&plan, settings)
        && db.batched::<Swaps>(swap.clone()).await?
    {
        return Ok(Outcome::Saved(swap.new));
    }
    let commit = Arc::new(Commit {
        plan,
        settings: Arc::clone(settings),
        new_key: Box::new(new_key),
    });
    let mut tries = 1;
    let outcome = loop {
        match db.batched::<Commits>(Arc::clone(&commit)).await?? {
            Some(outcome) => break outcome,
            None if tries == MOST_TRIES => return Err(SessionError::NoUnusedKey(MOST_TRIES)),
            None => tries += 1,
        }
    };
    if let (Outcome::Vanished, Some(row)) = (&outcome, commit.plan.save.row()) {
        tracing::info!(
            session = row.session.fingerprint(),
            "the session ended or changed its key while a request used it; its changes are dropped"
        );
    }
    Ok(outcome)
}

/// Whether the settings ask to renew a session that was only looked at.
fn is_due(row: &Row, settings: &SessionSettings) -> bool {
    let expires_at = settings.expires_at(row.session.created_at, now());
    // Both ends were reckoned from a save, so their distance is the time since the last one.
    let since_saved = expires_at - row.session.expires_at;
    let due = settings
        .touch_interval()
        .is_some_and(|interval| since_saved >= interval);
    row.is_readable() && (due || settings.session_save_every_request)
}

/// A session that is not stored yet, under a new key.
fn fresh(
    settings: &SessionSettings,
    data: &Data,
    owner: Option<&str>,
    new_key: &NewKey,
) -> (Key, Session) {
    let (key, now) = (new_key(), now());
    let session = Session {
        id: 0,
        key_hash: key.hash().as_str().to_owned(),
        session_data: data.clone(),
        created_at: now,
        expires_at: settings.expires_at(now, now),
        owner: owner.map(str::to_owned),
        condition: Condition::Whole,
    };
    (key, session)
}

/// Told here and not in SQL, where a date that can't be read would look like one that has passed.
fn is_live(session: &Session, settings: &SessionSettings, now: DateTime<Utc>) -> bool {
    let too_old = settings
        .max_age()
        .is_some_and(|max_age| session.created_at <= now - max_age);
    session.condition == Condition::Unreadable || (session.expires_at > now && !too_old)
}

#[cfg(test)]
mod tests;
