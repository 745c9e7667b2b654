//! What several requests want to have carried out, by as many statements as one needs.
//!
//! The rows that they are about are read and locked by one statement, in one order, lest two
//! processes wait for each other. Then each request does its part, in the order in which it came, to
//! the rows in memory; and what became of them is written by a statement each for the rows that end,
//! change, change their key and begin.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use plain::db::{Error, Kind, Transaction, Unavailable, Value};
use serde::Serialize;

use super::writing::Writing;
use super::{Commit, Outcome, fresh, is_live, now, select};
use crate::error::SessionError;
use crate::models::{Condition, Session};
use crate::settings::SessionSettings;
use crate::store::state::{Row, RowChange, Save};

type Answer = Result<Option<Outcome>, SessionError>;

/// Carries out `commits`.
pub(super) async fn run(
    work: &mut Transaction,
    commits: &[Arc<Commit>],
) -> Result<Vec<Answer>, Error> {
    let mut table = Table::read(work, commits).await?;
    let places = commits.iter().enumerate();
    let answers = places
        .map(|(place, commit)| table.carry_out(place, commit))
        .collect();
    table.write(work, answers).await
}

/// The rows that a batch is about.
struct Table {
    now: DateTime<Utc>,
    rows: Vec<Stored>,
    /// Where in `rows` the row of a key is.
    by_key: HashMap<String, usize>,
    by_id: HashMap<i64, usize>,
    /// The new sessions, with the place of the request whose each is.
    new: Vec<(usize, Session)>,
}

/// A row.
struct Stored {
    session: Session,
    fate: Fate,
}

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Untouched,
    Changed,
    /// Changed, and under a new key.
    Rekeyed,
    Ended,
}

impl Table {
    /// Reads and locks the rows.
    async fn read(work: &mut Transaction, commits: &[Arc<Commit>]) -> Result<Self, Error> {
        let keys = commits.iter().filter_map(|it| it.plan.save.row());
        let keys: Vec<_> = keys.map(|row| &*row.session.key_hash).collect();
        let ids = commits.iter().filter_map(|it| it.plan.flushed.as_ref());
        let ids: Vec<_> = ids.map(|row| row.session.id).collect();
        let sql = match (work.kind(), ids.is_empty()) {
            (Kind::Sqlite, true) => select!("key_hash IN (SELECT value FROM json_each($1))"),
            (Kind::Sqlite, false) => select!(
                "key_hash IN (SELECT value FROM json_each($1)) \
                 OR id IN (SELECT value FROM json_each($2))"
            ),
            (Kind::Postgres, true) => select!(
                "key_hash = ANY (ARRAY (SELECT jsonb_array_elements_text($1))) \
                 ORDER BY id FOR UPDATE"
            ),
            (Kind::Postgres, false) => select!(
                "key_hash = ANY (ARRAY (SELECT jsonb_array_elements_text($1))) \
                 OR id = ANY (ARRAY (SELECT CAST(jsonb_array_elements_text($2) AS BIGINT))) \
                 ORDER BY id FOR UPDATE"
            ),
        };
        let sessions: Vec<Session> = match (keys.is_empty(), ids.is_empty()) {
            (true, true) => Vec::new(),
            (_, true) => work.query(sql).bind(json(&keys)).fetch_all().await?,
            _ => {
                let query = work.query(sql).bind(json(&keys)).bind(json(&ids));
                query.fetch_all().await?
            }
        };
        // What of a damaged row can be relied on is known to the statements of one request.
        if sessions.iter().any(|it| it.condition != Condition::Whole) {
            return Err(one_by_one("a row can't be read"));
        }
        let places = || sessions.iter().enumerate();
        let by_key = places().map(|(place, it)| (it.key_hash.clone(), place));
        let by_id = places().map(|(place, it)| (it.id, place));
        Ok(Self {
            now: now(),
            by_key: by_key.collect(),
            by_id: by_id.collect(),
            rows: sessions.into_iter().map(Stored::new).collect(),
            new: Vec::new(),
        })
    }

    /// Does the part of the request at `request` in the batch.
    fn carry_out(&mut self, request: usize, commit: &Commit) -> Answer {
        let (plan, settings) = (&commit.plan, &*commit.settings);
        if let Some(flushed) = &plan.flushed {
            self.flush(flushed);
        }
        let outcome = match &plan.save {
            Save::Nothing if plan.flushed.is_none() => Outcome::Unchanged,
            Save::Nothing => Outcome::Removed,
            Save::Keep(row) => self.keep(row, settings),
            Save::Change(change) => self.change(change, commit)?,
            Save::Insert { data, owner } => {
                let owner = owner.as_deref();
                let (key, session) = fresh(settings, data, owner, &*commit.new_key);
                self.new.push((request, session.clone()));
                Outcome::saved(key, session)
            }
        };
        Ok(Some(outcome))
    }

    fn flush(&mut self, flushed: &Row) {
        let Some(&place) = self.by_id.get(&flushed.session.id) else {
            return;
        };
        let session = &self.rows[place].session;
        let is_same = session.key_hash == flushed.session.key_hash
            || session.created_at == flushed.session.created_at;
        if is_same {
            self.end(place);
        }
    }

    fn keep(&mut self, row: &Row, settings: &SessionSettings) -> Outcome {
        let place = self.by_key.get(&row.session.key_hash).copied();
        let Some(place) = place.filter(|place| self.rows[*place].session.expires_at > self.now)
        else {
            return Outcome::Vanished;
        };
        let mut row = Row::clone(row);
        row.session.expires_at = settings.expires_at(row.session.created_at, self.now);
        let stored = &mut self.rows[place];
        stored.session.expires_at = row.session.expires_at;
        stored.becomes(Fate::Changed);
        Outcome::Saved(row.into())
    }

    fn change(&mut self, change: &RowChange, commit: &Commit) -> Result<Outcome, SessionError> {
        let (now, loaded) = (self.now, &change.row.session);
        let Some(&place) = self.by_key.get(&loaded.key_hash) else {
            return Ok(Outcome::Vanished);
        };
        let stored = &mut self.rows[place];
        let session = &mut stored.session;
        let is_as_loaded =
            session.session_data == loaded.session_data && session.owner == loaded.owner;
        if change.leaves_nothing
            && change.row.is_readable()
            && is_as_loaded
            && session.expires_at > now
        {
            self.end(place);
            return Ok(Outcome::Removed);
        }
        if !is_live(session, &commit.settings, now) {
            return Ok(Outcome::Vanished);
        }
        let before = change.may_fail().then(|| session.clone());
        if let Err(error) = change.apply(session) {
            if let Some(before) = before {
                *session = before;
            }
            return Err(error);
        }
        if session.session_data.is_empty() && session.owner.is_none() {
            self.end(place);
            return Ok(Outcome::Removed);
        }
        session.expires_at = commit.settings.expires_at(session.created_at, now);
        if !change.rotate {
            stored.becomes(Fate::Changed);
            return Ok(Outcome::saved(
                change.row.key.clone(),
                stored.session.clone(),
            ));
        }
        let key = (commit.new_key)();
        let new = key.hash().as_str().to_owned();
        let old = std::mem::replace(&mut session.key_hash, new.clone());
        stored.becomes(Fate::Rekeyed);
        let session = stored.session.clone();
        self.by_key.remove(&old);
        self.by_key.insert(new, place);
        Ok(Outcome::saved(key, session))
    }

    fn end(&mut self, place: usize) {
        let stored = &mut self.rows[place];
        stored.fate = Fate::Ended;
        self.by_key.remove(&stored.session.key_hash);
        self.by_id.remove(&stored.session.id);
    }

    /// Writes what became of the rows, and tells the requests the numbers of the new ones.
    async fn write(
        self,
        work: &mut Transaction,
        mut answers: Vec<Answer>,
    ) -> Result<Vec<Answer>, Error> {
        let kind = work.kind();
        let of = |fate| -> Vec<_> {
            let rows = self.rows.iter().filter(|row| row.fate == fate);
            rows.map(|row| &row.session).collect()
        };
        let new: Vec<_> = self.new.iter().map(|(_, session)| session).collect();
        let writings = [
            Writing::deletion(kind, &of(Fate::Ended)),
            Writing::update(kind, &of(Fate::Changed)),
            Writing::rekeying(kind, &of(Fate::Rekeyed)),
        ];
        let insertion = Writing::insertion(kind, &new);
        let mut left = writings.iter().flatten().count();
        for writing in writings.into_iter().flatten() {
            left -= 1;
            let is_last = left == 0 && insertion.is_none();
            writing.query(work, is_last).execute().await?;
        }
        let Some(insertion) = insertion else {
            return Ok(answers);
        };
        let rows: Vec<(i64, String)> = insertion.query(work, true).fetch_all().await?;
        let numbers = rows.into_iter().map(|(id, key_hash)| (key_hash, id));
        let numbers: HashMap<_, _> = numbers.collect();
        for (request, session) in &self.new {
            if let (Some(Ok(Some(Outcome::Saved(row)))), Some(id)) =
                (answers.get_mut(*request), numbers.get(&session.key_hash))
            {
                Arc::make_mut(row).session.id = *id;
            }
        }
        Ok(answers)
    }
}

impl Stored {
    fn new(session: Session) -> Self {
        Self {
            session,
            fate: Fate::Untouched,
        }
    }

    /// A row that is under a new key already stays so.
    fn becomes(&mut self, fate: Fate) {
        if self.fate != Fate::Rekeyed {
            self.fate = fate;
        }
    }
}

/// Has the batcher do each request alone.
fn one_by_one(reason: &str) -> Error {
    let message = reason.to_owned();
    Unavailable::Conflict { message }.into()
}

fn json(values: &impl Serialize) -> Value {
    let text = serde_json::to_string(values);
    Value::JsonText(text.expect("values of JSON are JSON"))
}
