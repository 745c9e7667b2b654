//! Loading a session's row, and carrying out what a request recorded: once, in one transaction.
//!
//! A row that another request ended, or whose key it changed, is never brought back: every write
//! names the key that this request loaded, and a session is only inserted under a new key.

use chrono::{DateTime, SubsecRound, Utc};
use plain::db::{self, Database, Kind, Transaction, Value};

use super::Data;
use super::state::{Plan, Row, RowChange, Save};
use crate::error::SessionError;
use crate::key::{Key, KeyHash, UnverifiedKey};
use crate::models::{Condition, Session};
use crate::settings::SessionSettings;

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
    Saved(Row),
    /// It is over.
    Removed,
    /// Another request or an administrator ended it, or changed its key, meanwhile.
    Vanished,
}

macro_rules! find {
    () => {
        "SELECT id, key_hash, session_data, created_at, expires_at, owner \
         FROM plainsessions_session WHERE key_hash = $1"
    };
}

const FIND: &str = find!();

/// How many new keys are tried before giving up. Even a second one is never needed while the
/// operating system's generator works.
const MOST_TRIES: usize = 8;

/// The time now, as precise as both databases store it.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Looks up the live row of `key`.
pub(crate) async fn load(
    db: &Database,
    settings: &SessionSettings,
    key: UnverifiedKey,
) -> Result<Option<Row>, SessionError> {
    let Some(session) = find(db.query(FIND), settings, &key.hash()).await? else {
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
    Ok(Some(row))
}

/// Carries out `plan`.
pub(crate) async fn execute(
    db: &Database,
    settings: &SessionSettings,
    plan: Plan,
) -> Result<Outcome, SessionError> {
    execute_with(db, settings, plan, Key::generate).await
}

/// Carries out `plan`, with new keys from `new_key`.
async fn execute_with(
    db: &Database,
    settings: &SessionSettings,
    plan: Plan,
    new_key: impl Fn() -> Key,
) -> Result<Outcome, SessionError> {
    match (plan.flushed, plan.save) {
        (None, Save::Nothing) => Ok(Outcome::Unchanged),
        (None, Save::Keep(row)) => keep(db, settings, row).await,
        (None, Save::Insert { data, owner }) => {
            insert(Target::Database(db), settings, data, owner, new_key).await
        }
        (None, Save::Change(change)) => save(db, settings, change, new_key).await,
        (Some(flushed), Save::Insert { data, owner }) => {
            let mut transaction = db.begin().await?;
            delete(transaction.query(DELETE), &flushed).await?;
            let target = Target::Transaction(&mut transaction);
            let outcome = insert(target, settings, data, owner, new_key).await?;
            transaction.commit().await?;
            Ok(outcome)
        }
        // What is set after a flush has no row, so nothing but an insert can follow one.
        (Some(flushed), _) => {
            delete(db.query(DELETE), &flushed).await?;
            Ok(Outcome::Removed)
        }
    }
}

/// Renews a session that was only looked at, where the settings ask for it.
async fn keep(
    db: &Database,
    settings: &SessionSettings,
    mut row: Row,
) -> Result<Outcome, SessionError> {
    let now = now();
    let expires_at = settings.expires_at(row.session.created_at, now);
    // Both ends were reckoned from a save, so their distance is the time since the last one.
    let since_saved = expires_at - row.session.expires_at;
    let due = settings
        .touch_interval()
        .is_some_and(|interval| since_saved >= interval);
    if !row.is_readable() || !(due || settings.session_save_every_request) {
        return Ok(Outcome::Unchanged);
    }
    let touch = db
        .query(TOUCH)
        .bind(expires_at)
        .bind(&row.key.hash())
        .bind(now);
    if touch.execute().await? == 0 {
        return Ok(vanished(&row.key));
    }
    row.session.expires_at = expires_at;
    Ok(Outcome::Saved(row))
}

/// Applies the changes to the row as it now is.
async fn save(
    db: &Database,
    settings: &SessionSettings,
    change: RowChange,
    new_key: impl Fn() -> Key,
) -> Result<Outcome, SessionError> {
    if change.leaves_nothing && remove_unchanged(db, &change.row).await? {
        return Ok(Outcome::Removed);
    }
    let find_and_lock = match db.kind() {
        Kind::Postgres => concat!(find!(), " FOR UPDATE"),
        // The transaction holds SQLite's one writer from its beginning.
        Kind::Sqlite => FIND,
    };
    let hash = change.row.key.hash();
    let mut transaction = db.begin().await?;
    let query = transaction.query(find_and_lock);
    let Some(mut session) = find(query, settings, &hash).await? else {
        return Ok(vanished(&change.row.key));
    };
    for recorded in &change.changes {
        recorded.apply(&mut session.session_data)?;
    }
    session.owner = change.owner.unwrap_or(session.owner);
    let outcome = if session.session_data.is_empty() && session.owner.is_none() {
        transaction
            .query("DELETE FROM plainsessions_session WHERE id = $1")
            .bind(session.id)
            .execute()
            .await?;
        Outcome::Removed
    } else {
        session.condition = Condition::Whole;
        session.expires_at = settings.expires_at(session.created_at, now());
        let new_key = change.rotate.then_some(new_key);
        let key = write(&mut transaction, &mut session, change.row.key, new_key).await?;
        Outcome::Saved(Row { key, session })
    };
    transaction.commit().await?;
    Ok(outcome)
}

/// Deletes the row of a session in which nothing is left, if it lives and nobody changed it since it
/// was loaded.
async fn remove_unchanged(db: &Database, row: &Row) -> Result<bool, SessionError> {
    if !row.is_readable() {
        return Ok(false);
    }
    let delete = db
        .query(
            "DELETE FROM plainsessions_session WHERE key_hash = $1 AND session_data = $2 \
             AND owner IS NOT DISTINCT FROM $3 AND expires_at > $4",
        )
        .bind(&row.key.hash())
        .bind(json(&row.session.session_data))
        .bind(row.session.owner.clone())
        .bind(now());
    Ok(delete.execute().await? > 0)
}

/// Writes the row, under a new key where there is to be one, and returns its key.
async fn write(
    transaction: &mut Transaction,
    session: &mut Session,
    key: Key,
    new_key: Option<impl Fn() -> Key>,
) -> Result<Key, SessionError> {
    let Some(new_key) = new_key else {
        let update = transaction.query(
            "UPDATE plainsessions_session SET session_data = $1, created_at = $2, expires_at = $3, \
             owner = $4 WHERE id = $5",
        );
        bind_row(update, session).bind(session.id).execute().await?;
        return Ok(key);
    };
    for _ in 0..MOST_TRIES {
        let key = new_key();
        let hash = key.hash();
        let update = transaction.query(
            "UPDATE plainsessions_session SET session_data = $1, created_at = $2, expires_at = $3, \
             owner = $4, key_hash = $6 WHERE id = $5 \
             AND NOT EXISTS (SELECT 1 FROM plainsessions_session WHERE key_hash = $6)",
        );
        let update = bind_row(update, session).bind(session.id).bind(&hash);
        if update.execute().await? == 1 {
            session.key_hash = hash.as_str().to_owned();
            return Ok(key);
        }
    }
    Err(SessionError::NoUnusedKey(MOST_TRIES))
}

fn bind_row<'a>(query: db::Query<'a>, session: &Session) -> db::Query<'a> {
    query
        .bind(json(&session.session_data))
        .bind(session.created_at)
        .bind(session.expires_at)
        .bind(session.owner.clone())
}

/// What a statement is sent to.
enum Target<'a> {
    Database(&'a Database),
    Transaction(&'a mut Transaction),
}

impl Target<'_> {
    fn query(&mut self, sql: &'static str) -> db::Query<'_> {
        match self {
            Self::Database(db) => db.query(sql),
            Self::Transaction(transaction) => transaction.query(sql),
        }
    }
}

/// Inserts a new session; a key that is in use is tried again with another.
async fn insert(
    mut target: Target<'_>,
    settings: &SessionSettings,
    data: Data,
    owner: Option<String>,
    new_key: impl Fn() -> Key,
) -> Result<Outcome, SessionError> {
    let now = now();
    let mut session = Session {
        id: 0,
        key_hash: String::new(),
        session_data: data,
        created_at: now,
        expires_at: settings.expires_at(now, now),
        owner,
        condition: Condition::Whole,
    };
    for _ in 0..MOST_TRIES {
        let key = new_key();
        let hash = key.hash();
        let insert = target.query(
            "INSERT INTO plainsessions_session \
             (session_data, created_at, expires_at, owner, key_hash) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (key_hash) DO NOTHING RETURNING id",
        );
        let inserted = bind_row(insert, &session)
            .bind(&hash)
            .fetch_optional::<(i64,)>()
            .await?;
        if let Some((id,)) = inserted {
            session.id = id;
            session.key_hash = hash.as_str().to_owned();
            return Ok(Outcome::Saved(Row { key, session }));
        }
    }
    Err(SessionError::NoUnusedKey(MOST_TRIES))
}

/// The row of a session that is flushed, also where its key was changed meanwhile: whoever signs
/// out is signed out. The second condition tells the row from a later one under its number.
const DELETE: &str = "DELETE FROM plainsessions_session WHERE id = $1 \
                      AND (key_hash = $2 OR created_at = $3)";

async fn delete(query: db::Query<'_>, row: &Row) -> Result<(), SessionError> {
    let query = query
        .bind(row.session.id)
        .bind(&row.key.hash())
        .bind(row.session.created_at);
    query.execute().await?;
    Ok(())
}

const TOUCH: &str = "UPDATE plainsessions_session SET expires_at = $1 \
                     WHERE key_hash = $2 AND expires_at > $3";

/// Runs a statement that finds a row by its hash; `None` if the session is over.
async fn find(
    query: db::Query<'_>,
    settings: &SessionSettings,
    hash: &KeyHash,
) -> Result<Option<Session>, SessionError> {
    let session: Option<Session> = query.bind(hash).fetch_optional().await?;
    Ok(session.filter(|session| is_live(session, settings)))
}

/// Told here and not in SQL, where a date that can't be read would look like one that has passed.
fn is_live(session: &Session, settings: &SessionSettings) -> bool {
    let now = now();
    let too_old = settings
        .max_age()
        .is_some_and(|max_age| session.created_at <= now - max_age);
    session.condition == Condition::Unreadable || (session.expires_at > now && !too_old)
}

fn json(data: &Data) -> Value {
    Value::Json(serde_json::Value::Object(data.clone()))
}

fn vanished(key: &Key) -> Outcome {
    tracing::info!(
        session = key.hash().fingerprint(),
        "the session ended or changed its key while a request used it; its changes are dropped"
    );
    Outcome::Vanished
}

#[cfg(test)]
mod tests;
