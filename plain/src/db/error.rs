//! What can go wrong with a database, and what to do about it.

use std::path::PathBuf;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::postgres::PgDatabaseError;

/// An error of the database.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing has connected the application's database.
    #[error("the database was not connected; call `App::connect` before the application serves")]
    NotConnected,

    /// `DATABASE_URL` does not say which database to use.
    #[error(
        "DATABASE_URL \"{url}\" cannot be used: {reason}; write for example \"sqlite://db.sqlite3\" or \"postgres://user:password@localhost/name\""
    )]
    Url {
        /// The address, without its password.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The SQLite file does not exist, and was not to be created.
    #[error("there is no database file {}; run `plain migrate` to create it", path.display())]
    NoFile {
        /// Where the file should be.
        path: PathBuf,
    },

    /// The folder of the SQLite file does not exist.
    #[error("the folder of the database file {} does not exist; create it, or correct DATABASE_URL", path.display())]
    NoFolder {
        /// Where the file should be.
        path: PathBuf,
    },

    /// The SQLite file is a folder, or another thing that holds no data.
    #[error("{} is not a file, so it cannot be a database; correct DATABASE_URL", path.display())]
    NotAFile {
        /// What stands at the address.
        path: PathBuf,
    },

    /// The SQLite file may not be read, or its folder not be written to.
    #[error(
        "the database file {} can't be opened ({message}); let this user read and write it and its folder", path.display()
    )]
    NotOpened {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        message: String,
    },

    /// The file is not a SQLite database, or a damaged one.
    #[error(
        "{place} is not a SQLite database, or it is damaged ({message}); correct DATABASE_URL, or put a backup in its place"
    )]
    NotADatabase {
        /// The file.
        place: String,
        /// What SQLite says.
        message: String,
    },

    /// The database cannot be written to.
    #[error(
        "the database {place} is read-only; let this user write to it (for SQLite: to the file and to its folder)"
    )]
    ReadOnly {
        /// The file, or the address without its password.
        place: String,
    },

    /// No connection could be made.
    #[error(
        "cannot connect to the database {place}: {message}; check that it runs and that DATABASE_URL is right"
    )]
    Connect {
        /// The address without its password.
        place: String,
        /// What the system or the server says.
        message: String,
    },

    /// The connection is not encrypted as it should be, or the server's certificate is not trusted.
    #[error(
        "the database {place} can't be connected to by TLS: {message}; check sslmode and sslrootcert in DATABASE_URL, and the server's certificate"
    )]
    Tls {
        /// The address without its password.
        place: String,
        /// What is wrong.
        message: String,
    },

    /// A file of a certificate or a key can't be read.
    #[error(
        "the file {}, which DATABASE_URL names, can't be read ({message}); correct the address, or let this user read the file", path.display()
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What the system says.
        message: String,
    },

    /// The server refuses the user.
    #[error(
        "the database {place} does not let its user in: {message}; check the user and the password in DATABASE_URL"
    )]
    Denied {
        /// The address without its password.
        place: String,
        /// What the server says.
        message: String,
    },

    /// The server has no database of the name.
    #[error(
        "the server of {place} has no such database: {message}; create it, for example with `createdb`, or correct DATABASE_URL"
    )]
    NoDatabase {
        /// The address without its password.
        place: String,
        /// What the server says.
        message: String,
    },

    /// The database cannot answer now, but may do so later.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),

    /// A table that a statement names does not exist.
    #[error(
        "the table `{table}` does not exist; run `plain migrate` to create the tables of the installed packages"
    )]
    MissingTable {
        /// The table's name.
        table: String,
    },

    /// A row with the same unique value exists.
    #[error("a row with the same {columns} exists already; choose another value", columns = columns.join(", "))]
    Unique {
        /// The columns that must be unique together, as `table.column` where the database says so.
        columns: Vec<String>,
        /// The constraint's or index's name, where the database says it.
        constraint: Option<String>,
    },

    /// A constraint other than a unique one does not hold: a foreign key, NOT NULL or CHECK.
    #[error("a constraint of the table does not hold: {message}; correct the values")]
    Constraint {
        /// What the database says.
        message: String,
        /// The constraint's name, where the database says it.
        constraint: Option<String>,
    },

    /// A value cannot be stored.
    #[error("a value cannot be stored: {reason}; bind another value")]
    Value {
        /// Which value, and why.
        reason: String,
    },

    /// A model has no field of a name that was asked for.
    #[error("the model {model} has no field `{field}`; {hint}")]
    UnknownField {
        /// The model.
        model: &'static str,
        /// The name.
        field: String,
        /// The nearest known name, or all.
        hint: String,
    },

    /// A value is of another kind than the model's field.
    #[error("`{field}` of the model {model} holds {expected}, not {found}; give it {expected}")]
    FieldKind {
        /// The model.
        model: &'static str,
        /// The field.
        field: &'static str,
        /// What it holds.
        expected: &'static str,
        /// What it was given.
        found: &'static str,
    },

    /// A row does not fit the Rust type that it was to become.
    #[error(
        "a row does not fit its Rust type: {message}; compare the type's fields with the columns of: {sql}"
    )]
    Decode {
        /// Which column, and why.
        message: String,
        /// The statement.
        sql: String,
    },

    /// A statement that must return a row returned none.
    #[error(
        "no row was found; ask with fetch_optional where none is a possible answer (the statement: {sql})"
    )]
    NoRow {
        /// The statement.
        sql: String,
    },

    /// A transaction was to go on after one of its statements had failed.
    #[error(
        "the transaction was given up since one of its statements failed, and nothing of it is saved; begin a new one"
    )]
    Aborted,

    /// A transaction was to go on after it had been committed.
    #[error("the transaction was committed already; begin a new one")]
    Ended,

    /// A statement would begin or end a transaction behind the back of the connection's owner.
    #[error(
        "`{sql}` cannot be sent as a statement; use Database::begin and Transaction::commit, and drop the transaction to roll it back"
    )]
    Control {
        /// The statement.
        sql: String,
    },

    /// The database refused a statement for another reason.
    #[error("the database refused a statement: {message}; correct the statement: {sql}")]
    Statement {
        /// What the database says.
        message: String,
        /// The statement.
        sql: String,
        /// Where in the statement the fault is, in characters from 1, where the database says it.
        position: Option<usize>,
    },
}

/// Why a database cannot answer now.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// All connections were busy for the whole time that a statement may wait.
    #[error(
        "no database connection was free within {seconds} s; find what keeps them busy, or raise DATABASE_TIMEOUT"
    )]
    Waited {
        /// How long was waited, in seconds.
        seconds: f64,
    },

    /// More waited for the database already than may.
    #[error(
        "{waiting} pieces of work wait for the database already; find what keeps it busy, or let fewer requests in"
    )]
    Crowded {
        /// How many.
        waiting: usize,
    },

    /// Another process holds the lock of the SQLite file.
    #[error(
        "another process keeps the database {place} locked; find out which one writes for so long"
    )]
    Locked {
        /// The file.
        place: String,
    },

    /// The database has no room left.
    #[error("there is no room left for the database {place}; free some space")]
    Full {
        /// The file, or the address without its password.
        place: String,
    },

    /// The file cannot be read or written, or the connection to the server broke.
    #[error(
        "the database {place} does not answer: {message}; check its disk, its server and the network between"
    )]
    Lost {
        /// The file, or the address without its password.
        place: String,
        /// What the system or the server says.
        message: String,
    },

    /// The transaction was in the way of another one.
    #[error("another transaction was in the way: {message}; try again")]
    Conflict {
        /// What the server says.
        message: String,
    },

    /// The server has as many connections as it takes.
    #[error(
        "the database {place} takes no more connections: {message}; lower DATABASE_READ_CONNECTIONS, stop what else is connected, or raise the server's max_connections"
    )]
    TooMany {
        /// The address without its password.
        place: String,
        /// What the server says.
        message: String,
    },

    /// A statement took longer than the server was told to work on one.
    #[error(
        "the database gave up a statement: {message}; make it faster, or raise DATABASE_STATEMENT_TIMEOUT"
    )]
    GivenUp {
        /// What the server says.
        message: String,
    },

    /// [`Database::close`](super::Database::close) was called.
    #[error("the database was closed, since the process is stopping; connect again")]
    Closed,
}

impl Error {
    /// Whether the database cannot answer now, but may later: the answer to a client is a 503.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Error::Unavailable(_)
                | Error::Connect { .. }
                | Error::Tls { .. }
                | Error::ReadOnly { .. }
        )
    }

    /// Whether a row with the same unique value exists.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Error::Unique { .. })
    }

    /// Whether a table is missing, which is what a database without its migrations looks like.
    pub fn is_missing_table(&self) -> bool {
        matches!(self, Error::MissingTable { .. })
    }
}

/// Gives the driver's `error` its meaning; `place` is the database as it may be printed.
pub(super) fn explain(error: sqlx::Error, sql: &str, place: &str) -> Error {
    match error {
        sqlx::Error::Database(error) => explain_refusal(&*error, sql, place),
        sqlx::Error::Encode(reason) => Error::Value {
            reason: reason.to_string(),
        },
        sqlx::Error::RowNotFound => Error::NoRow {
            sql: sql.to_owned(),
        },
        sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::Decode(_) => Error::Decode {
            message: error.to_string(),
            sql: sql.to_owned(),
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => Unavailable::Lost {
            place: place.to_owned(),
            message: error.to_string(),
        }
        .into(),
        _ => Error::Statement {
            message: error.to_string(),
            sql: sql.to_owned(),
            position: None,
        },
    }
}

/// Gives an `error` met with while connecting its meaning.
pub(super) fn explain_connect(error: sqlx::Error, place: &str) -> Error {
    let place = place.to_owned();
    let code = match &error {
        sqlx::Error::Database(error) => error.code(),
        _ => None,
    };
    let message = match &error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) => error.to_string(),
        error => error.to_string(),
    };
    if is_distrust(&error) {
        return Error::Tls { place, message };
    }
    match code.as_deref() {
        Some("28P01" | "28000") => Error::Denied { place, message },
        Some("3D000") => Error::NoDatabase { place, message },
        Some("53300") => Unavailable::TooMany { place, message }.into(),
        _ => match explain(error, "", &place) {
            Error::Unavailable(Unavailable::Lost { .. }) => Error::Connect { place, message },
            Error::Statement { message, .. } => Error::Connect { place, message },
            other => other,
        },
    }
}

/// Whether TLS was wanted and did not come about.
fn is_distrust(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        // So the driver hands on what its TLS has to say of a certificate.
        sqlx::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}

fn explain_refusal(error: &dyn DatabaseError, sql: &str, place: &str) -> Error {
    match error.try_downcast_ref::<PgDatabaseError>() {
        Some(error) => explain_postgres(error, sql, place),
        None => explain_sqlite(error, sql, place),
    }
}

/// SQLite's result codes (<https://www.sqlite.org/rescode.html>); the low byte is the primary one.
fn explain_sqlite(error: &dyn DatabaseError, sql: &str, place: &str) -> Error {
    let code: i32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(1);
    let place = place.to_owned();
    let message = error.message().to_owned();
    match code & 0xff {
        5 | 6 => Unavailable::Locked { place }.into(),
        7 | 10 | 14 => Unavailable::Lost { place, message }.into(),
        8 => Error::ReadOnly { place },
        11 | 26 => Error::NotADatabase { place, message },
        13 => Unavailable::Full { place }.into(),
        19 if error.kind() == ErrorKind::UniqueViolation => {
            let columns = message
                .rsplit_once(": ")
                .map_or(message.as_str(), |(_, names)| names);
            Error::Unique {
                columns: columns.split(", ").map(str::to_owned).collect(),
                constraint: None,
            }
        }
        19 => Error::Constraint {
            message,
            constraint: None,
        },
        _ => match message.strip_prefix("no such table: ") {
            Some(table) => Error::MissingTable {
                table: table.to_owned(),
            },
            None => Error::Statement {
                message,
                sql: sql.to_owned(),
                position: None,
            },
        },
    }
}

/// PostgreSQL's error codes (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn explain_postgres(error: &PgDatabaseError, sql: &str, place: &str) -> Error {
    let place = place.to_owned();
    let message = error.message().to_owned();
    let constraint = error.constraint().map(str::to_owned);
    match error.code() {
        "23505" => Error::Unique {
            columns: unique_columns(error),
            constraint,
        },
        code if code.starts_with("23") => Error::Constraint {
            message,
            constraint,
        },
        "42P01" => Error::MissingTable {
            table: quoted(&message).unwrap_or(message),
        },
        "25006" => Error::ReadOnly { place },
        "25P02" => Error::Aborted,
        "40001" | "40P01" | "55P03" => Unavailable::Conflict { message }.into(),
        "57014" => Unavailable::GivenUp { message }.into(),
        "53300" => Unavailable::TooMany { place, message }.into(),
        "53100" => Unavailable::Full { place }.into(),
        code if ["08", "53", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Unavailable::Lost { place, message }.into()
        }
        _ => Error::Statement {
            message,
            sql: sql.to_owned(),
            position: position(error),
        },
    }
}

/// The columns in `Key (a, b)=(1, 2) already exists.`
fn unique_columns(error: &PgDatabaseError) -> Vec<String> {
    let named = error.detail().and_then(|detail| {
        let (columns, _) = detail.strip_prefix("Key (")?.split_once(")=")?;
        Some(columns.split(", ").map(|column| match error.table() {
            Some(table) => format!("{table}.{column}"),
            None => column.to_owned(),
        }))
    });
    match named {
        Some(columns) => columns.collect(),
        None => error.constraint().map(str::to_owned).into_iter().collect(),
    }
}

/// The name between the first two quotation marks.
fn quoted(message: &str) -> Option<String> {
    message.split('"').nth(1).map(str::to_owned)
}

fn position(error: &PgDatabaseError) -> Option<usize> {
    match error.position()? {
        sqlx::postgres::PgErrorPosition::Original(position) => Some(position),
        sqlx::postgres::PgErrorPosition::Internal { .. } => None,
    }
}
