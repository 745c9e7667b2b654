//! Saving a row on condition that it is as it was loaded.
//!
//! Nearly always nobody else changed it meanwhile. What the changes make of it is then known, and one
//! statement compares and writes. Else nothing is written, and the request goes the long way.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use plain::db::{Access, Batch, Error, Transaction};

use super::writing::Writing;
use super::{is_live, now};
use crate::settings::SessionSettings;
use crate::store::state::{Plan, Row, Save};

/// A row as it was loaded, and as it is to be.
#[derive(Clone)]
pub(super) struct Swap {
    pub(super) old: Arc<Row>,
    pub(super) new: Arc<Row>,
}

impl Swap {
    /// What `plan` comes to, if it is no more than a change to a session that goes on under its key.
    pub(super) fn of(plan: &Plan, settings: &SessionSettings) -> Option<Self> {
        let (None, Save::Change(change)) = (&plan.flushed, &plan.save) else {
            return None;
        };
        let (old, now) = (&change.row, now());
        let goes_on = old.is_readable() && is_live(&old.session, settings, now);
        if !goes_on || change.rotate || change.leaves_nothing {
            return None;
        }
        let mut new = Row::clone(old);
        // What fails here may not on the row as it is by now, and it is for that to say so.
        change.apply(&mut new.session).ok()?;
        new.session.expires_at = settings.expires_at(new.session.created_at, now);
        Some(Self {
            old: Arc::clone(old),
            new: Arc::new(new),
        })
    }
}

/// Swaps of several requests, by one statement.
pub(super) struct Swaps;

impl Batch for Swaps {
    type Entry = Swap;
    /// Whether it was done.
    type Answer = bool;
    const ACCESS: Access = Access::Write;

    async fn run(work: &mut Transaction, swaps: &[Swap]) -> Result<Vec<bool>, Error> {
        // Of two about one row the first is done. In the order of their numbers, lest two processes
        // wait for each other.
        let mut rows = BTreeMap::new();
        for swap in swaps {
            rows.entry(swap.old.session.id).or_insert(swap);
        }
        let rows: Vec<_> = rows.into_values().collect();
        let Some(writing) = Writing::swap(work.kind(), &rows) else {
            return Ok(Vec::new());
        };
        let done: Vec<(i64,)> = writing.query(work, true).fetch_all().await?;
        let mut done: HashSet<_> = done.into_iter().map(|(id,)| id).collect();
        let answers = swaps.iter().map(|swap| done.remove(&swap.old.session.id));
        Ok(answers.collect())
    }
}
