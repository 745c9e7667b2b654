//! One statement: its text, its values, and what it returns.

use std::borrow::Cow;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::driver::{Frame, Rows};
use super::observe::Timer;
use super::{Database, Error, Kind, Transaction, Value};

/// The text of a statement.
///
/// A literal is one by itself. A text put together at run time has to say with
/// [`Sql::trusted`] that nothing in it comes from outside, so that pasting a visitor's words into a
/// statement is never a slip of the pen.
#[derive(Debug, Clone)]
pub struct Sql(Cow<'static, str>);

impl Sql {
    /// A statement whose text was put together at run time and in which nothing comes from outside:
    /// values are bound, never pasted in.
    pub fn trusted(text: impl Into<String>) -> Self {
        Self(Cow::Owned(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn kind(&self) -> SqlKind {
        let word = first_word(&self.0);
        let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
        if is(&["SELECT", "VALUES", "EXPLAIN"]) {
            SqlKind::Read
        } else if is(&CONTROL) {
            SqlKind::Control
        } else {
            SqlKind::Write
        }
    }

    fn into_driver(self) -> SqlStr {
        AssertSqlSafe(self.0).into_sql_str()
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

/// What a statement needs, by its first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SqlKind {
    Read,
    Write,
    /// Begins or ends a transaction.
    Control,
}

/// The first words of statements that begin or end a transaction.
pub(super) const CONTROL: [&str; 8] = [
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "ABORT",
];

/// The first word of a statement, after white space, comments and opening parentheses.
fn first_word(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == ';');
        let end = if rest.starts_with("--") {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|end| end + 2)
        } else {
            break;
        };
        rest = end.map_or("", |end| &rest[end..]);
    }
    let end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    &rest[..end]
}

/// A Rust type that a row becomes, from SQLite and from PostgreSQL.
///
/// It is implemented by `#[derive(plain::db::FromRow)]` for structs, and for tuples; there is nothing
/// to implement by hand. The derived code names the crate `sqlx`, so a package that uses it lists
/// `sqlx = { version = "0.9", default-features = false }` among its dependencies. Types that both
/// databases read: `i64` (from `BIGINT` and `INTEGER PRIMARY KEY`), `i32`, `f64`, `bool`, `String`,
/// `Vec<u8>`, `DateTime<Utc>`, `serde_json::Value`, and `Option` of each; a field marked
/// `#[sqlx(json)]` is any type that serde reads. A type around one of these derives
/// [`Type`](derive@crate::db::Type).
#[diagnostic::on_unimplemented(
    message = "a row can't be read into `{Self}`",
    note = "write `#[derive(plain::db::FromRow)]` over the struct; each of its fields must be of a type that both SQLite and PostgreSQL read",
    note = "the columns of a row without a struct are a tuple: `(i64, String)`"
)]
pub trait FromRow:
    for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin
{
}

// Else an error would name sqlx's trait and each database's row, which nobody has written down.
#[diagnostic::do_not_recommend]
impl<T> FromRow for T where
    T: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin
{
}

/// What statements can be sent to: `&Database` or `&mut Transaction`.
#[diagnostic::on_unimplemented(
    message = "statements can't be sent to `{Self}`",
    note = "pass `request.database()?` (a `&Database`), or `&mut *transaction` within a transaction"
)]
pub trait Executor<'a>: sealed::Sealed<'a> {}

impl<'a> Executor<'a> for &'a Database {}
impl<'a> Executor<'a> for &'a mut Transaction {}

pub(crate) mod sealed {
    use super::{Database, Transaction};

    /// Where a statement runs.
    #[derive(Debug)]
    pub enum Target<'a> {
        Database(&'a Database),
        Transaction(&'a mut Transaction),
    }

    pub trait Sealed<'a>: Send {
        fn target(self) -> Target<'a>;
    }

    impl<'a> Sealed<'a> for &'a Database {
        fn target(self) -> Target<'a> {
            Target::Database(self)
        }
    }

    impl<'a> Sealed<'a> for &'a mut Transaction {
        fn target(self) -> Target<'a> {
            Target::Transaction(self)
        }
    }
}

pub(super) use sealed::Target;

impl Target<'_> {
    /// Which database it is.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Target::Database(database) => database.kind(),
            Target::Transaction(transaction) => transaction.kind(),
        }
    }

    /// The same target for another statement.
    pub(super) fn again(&mut self) -> Target<'_> {
        match self {
            Target::Database(database) => Target::Database(database),
            Target::Transaction(transaction) => Target::Transaction(transaction),
        }
    }
}

/// A statement that was not sent yet; made by [`Database::query`] and [`Transaction::query`].
///
/// ```
/// # use plain::db::{Create, ConnectOptions, Database};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let db = Database::connect(ConnectOptions::sqlite_file(folder.path().join("db"))).await?;
/// db.query("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").execute().await?;
/// let id: i64 = db
///     .query("INSERT INTO item (name) VALUES ($1) RETURNING id")
///     .bind("spoon")
///     .scalar()
///     .await?;
/// let items: Vec<(i64, String)> = db.query("SELECT id, name FROM item").fetch_all().await?;
/// assert_eq!(items, [(id, "spoon".to_owned())]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a query does nothing until it is executed or fetched"]
pub struct Query<'a> {
    target: Target<'a>,
    sql: Sql,
    values: Vec<Value>,
    /// Whether its transaction is committed with it.
    commits: bool,
}

impl<'a> Query<'a> {
    pub(super) fn new(target: Target<'a>, sql: Sql) -> Self {
        Self {
            target,
            sql,
            values: Vec::new(),
            commits: false,
        }
    }

    pub(super) fn committing(self) -> Self {
        Self {
            commits: true,
            ..self
        }
    }

    /// Binds the next value: the first call fills `$1`, the second `$2`, and so on.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Binds several values, in order.
    pub fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    /// Sends the statement and returns how many rows it changed.
    ///
    /// # Errors
    ///
    /// See [`Error`]; that of the database, with what to do about it.
    pub async fn execute(self) -> Result<u64, Error> {
        let timer = Timer::start();
        let kind = self.kind()?;
        let Query {
            target,
            sql,
            values,
            commits,
        } = self;
        let sql = sql.into_driver();
        match target {
            Target::Database(database) => {
                let mut leased = database.lease(kind).await?;
                leased.execute(sql, Frame::None, values, timer).await
            }
            Target::Transaction(transaction) => {
                transaction
                    .run(commits, async |leased, frame| {
                        leased.execute(sql, frame, values, timer).await
                    })
                    .await
            }
        }
    }

    /// Sends the statement and returns all rows.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::Decode`] where a row does not fit `T`.
    pub async fn fetch_all<T: FromRow>(self) -> Result<Vec<T>, Error> {
        self.fetch(Rows::All).await
    }

    /// Sends the statement and returns the first row, if there is one.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::Decode`] where the row does not fit `T`.
    pub async fn fetch_optional<T: FromRow>(self) -> Result<Option<T>, Error> {
        Ok(self.fetch(Rows::First).await?.into_iter().next())
    }

    /// Sends the statement and returns the first row.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::NoRow`] where there is none.
    pub async fn fetch_one<T: FromRow>(self) -> Result<T, Error> {
        let sql = self.sql.clone();
        let row = self.fetch_optional().await?;
        row.ok_or_else(|| Error::NoRow {
            sql: sql.as_str().to_owned(),
        })
    }

    /// Sends the statement and returns the first column of the first row.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::NoRow`] where there is no row.
    pub async fn scalar<T>(self) -> Result<T, Error>
    where
        (T,): FromRow,
    {
        let (value,) = self.fetch_one::<(T,)>().await?;
        Ok(value)
    }

    async fn fetch<T: FromRow>(self, rows: Rows) -> Result<Vec<T>, Error> {
        let timer = Timer::start();
        let kind = self.kind()?;
        let Query {
            target,
            sql,
            values,
            commits,
        } = self;
        let sql = sql.into_driver();
        match target {
            Target::Database(database) => {
                let mut leased = database.lease(kind).await?;
                leased.fetch(sql, Frame::None, values, rows, timer).await
            }
            Target::Transaction(transaction) => {
                transaction
                    .run(commits, async |leased, frame| {
                        leased.fetch(sql, frame, values, rows, timer).await
                    })
                    .await
            }
        }
    }

    fn kind(&self) -> Result<SqlKind, Error> {
        match self.sql.kind() {
            SqlKind::Control => Err(Error::Control {
                sql: self.sql.as_str().to_owned(),
            }),
            kind => Ok(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_statement_needs_is_told_by_its_first_word() {
        let kind = |sql: &'static str| Sql::from(sql).kind();
        assert_eq!(kind("SELECT 1"), SqlKind::Read);
        assert_eq!(kind("\n -- why\n /* and; how */ (select 1)"), SqlKind::Read);
        assert_eq!(kind("VALUES (1)"), SqlKind::Read);
        assert_eq!(kind("EXPLAIN DELETE FROM item"), SqlKind::Read);
        assert_eq!(
            kind("WITH x AS (SELECT 1) DELETE FROM item"),
            SqlKind::Write
        );
        assert_eq!(kind("selection"), SqlKind::Write);
        assert_eq!(kind("-- nothing but a comment"), SqlKind::Write);
        assert_eq!(kind("/* never closed"), SqlKind::Write);
        assert_eq!(kind(""), SqlKind::Write);
        assert_eq!(kind("begin immediate"), SqlKind::Control);
        assert_eq!(kind("; COMMIT"), SqlKind::Control);
    }
}
