//! Several statements that are saved together or not at all.

use std::fmt;

use sqlx::SqlStr;

use super::connection::{Leased, ScriptFailure};
use super::driver::Frame;
use super::query::{Sql, Target};
use super::{Error, Kind, Query};

/// An open transaction, made by [`Database::begin`](super::Database::begin).
///
/// What it did is saved by [`commit`](Self::commit). Dropping it takes all of it back, also where
/// that happens because a request was given up. On SQLite an open transaction holds the one writer,
/// so no other part of the process writes until it ends; keep it short.
///
/// Once a statement in it was refused by the database, both databases treat it as given up: further
/// statements and `commit` return [`Error::Aborted`]. Where a clash is a possible answer, ask with
/// `ON CONFLICT DO NOTHING`.
///
/// ```
/// # use plain::db::{Create, ConnectOptions, Database};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let db = Database::connect(ConnectOptions::sqlite_file(folder.path().join("db"))).await?;
/// db.query("CREATE TABLE item (name TEXT NOT NULL)").execute().await?;
/// let mut transaction = db.begin().await?;
/// transaction.query("INSERT INTO item VALUES ($1)").bind("spoon").execute().await?;
/// transaction.query("INSERT INTO item VALUES ($1)").bind("fork").execute().await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    leased: Leased,
    stage: Stage,
    failed: bool,
}

/// How far a transaction has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It never begins: each statement stands for itself.
    Loose,
    /// Its first statement begins it.
    Due,
    Open,
    /// It was told to commit, and the answer is not here: nobody knows whether it did.
    Committing,
    Committed,
}

impl Transaction {
    pub(super) async fn begin(mut leased: Leased) -> Result<Self, Error> {
        leased.begin().await?;
        Ok(Self::at(Stage::Open, leased))
    }

    /// A transaction that begins with its first statement, in the same message where that can be.
    pub(super) fn due(leased: Leased) -> Self {
        Self::at(Stage::Due, leased)
    }

    /// Statements that only read, each for itself.
    pub(super) fn loose(leased: Leased) -> Self {
        Self::at(Stage::Loose, leased)
    }

    fn at(stage: Stage, leased: Leased) -> Self {
        Self {
            leased,
            stage,
            failed: false,
        }
    }

    /// A statement in this transaction; see [`Database::query`](super::Database::query).
    pub fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        Query::new(Target::Transaction(self), sql.into())
    }

    /// A last statement, with which the transaction is committed: where the database allows it both
    /// are one message, which saves the way there and back.
    ///
    /// Where the answer is an error nothing is saved, except that a connection lost meanwhile, or a
    /// row that does not fit its type, leaves it open what was. Statements that come later return
    /// [`Error::Ended`].
    pub fn query_and_commit(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        Query::new(Target::Transaction(self), sql.into()).committing()
    }

    /// Saves what the statements of this transaction did.
    ///
    /// # Errors
    ///
    /// [`Error::Aborted`] if one of the statements had failed, else that of the database. Nothing is
    /// saved then, except that a connection lost during the commit leaves it open what was.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.finish().await
    }

    /// The same as [`commit`](Self::commit).
    pub(super) async fn finish(&mut self) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Aborted);
        }
        if self.stage == Stage::Open {
            self.stage = Stage::Committing;
            self.leased.commit().await?;
            self.stage = Stage::Committed;
        }
        Ok(())
    }

    /// Whether what its statements did may be saved.
    pub(super) fn may_be_saved(&self) -> bool {
        matches!(self.stage, Stage::Committing | Stage::Committed)
    }

    /// Takes back what the statements of this transaction did; the same as dropping it.
    pub fn rollback(self) {}

    /// Runs a script of several statements without placeholders.
    pub(super) async fn script(&mut self, sql: SqlStr) -> Result<(), ScriptFailure> {
        let result = self.leased.script(sql).await;
        self.failed |= result.is_err();
        result
    }

    /// Which database it is.
    pub fn kind(&self) -> Kind {
        match self.leased {
            Leased::Sqlite(_) => Kind::Sqlite,
            Leased::Postgres(_) => Kind::Postgres,
        }
    }

    pub(super) async fn run<T>(
        &mut self,
        commits: bool,
        work: impl AsyncFnOnce(&mut Leased, Frame) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.failed {
            return Err(Error::Aborted);
        }
        let (frame, next) = match (self.stage, commits) {
            (Stage::Committing | Stage::Committed, _) => return Err(Error::Ended),
            (Stage::Loose, _) => (Frame::None, Stage::Loose),
            // A statement alone is a transaction by itself.
            (Stage::Due, true) => (Frame::None, Stage::Committed),
            (Stage::Due, false) if self.leased.frames() => (Frame::Begin, Stage::Open),
            (Stage::Due, false) => {
                self.leased.begin().await?;
                (Frame::None, Stage::Open)
            }
            (Stage::Open, true) if self.leased.frames() => (Frame::Commit, Stage::Committed),
            (Stage::Open, _) => (Frame::None, Stage::Open),
        };
        self.stage = match next {
            Stage::Committed => Stage::Committing,
            stage => stage,
        };
        let result = work(&mut self.leased, frame).await;
        self.failed = result
            .as_ref()
            .is_err_and(|error| commits || is_refusal(error));
        if !self.failed {
            self.stage = next;
        }
        if commits && result.is_ok() {
            self.finish().await?;
        }
        result
    }
}

/// Whether an error comes from the database, and not from what was made of its answer.
fn is_refusal(error: &Error) -> bool {
    !matches!(
        error,
        Error::Decode { .. } | Error::NoRow { .. } | Error::Value { .. }
    )
}

impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transaction")
            .field("stage", &self.stage)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
