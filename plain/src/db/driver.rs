//! What the two drivers do alike, in one trait.

use futures_util::FutureExt;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::postgres::PgArguments;
use sqlx::{Connection, Either, Executor, PgConnection, Postgres, SqlStr, SqliteConnection};

use super::query::FromRow;
use super::value::{Value, postgres_arguments, sqlite_arguments};

/// How many rows a caller will look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    All,
    First,
}

/// Why a script did not come to its end.
pub(super) struct Interrupted {
    /// How many statements of it were done.
    pub(super) done: usize,
    pub(super) error: sqlx::Error,
}

/// A connection of one of the databases.
pub(super) trait Driver: Connection {
    /// Starts a transaction that may write.
    const BEGIN: &'static str;

    /// Runs one statement and counts the rows that it changed.
    fn execute(
        &mut self,
        sql: SqlStr,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<u64>> + Send;

    /// Runs one statement to its end and reads the rows that it returns.
    ///
    /// To its end, even where only the first row is wanted: a statement that writes is committed
    /// by its last step, whose failure must not be missed.
    fn fetch<T: FromRow>(
        &mut self,
        sql: SqlStr,
        values: Vec<Value>,
        rows: Rows,
    ) -> impl Future<Output = sqlx::Result<Vec<T>>> + Send;

    /// Runs a script of any number of statements without placeholders.
    fn script(&mut self, sql: SqlStr) -> impl Future<Output = Result<(), Interrupted>> + Send;

    /// Makes the connection fit for its next user after a transaction on it was dropped, without
    /// waiting; `false` where it has to be closed instead.
    fn abandon_transaction(&mut self) -> bool;

    /// Whether a connection can be used again after the future of a statement was dropped.
    const SURVIVES_CANCELLATION: bool;
}

impl Driver for SqliteConnection {
    /// Takes the write lock at once: a transaction that reads first and locks when it first writes
    /// fails if another process wrote in between.
    const BEGIN: &'static str = "BEGIN IMMEDIATE";

    async fn execute(&mut self, sql: SqlStr, values: Vec<Value>) -> sqlx::Result<u64> {
        let arguments = sqlite_arguments(values)?;
        let query = sqlx::query_with(sql, arguments);
        Ok(Executor::execute(self, query).await?.rows_affected())
    }

    async fn fetch<T: FromRow>(
        &mut self,
        sql: SqlStr,
        values: Vec<Value>,
        rows: Rows,
    ) -> sqlx::Result<Vec<T>> {
        let arguments = sqlite_arguments(values)?;
        let mut results = self.fetch_many(sqlx::query_with(sql, arguments));
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

    /// The connection's thread finishes the statement, and what comes next waits in its queue.
    const SURVIVES_CANCELLATION: bool = true;
}

impl Driver for PgConnection {
    const BEGIN: &'static str = "BEGIN";

    async fn execute(&mut self, sql: SqlStr, values: Vec<Value>) -> sqlx::Result<u64> {
        let query = postgres_query(sql, values)?;
        Ok(Executor::execute(self, query).await?.rows_affected())
    }

    async fn fetch<T: FromRow>(
        &mut self,
        sql: SqlStr,
        values: Vec<Value>,
        rows: Rows,
    ) -> sqlx::Result<Vec<T>> {
        let mut results = self.fetch_many(postgres_query(sql, values)?);
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

    /// The server rolls back when the connection closes.
    fn abandon_transaction(&mut self) -> bool {
        false
    }

    /// Half an answer may still be on its way.
    const SURVIVES_CANCELLATION: bool = false;
}

async fn count_statements<Q, R>(
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

fn postgres_query(
    sql: SqlStr,
    values: Vec<Value>,
) -> sqlx::Result<sqlx::query::Query<'static, Postgres, PgArguments>> {
    // The type of a NULL is inferred when a statement is prepared, and could be another one than
    // that of the value which stands in its place the next time.
    let persistent = !values.contains(&Value::Null);
    Ok(sqlx::query_with(sql, postgres_arguments(values)?).persistent(persistent))
}
