//! Which statements a piece of work costs.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::meters::METERS;
use crate::costs;

tokio::task_local! {
    static LOG: RefCell<Vec<Statement>>;
}

/// A statement that was sent to the database.
///
/// BEGIN, COMMIT and ROLLBACK are not among them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Statement {
    /// The statement, with its placeholders.
    pub sql: String,
    /// How long it took, with the wait for a connection.
    pub elapsed: Duration,
    /// How many rows it returned or changed; `None` where it failed.
    pub rows: Option<u64>,
}

/// Runs `work` and also returns the statements that it sent, in order.
///
/// What `work` hands to other tasks is not seen, but for [batches](super::Database::batched): a
/// statement of one counts for all that it was done for. An observation inside an observation is part of
/// both.
///
/// ```
/// # use plain::db::{Create, ConnectOptions, Database, observe};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let db = Database::connect(ConnectOptions::sqlite_file(folder.path().join("db"))).await?;
/// let (answer, statements) = observe(db.query("SELECT 1 + $1").bind(1).scalar::<i64>()).await;
/// assert_eq!(answer?, 2);
/// assert_eq!(statements.len(), 1);
/// assert_eq!(statements[0].sql, "SELECT 1 + $1");
/// # Ok(())
/// # }
/// ```
pub async fn observe<F: Future>(work: F) -> (F::Output, Vec<Statement>) {
    let scope = LOG.scope(RefCell::default(), async {
        let output = work.await;
        (output, LOG.with(RefCell::take))
    });
    let (output, statements) = scope.await;
    // Fails where nobody else observes, and then there is nobody to tell.
    let _ = LOG.try_with(|outer| outer.borrow_mut().extend(statements.iter().cloned()));
    (output, statements)
}

/// Whether somebody observes.
pub(super) fn is_observed() -> bool {
    LOG.try_with(|_| ()).is_ok()
}

/// Tells who observes of `statements` that another task sent for this one.
pub(super) fn tell(statements: &[Statement]) {
    // Fails where nobody observes.
    let _ = LOG.try_with(|log| log.borrow_mut().extend_from_slice(statements));
}

/// The statements that the observed work has sent until now; none where nobody observes.
pub(crate) fn so_far() -> Vec<Statement> {
    LOG.try_with(|log| log.borrow().clone()).unwrap_or_default()
}

/// The clock of one statement.
pub(super) struct Timer {
    started: Instant,
    /// What its request had waited for connections before.
    waited: Duration,
}

/// The clock of a begin or a commit, which are statements of nobody's.
pub(super) struct Aside(Instant);

impl Aside {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        costs::add_aside(costs::DATABASE, self.0.elapsed());
    }
}

impl Timer {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            waited: costs::spent(costs::WAITING),
        }
    }

    /// Tells who observes, and the log at the level "debug", that `sql` was answered.
    pub(super) fn finish(self, sql: &str, rows: Option<u64>) {
        let elapsed = self.started.elapsed();
        let waited = costs::spent(costs::WAITING).saturating_sub(self.waited);
        self.note(sql, rows, elapsed.saturating_sub(waited), waited);
        tracing::debug!(target: "plain::db", sql, rows, ?elapsed, "statement");
        // Fails where nobody observes.
        let _ = LOG.try_with(|log| {
            log.borrow_mut().push(Statement {
                sql: sql.to_owned(),
                elapsed,
                rows,
            });
        });
    }

    /// Notes what the statement cost, and shows it in the log if it was slow.
    fn note(&self, sql: &str, rows: Option<u64>, time: Duration, waited: Duration) {
        costs::add(costs::DATABASE, time);
        METERS.statements.observe(time);
        if rows.is_none() {
            METERS.failed.increment();
        }
        if costs::is_slow_query(time) {
            tracing::warn!(
                target: "plain::slow",
                sql,
                rows,
                duration_ms = costs::milliseconds(time),
                waited_ms = costs::milliseconds(waited),
                "a statement was slow"
            );
        }
    }
}
