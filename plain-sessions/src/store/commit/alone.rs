//! What one request wants to have carried out, while no other waits.

use plain::db::{self, Kind, Transaction, Value};

use super::{Commit, NewKey, Outcome, fresh, is_live, now, select};
use crate::error::SessionError;
use crate::models::{Condition, Session};
use crate::settings::SessionSettings;
use crate::store::Data;
use crate::store::state::{Row, RowChange, Save};

/// Carries out `commit`; `None` if the new key that it needs is in use.
pub(super) async fn run(
    work: &mut Transaction,
    commit: &Commit,
) -> Result<Option<Outcome>, SessionError> {
    let settings = &*commit.settings;
    match (&commit.plan.flushed, &commit.plan.save) {
        (None, Save::Nothing) => Ok(Some(Outcome::Unchanged)),
        (None, Save::Keep(row)) => keep(work, settings, row).await.map(Some),
        (None, Save::Change(change)) => save(work, settings, change, &*commit.new_key).await,
        (flushed, Save::Insert { data, owner }) => {
            if let Some(flushed) = flushed {
                delete(work.query(DELETE), flushed).await?;
            }
            insert(work, settings, data, owner.as_deref(), &*commit.new_key).await
        }
        // What is set after a flush has no row, so nothing but an insert can follow one.
        (Some(flushed), _) => {
            delete(work.query_and_commit(DELETE), flushed).await?;
            Ok(Some(Outcome::Removed))
        }
    }
}

/// Renews a session that was only looked at.
async fn keep(
    work: &mut Transaction,
    settings: &SessionSettings,
    row: &Row,
) -> Result<Outcome, SessionError> {
    let now = now();
    let mut row = Row::clone(row);
    row.session.expires_at = settings.expires_at(row.session.created_at, now);
    let touch = work
        .query_and_commit(TOUCH)
        .bind(row.session.expires_at)
        .bind(&row.session.key_hash)
        .bind(now);
    Ok(match touch.execute().await? {
        0 => Outcome::Vanished,
        _ => Outcome::Saved(row.into()),
    })
}

/// Applies the changes to the row as it now is.
async fn save(
    work: &mut Transaction,
    settings: &SessionSettings,
    change: &RowChange,
    new_key: &NewKey,
) -> Result<Option<Outcome>, SessionError> {
    if change.leaves_nothing && remove_unchanged(work, &change.row).await? {
        return Ok(Some(Outcome::Removed));
    }
    let find_and_lock = match work.kind() {
        Kind::Postgres => select!("key_hash = $1 FOR UPDATE"),
        // The transaction holds SQLite's one writer from its beginning.
        Kind::Sqlite => select!("key_hash = $1"),
    };
    let query = work.query(find_and_lock).bind(&change.row.session.key_hash);
    let found: Option<Session> = query.fetch_optional().await?;
    let now = now();
    let Some(mut session) = found.filter(|session| is_live(session, settings, now)) else {
        return Ok(Some(Outcome::Vanished));
    };
    change.apply(&mut session)?;
    if session.session_data.is_empty() && session.owner.is_none() {
        let delete = work.query_and_commit("DELETE FROM plainsessions_session WHERE id = $1");
        delete.bind(session.id).execute().await?;
        return Ok(Some(Outcome::Removed));
    }
    session.condition = Condition::Whole;
    session.expires_at = settings.expires_at(session.created_at, now);
    if !change.rotate {
        let update = work.query_and_commit(
            "UPDATE plainsessions_session SET session_data = $1, created_at = $2, expires_at = $3, \
             owner = $4 WHERE id = $5",
        );
        let update = bind_row(update, &session).bind(session.id);
        update.execute().await?;
        return Ok(Some(Outcome::saved(change.row.key.clone(), session)));
    }
    let key = new_key();
    let update = work.query_and_commit(
        "UPDATE plainsessions_session SET session_data = $1, created_at = $2, expires_at = $3, \
         owner = $4, key_hash = $6 WHERE id = $5 \
         AND NOT EXISTS (SELECT 1 FROM plainsessions_session WHERE key_hash = $6)",
    );
    key.hash().as_str().clone_into(&mut session.key_hash);
    let update = bind_row(update, &session)
        .bind(session.id)
        .bind(&session.key_hash);
    let is_unused = update.execute().await? == 1;
    Ok(is_unused.then(|| Outcome::saved(key, session)))
}

/// Deletes the row of a session in which nothing is left, if it lives and nobody changed it since it
/// was loaded.
async fn remove_unchanged(work: &mut Transaction, row: &Row) -> Result<bool, SessionError> {
    if !row.is_readable() {
        return Ok(false);
    }
    let delete = work
        .query(
            "DELETE FROM plainsessions_session WHERE key_hash = $1 AND session_data = $2 \
             AND owner IS NOT DISTINCT FROM $3 AND expires_at > $4",
        )
        .bind(&row.session.key_hash)
        .bind(json(&row.session.session_data))
        .bind(row.session.owner.clone())
        .bind(now());
    Ok(delete.execute().await? > 0)
}

fn bind_row<'a>(query: db::Query<'a>, session: &Session) -> db::Query<'a> {
    query
        .bind(json(&session.session_data))
        .bind(session.created_at)
        .bind(session.expires_at)
        .bind(session.owner.clone())
}

/// Inserts a new session.
async fn insert(
    work: &mut Transaction,
    settings: &SessionSettings,
    data: &Data,
    owner: Option<&str>,
    new_key: &NewKey,
) -> Result<Option<Outcome>, SessionError> {
    let (key, mut session) = fresh(settings, data, owner, new_key);
    let insert = work.query_and_commit(
        "INSERT INTO plainsessions_session \
         (session_data, created_at, expires_at, owner, key_hash) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (key_hash) DO NOTHING RETURNING id",
    );
    let insert = bind_row(insert, &session).bind(&session.key_hash);
    let inserted: Option<(i64,)> = insert.fetch_optional().await?;
    Ok(inserted.map(|(id,)| {
        session.id = id;
        Outcome::saved(key, session)
    }))
}

/// The row of a session that is flushed, also where its key was changed meanwhile: whoever signs
/// out is signed out. The second condition tells the row from a later one under its number.
const DELETE: &str = "DELETE FROM plainsessions_session WHERE id = $1 \
                      AND (key_hash = $2 OR created_at = $3)";

async fn delete(query: db::Query<'_>, row: &Row) -> Result<(), SessionError> {
    let query = query
        .bind(row.session.id)
        .bind(&row.session.key_hash)
        .bind(row.session.created_at);
    query.execute().await?;
    Ok(())
}

const TOUCH: &str = "UPDATE plainsessions_session SET expires_at = $1 \
                     WHERE key_hash = $2 AND expires_at > $3";

fn json(data: &Data) -> Value {
    Value::JsonText(crate::json::text(data))
}
