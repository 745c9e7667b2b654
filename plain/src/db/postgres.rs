//! A connection to PostgreSQL, direct or through a pooler.
//!
//! A pooler that hands out connections by transaction (such as PgBouncer) may carry out two messages
//! of one client on two connections of the server, where the second meets a statement that another
//! client prepared. So each connection finds out whether a pooler stands between; there every
//! statement runs in a transaction, and none is kept prepared.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgDatabaseError, PgRow, PgSeverity};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Either, Executor, PgConnection, Postgres, Row,
    SqlSafeStr, SqlStr,
};

use super::driver::{Driver, Frame, Interrupted, Rows, count_statements};
use super::home::Home;
use super::query::FromRow;
use super::value::{Value, postgres_arguments};

/// How to connect.
#[derive(Clone)]
pub(super) struct Options {
    /// With settings of the session, which a pooler does not hand on.
    direct: PgConnectOptions,
    /// Without.
    pooled: PgConnectOptions,
    /// Begins a transaction behind a pooler, with the same settings.
    begin: SqlStr,
    /// How long an answer is waited for.
    patience: Duration,
    /// Where the sockets are opened; `None` where that is the runtime of who opens one.
    home: Option<Arc<Home>>,
}

/// The setting by which a session knows that no pooler stands before it.
const MARK: &str = "plain.direct";

/// How much longer an answer is waited for than the server itself works on a statement.
pub(super) const GRACE: Duration = Duration::from_secs(1);

impl Options {
    /// Connects by `address`, with sockets of the runtime at hand; a statement is given up when it
    /// waited `lock` for others, or took `statement`.
    pub(super) fn new(address: &PgConnectOptions, lock: Duration, statement: Duration) -> Self {
        let pooled = address.clone().disable_statement_logging();
        // What has no part in the binary format is only one more thing for a pooler to refuse.
        let pooled = pooled.extra_float_digits(None);
        let (lock, millis) = (milliseconds(lock), milliseconds(statement));
        let direct = pooled.clone().options([
            (MARK, "1"),
            ("lock_timeout", &*lock),
            ("statement_timeout", &*millis),
        ]);
        let begin = format!(
            "BEGIN; SET LOCAL lock_timeout = {lock}; SET LOCAL statement_timeout = {millis}"
        );
        Self {
            direct,
            pooled,
            begin: AssertSqlSafe(begin).into_sql_str(),
            patience: statement + GRACE,
            home: None,
        }
    }

    /// The same with the sockets at `home`, so that each connection serves any runtime.
    pub(super) fn at(self, home: Home) -> Self {
        Self {
            home: Some(Arc::new(home)),
            ..self
        }
    }
}

/// As PostgreSQL's settings count; zero would mean for ever.
fn milliseconds(duration: Duration) -> String {
    let bounded = duration.as_millis().clamp(1, i32::MAX as u128);
    bounded.to_string()
}

/// A connection.
pub(super) struct PostgresConnection {
    connection: PgConnection,
    way: Way,
    patience: Duration,
    /// Whether a transaction is open that was asked for.
    in_transaction: bool,
}

/// What stands between this process and the server.
enum Way {
    Direct,
    /// A pooler; with what begins a transaction.
    Pooled(SqlStr),
}

impl Driver for PostgresConnection {
    type Options = Options;

    async fn open(options: &Options) -> sqlx::Result<Self> {
        let (direct, pooled) = (options.direct.clone(), options.pooled.clone());
        let connect = connect(direct, pooled);
        let (connection, is_direct) = match &options.home {
            Some(home) => home.run(connect).await?,
            None => connect.await?,
        };
        Ok(Self {
            connection,
            way: match is_direct {
                true => Way::Direct,
                false => Way::Pooled(options.begin.clone()),
            },
            patience: options.patience,
            in_transaction: false,
        })
    }

    async fn close(self) {
        // It is gone either way; its server may be, and the runtime that watches its socket.
        let _ = tokio::time::timeout(GRACE, self.connection.close()).await;
    }

    async fn is_alive(&mut self) -> bool {
        let answer = tokio::time::timeout(GRACE, self.connection.ping()).await;
        matches!(answer, Ok(Ok(())))
    }

    async fn begin(&mut self) -> sqlx::Result<()> {
        self.in_transaction = true;
        let begin = match &self.way {
            Way::Direct => SqlStr::from_static("BEGIN"),
            Way::Pooled(begin) => begin.clone(),
        };
        self.control(begin).await
    }

    async fn commit(&mut self) -> sqlx::Result<()> {
        self.control(SqlStr::from_static("COMMIT")).await?;
        self.in_transaction = false;
        Ok(())
    }

    async fn execute(
        &mut self,
        sql: SqlStr,
        _: Frame,
        values: &mut Vec<Value>,
    ) -> sqlx::Result<u64> {
        let query = self.query(sql, values)?;
        self.framed(async |connection| Ok(connection.execute(query).await?.rows_affected()))
            .await
    }

    async fn fetch<T: FromRow>(
        &mut self,
        sql: SqlStr,
        _: Frame,
        values: &mut Vec<Value>,
        rows: Rows,
    ) -> sqlx::Result<Vec<T>> {
        let query = self.query(sql, values)?;
        self.framed(async |connection| {
            let mut results = connection.fetch_many(query);
            let mut found = Vec::new();
            while let Some(result) = results.try_next().await? {
                match result {
                    Either::Right(row) if rows == Rows::All || found.is_empty() => {
                        found.push(read(&row)?);
                    }
                    _ => {}
                }
            }
            Ok(found)
        })
        .await
    }

    async fn script(&mut self, sql: SqlStr) -> Result<(), Interrupted> {
        count_statements(self.connection.fetch_many(sqlx::raw_sql(sql))).await
    }

    /// The server rolls back when the connection closes.
    fn abandon_transaction(&mut self) -> bool {
        false
    }

    /// Half an answer may still be on its way.
    const SURVIVES_CANCELLATION: bool = false;

    /// A message with values holds one statement.
    const FRAMES: bool = false;

    fn is_lost(error: &sqlx::Error) -> bool {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) => true,
            sqlx::Error::Database(error) => {
                let error = error.try_downcast_ref::<PgDatabaseError>();
                let severity = error.map(PgDatabaseError::severity);
                matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic))
            }
            _ => false,
        }
    }

    /// The server says that it ends the connection before it says anything about the statement,
    /// whose transaction it therefore did not commit; or the statement could not be sent.
    fn never_ran(error: &sqlx::Error) -> bool {
        match error {
            sqlx::Error::Io(error) => error.kind() == io::ErrorKind::BrokenPipe,
            sqlx::Error::Database(error) => {
                matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P03"))
            }
            _ => false,
        }
    }
}

/// The row as a `T`. The driver panics where a time is beyond what a date holds, as `infinity` is.
fn read<T: FromRow>(row: &PgRow) -> sqlx::Result<T> {
    let read = catch_unwind(AssertUnwindSafe(|| T::from_row(row)));
    read.unwrap_or_else(|_| {
        let reason = "a value is beyond what its Rust type holds; read times as StoredTime";
        Err(sqlx::Error::Decode(reason.into()))
    })
}

/// A connection, and whether it is a direct one.
async fn connect(
    direct: PgConnectOptions,
    pooled: PgConnectOptions,
) -> sqlx::Result<(PgConnection, bool)> {
    match direct.connect().await {
        Ok(mut connection) => {
            let is_direct = is_marked(&mut connection).await?;
            Ok((connection, is_direct))
        }
        Err(error) if refuses_settings(&error) => Ok((pooled.connect().await?, false)),
        Err(error) => Err(error),
    }
}

impl PostgresConnection {
    fn query(
        &self,
        sql: SqlStr,
        values: &[Value],
    ) -> sqlx::Result<sqlx::query::Query<'static, Postgres, PgArguments>> {
        let sql = signed(sql, values);
        let query = sqlx::query_with(sql, postgres_arguments(values)?);
        Ok(query.persistent(matches!(self.way, Way::Direct)))
    }

    /// Runs a statement, within the patience there is, in the transaction that a pooler needs.
    async fn framed<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let patience = self.patience;
        let all = async {
            let begin = match &self.way {
                Way::Pooled(begin) if !self.in_transaction => begin.clone(),
                _ => return work(&mut self.connection).await,
            };
            self.connection.execute(sqlx::raw_sql(begin)).await?;
            let result = work(&mut self.connection).await;
            let end = match &result {
                Ok(_) => "COMMIT",
                Err(error) if Self::is_lost(error) => return result,
                Err(_) => "ROLLBACK",
            };
            self.connection.execute(sqlx::raw_sql(end)).await?;
            result
        };
        within(patience, all).await
    }

    async fn control(&mut self, sql: SqlStr) -> sqlx::Result<()> {
        let work = self.connection.execute(sqlx::raw_sql(sql));
        within(self.patience, work).await.map(|_| ())
    }
}

async fn within<T>(
    patience: Duration,
    work: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    match tokio::time::timeout(patience, work).await {
        Ok(result) => result,
        Err(_) => {
            let seconds = patience.as_secs_f64();
            let reason = format!("no answer within {seconds} s");
            Err(io::Error::new(io::ErrorKind::TimedOut, reason).into())
        }
    }
}

/// The statement with a comment that says of which types its values are.
///
/// The driver finds a prepared statement by its text alone, and sends values in the format of their
/// types without looking at those it was prepared for: a 2.5 would be stored as the whole number
/// that has the same bits.
fn signed(sql: SqlStr, values: &[Value]) -> SqlStr {
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    if values.iter().all(is_text) {
        return sql;
    }
    let mut text = String::with_capacity(sql.as_str().len() + values.len() + 5);
    text.push_str(sql.as_str());
    text.push_str("\n/*");
    for value in values {
        let letter = match value {
            Value::Null => 'n',
            Value::Bool(_) => 'b',
            Value::Integer(_) => 'i',
            Value::Float(_) => 'f',
            Value::Text(_) => 's',
            Value::Bytes(_) => 'x',
            Value::Json(_) | Value::JsonText(_) => 'j',
            Value::Time(_) => 't',
        };
        text.push(letter);
    }
    text.push_str("*/");
    // What was added comes from nowhere but here.
    AssertSqlSafe(text).into_sql_str()
}

/// Whether this session was begun with our settings. Asked without preparing a statement, which is
/// safe in any case.
async fn is_marked(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let ask = format!("SELECT current_setting('{MARK}', true)");
    let ask = sqlx::raw_sql(AssertSqlSafe(ask));
    let row = connection.fetch_one(ask).await?;
    let mark: Option<String> = row.try_get(0)?;
    Ok(mark.as_deref() == Some("1"))
}

/// Whether who answered takes no settings of a session, which only a pooler does not.
fn refuses_settings(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    let message = error.message();
    match error.code().as_deref() {
        Some("08P01") => message.contains("startup parameter"),
        // "feature not supported"
        Some("0A000") => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_with_values_of_other_types_is_another_statement() {
        let sql = |values: &[Value]| {
            let sql = SqlStr::from_static("SELECT $1");
            signed(sql, values).as_str().to_owned()
        };
        assert_eq!(sql(&[]), "SELECT $1");
        assert_eq!(sql(&["a".into()]), "SELECT $1");
        assert_eq!(sql(&[1.into()]), "SELECT $1\n/*i*/");
        assert_eq!(sql(&[1.5.into(), "a".into()]), "SELECT $1\n/*fs*/");
    }
}
