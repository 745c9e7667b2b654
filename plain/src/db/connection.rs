//! A connection in use, of whichever database.

use sqlx::{SqlStr, SqliteConnection};

use super::driver::{Driver, Frame, Interrupted, Rows};
use super::error::explain;
use super::lane::Lease;
use super::observe::{Aside, Timer};
use super::postgres::PostgresConnection;
use super::{Error, FromRow, Value};

/// A leased connection.
pub(super) enum Leased {
    Sqlite(Lease<SqliteConnection>),
    Postgres(Lease<PostgresConnection>),
}

/// Why a script of several statements did not come to its end.
pub(super) struct ScriptFailure {
    /// How many statements were done before the one at fault.
    pub(super) done: usize,
    /// What the database says.
    pub(super) message: String,
    /// The same with its meaning.
    pub(super) error: Error,
}

/// Calls one method of the lease inside, which both databases have alike.
macro_rules! forward {
    ($leased:expr, $method:ident($($argument:expr),*)) => {
        match $leased {
            Leased::Sqlite(lease) => lease.$method($($argument),*).await,
            Leased::Postgres(lease) => lease.$method($($argument),*).await,
        }
    };
}

impl Leased {
    /// Whether a transaction can begin and end in one message with a statement.
    pub(super) fn frames(&self) -> bool {
        match self {
            Leased::Sqlite(_) => SqliteConnection::FRAMES,
            Leased::Postgres(_) => PostgresConnection::FRAMES,
        }
    }

    pub(super) async fn execute(
        &mut self,
        sql: SqlStr,
        frame: Frame,
        mut values: Vec<Value>,
        timer: Timer,
    ) -> Result<u64, Error> {
        let result = forward!(self, execute(sql.clone(), frame, &mut values));
        timer.finish(sql.as_str(), result.as_ref().ok().copied());
        result.map_err(|error| self.explain(error, sql.as_str()))
    }

    pub(super) async fn fetch<T: FromRow>(
        &mut self,
        sql: SqlStr,
        frame: Frame,
        mut values: Vec<Value>,
        rows: Rows,
        timer: Timer,
    ) -> Result<Vec<T>, Error> {
        let result = forward!(self, fetch(sql.clone(), frame, &mut values, rows));
        timer.finish(
            sql.as_str(),
            result.as_ref().ok().map(|rows| rows.len() as u64),
        );
        result.map_err(|error| self.explain(error, sql.as_str()))
    }

    pub(super) async fn script(&mut self, sql: SqlStr) -> Result<(), ScriptFailure> {
        let Err(Interrupted { done, error }) = forward!(self, script(sql)) else {
            return Ok(());
        };
        let message = match &error {
            sqlx::Error::Database(error) => error.message().to_owned(),
            error => error.to_string(),
        };
        Err(ScriptFailure {
            done,
            message,
            error: self.explain(error, ""),
        })
    }

    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        let _aside = Aside::start();
        forward!(self, begin()).map_err(|error| self.explain(error, "BEGIN"))
    }

    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        let _aside = Aside::start();
        forward!(self, commit()).map_err(|error| self.explain(error, "COMMIT"))
    }

    fn explain(&self, error: sqlx::Error, sql: &str) -> Error {
        let place = match self {
            Leased::Sqlite(lease) => lease.place(),
            Leased::Postgres(lease) => lease.place(),
        };
        explain(error, sql, place)
    }
}
