//! Several statements that are saved together or not at all.

use std::fmt;

use sqlx::SqlStr;

use super::connection::{Leased, ScriptFailure};
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
    failed: bool,
}

impl Transaction {
    pub(super) async fn begin(mut leased: Leased) -> Result<Self, Error> {
        leased.begin().await?;
        Ok(Self {
            leased,
            failed: false,
        })
    }

    /// A statement in this transaction; see [`Database::query`](super::Database::query).
    pub fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        Query::new(Target::Transaction(self), sql.into())
    }

    /// Saves what the statements of this transaction did.
    ///
    /// # Errors
    ///
    /// [`Error::Aborted`] if one of the statements had failed, else that of the database. Nothing is
    /// saved then, except that a connection lost during the commit leaves it open what was.
    pub async fn commit(mut self) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Aborted);
        }
        self.leased.commit().await
    }

    /// Takes back what the statements of this transaction did; the same as dropping it.
    pub fn rollback(self) {}

    /// Runs a script of several statements without placeholders.
    pub(super) async fn script(&mut self, sql: SqlStr) -> Result<(), ScriptFailure> {
        let result = self.leased.script(sql).await;
        self.failed |= result.is_err();
        result
    }

    pub(super) fn kind(&self) -> Kind {
        match self.leased {
            Leased::Sqlite(_) => Kind::Sqlite,
            Leased::Postgres(_) => Kind::Postgres,
        }
    }

    pub(super) async fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Leased) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.failed {
            return Err(Error::Aborted);
        }
        let result = work(&mut self.leased).await;
        self.failed = result.as_ref().is_err_and(is_refusal);
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
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
