//! What the two drivers do alike, in one trait.

use futures_util::FutureExt;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Either, Executor, SqlSafeStr, SqlStr,
    SqliteConnection,
};

use super::query::FromRow;
use super::value::{Value, sqlite_arguments};

/// How many rows a caller will look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    All,
    First,
}

/// What goes to the database in one message with a statement, where it takes such messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// Nothing.
    None,
    /// The beginning of the transaction, before the statement.
    Begin,
    /// Its end, after the statement.
    Commit,
}

/// Why a script did not come to its end.
pub(super) struct Interrupted {
    /// How many statements of it were done.
    pub(super) done: usize,
    pub(super) error: sqlx::Error,
}

/// A connection of one of the databases.
pub(super) trait Driver: Sized + Send {
    /// How to connect.
    type Options: Send + Sync;

    /// Whether a connection can be used again after the future of a statement was dropped.
    const SURVIVES_CANCELLATION: bool;

    /// Whether several statements can be sent in one message, as a [`Frame`] asks.
    const FRAMES: bool;

    /// Opens a connection.
    fn open(options: &Self::Options) -> impl Future<Output = sqlx::Result<Self>> + Send;

    /// Closes it in good order.
    fn close(self) -> impl Future<Output = ()> + Send;

    /// Finds out whether a connection that was not used for a while still answers.
    fn is_alive(&mut self) -> impl Future<Output = bool> + Send;

    /// Starts a transaction that may write.
    fn begin(&mut self) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Saves what the transaction did.
    fn commit(&mut self) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Runs one statement and counts the rows that it changed.
    fn execute(
        &mut self,
        sql: SqlStr,
        frame: Frame,
        values: &mut Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<u64>> + Send;

    /// Runs one statement to its end and reads the rows that it returns.
    ///
    /// To its end, even where only the first row is wanted: a statement that writes is committed
    /// by its last step, whose failure must not be missed.
    fn fetch<T: FromRow>(
        &mut self,
        sql: SqlStr,
        frame: Frame,
        values: &mut Vec<Value>,
        rows: Rows,
    ) -> impl Future<Output = sqlx::Result<Vec<T>>> + Send;

    /// Runs a script of any number of statements without placeholders.
    fn script(&mut self, sql: SqlStr) -> impl Future<Output = Result<(), Interrupted>> + Send;

    /// Makes the connection fit for its next user after a transaction on it was dropped, without
    /// waiting; `false` where it has to be closed instead.
    fn abandon_transaction(&mut self) -> bool;

    /// Whether the connection can't be used after `error`.
    fn is_lost(error: &sqlx::Error) -> bool;

    /// Whether `error` shows that the statement which met with it was not carried out, and will not
    /// be, so that sending it again does no harm.
    fn never_ran(error: &sqlx::Error) -> bool;
}

impl Driver for SqliteConnection {
    type Options = SqliteConnectOptions;

    /// The connection's thread finishes the statement, and what comes next waits in its queue.
    const SURVIVES_CANCELLATION: bool = true;

    /// Each message costs a change to the connection's thread and back, more than most statements.
    const FRAMES: bool = true;

    async fn open(options: &SqliteConnectOptions) -> sqlx::Result<Self> {
        options.connect().await
    }

    async fn close(self) {
        // It is gone either way.
        let _ = Connection::close(self).await;
    }

    async fn is_alive(&mut self) -> bool {
        true
    }

    /// Takes the write lock at once: a transaction that reads first and locks when it first writes
    /// fails if another process wrote in between.
    async fn begin(&mut self) -> sqlx::Result<()> {
        let begin = sqlx::raw_sql("BEGIN IMMEDIATE");
        Executor::execute(self, begin).await.map(|_| ())
    }

    async fn commit(&mut self) -> sqlx::Result<()> {
        let commit = sqlx::raw_sql("COMMIT");
        Executor::execute(self, commit).await.map(|_| ())
    }

    async fn execute(
        &mut self,
        sql: SqlStr,
        frame: Frame,
        values: &mut Vec<Value>,
    ) -> sqlx::Result<u64> {
        let arguments = sqlite_arguments(std::mem::take(values))?;
        let mut results = self.fetch_many(sqlx::query_with(framed(sql, frame), arguments));
        let mut changed = Vec::with_capacity(2);
        while let Some(result) = results.try_next().await? {
            if let Either::Left(done) = result {
                changed.push(done.rows_affected());
            }
        }
        // SQLite leaves the count as it was where a statement changes nothing, as COMMIT does.
        let statement = usize::from(frame == Frame::Begin);
        Ok(changed.get(statement).copied().unwrap_or_default())
    }

    async fn fetch<T: FromRow>(
        &mut self,
        sql: SqlStr,
        frame: Frame,
        values: &mut Vec<Value>,
        rows: Rows,
    ) -> sqlx::Result<Vec<T>> {
        let arguments = sqlite_arguments(std::mem::take(values))?;
        let mut results = self.fetch_many(sqlx::query_with(framed(sql, frame), arguments));
        let mut found = Vec::new();
        while let Some(result) = results.try_next().await? {
            match result {
                Either::Right(row) if rows == Rows::All || found.is_empty() => {
                    found.push(T::from_row(&row)?);
                }
                _ => {}
            }
        }
        Ok(found)
    }

    async fn script(&mut self, sql: SqlStr) -> Result<(), Interrupted> {
        count_statements(self.fetch_many(sqlx::raw_sql(sql))).await
    }

    fn abandon_transaction(&mut self) -> bool {
        // The first poll puts the statement into the queue of the connection's own thread, which
        // works through it in order, so the rollback is done before the next user's statement.
        // Where no transaction is open (it was committed unheard), its failure is of no account.
        let _ = Executor::execute(self, sqlx::raw_sql("ROLLBACK")).now_or_never();
        true
    }

    fn is_lost(error: &sqlx::Error) -> bool {
        use sqlx::Error::{Io, Protocol, WorkerCrashed};
        matches!(error, Io(_) | Protocol(_) | WorkerCrashed)
    }

    fn never_ran(_: &sqlx::Error) -> bool {
        false
    }
}

/// The message of a statement in its frame. SQLite stops at the first of them that fails.
fn framed(sql: SqlStr, frame: Frame) -> SqlStr {
    let text = match frame {
        Frame::None => return sql,
        Frame::Begin => format!("BEGIN IMMEDIATE;\n{}", sql.as_str()),
        Frame::Commit => format!("{}\n;COMMIT", sql.as_str()),
    };
    // What was added comes from nowhere but here.
    AssertSqlSafe(text).into_sql_str()
}

pub(super) async fn count_statements<Q, R>(
    mut results: BoxStream<'_, sqlx::Result<Either<Q, R>>>,
) -> Result<(), Interrupted> {
    let mut done = 0;
    loop {
        match results.try_next().await {
            Ok(Some(Either::Left(_))) => done += 1,
            Ok(Some(Either::Right(_))) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(Interrupted { done, error }),
        }
    }
}
