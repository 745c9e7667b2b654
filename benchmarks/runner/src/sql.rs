//! Statements of the runner itself, one after the other.

use anyhow::{Context, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use tokio::runtime::Runtime;

/// A connection, and what runs it.
pub(crate) struct Sql {
    runtime: Runtime,
    connection: Either,
}

enum Either {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Sql {
    /// Connects to `sqlite://FILE`, which is made if it is missing and has a write-ahead log, or
    /// to `postgres://...`.
    pub(crate) fn connect(url: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let connection = runtime.block_on(async {
            Ok::<_, sqlx::Error>(match url.strip_prefix("sqlite://") {
                Some(file) => {
                    let options = SqliteConnectOptions::new()
                        .filename(file)
                        .create_if_missing(true)
                        .journal_mode(SqliteJournalMode::Wal);
                    Either::Sqlite(options.connect().await?)
                }
                None => Either::Postgres(PgConnection::connect(url).await?),
            })
        });
        let connection = connection.context("the runner can't connect to the database")?;
        Ok(Self {
            runtime,
            connection,
        })
    }

    /// Runs statements.
    pub(crate) fn run(&mut self, sql: &str) -> Result<()> {
        let statements = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let done = match &mut self.connection {
            Either::Sqlite(connection) => self
                .runtime
                .block_on(statements.execute(connection))
                .map(drop),
            Either::Postgres(connection) => self
                .runtime
                .block_on(statements.execute(connection))
                .map(drop),
        };
        done.with_context(|| format!("a statement of the runner failed: {sql}"))
    }

    /// The one number that a query returns.
    pub(crate) fn number(&mut self, sql: &str) -> Result<i64> {
        let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        let found = match &mut self.connection {
            Either::Sqlite(connection) => self.runtime.block_on(query.fetch_one(connection)),
            Either::Postgres(_) => return self.postgres_number(sql),
        };
        found.with_context(|| format!("a query of the runner failed: {sql}"))
    }

    fn postgres_number(&mut self, sql: &str) -> Result<i64> {
        let Either::Postgres(connection) = &mut self.connection else {
            anyhow::bail!("this is no connection to PostgreSQL");
        };
        let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        let found = self.runtime.block_on(query.fetch_one(connection));
        found.with_context(|| format!("a query of the runner failed: {sql}"))
    }
}
