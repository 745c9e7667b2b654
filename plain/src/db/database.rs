//! The handle of a database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlStr;

use super::connection::Leased;
use super::home::Home;
use super::lane::{Lane, Suspicion};
use super::postgres::{self, PostgresConnection};
use super::query::{SqlKind, Target};
use super::sqlite::{Lanes, Opening};
use super::threads::{OpeningOwn, Threads};
use super::url::Address;
use super::{DatabaseSettings, DatabaseUrl, Error, Query, Sql, Synchronous, Transaction};

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A file, read and written by this process.
    Sqlite,
    /// A server.
    Postgres,
}

/// Whether a SQLite file that does not exist is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Create {
    /// It is created; for who migrates it next.
    #[default]
    IfMissing,
    /// It is an error, which says to run `plain migrate`; for who serves.
    Never,
}

/// How to connect to a database.
#[derive(Debug, Clone)]
#[must_use = "`Database::connect` takes them"]
pub struct ConnectOptions {
    url: DatabaseUrl,
    base: PathBuf,
    create: Create,
    connections: u32,
    wait: Duration,
    statement: Duration,
    synchronous: Synchronous,
}

impl ConnectOptions {
    /// As `settings` say; a relative path of a SQLite file starts at the folder `base`.
    pub fn new(settings: &DatabaseSettings, base: impl Into<PathBuf>) -> Self {
        Self {
            url: settings.database_url.clone(),
            base: base.into(),
            create: Create::default(),
            connections: settings.database_read_connections.max(1),
            wait: settings.timeout(),
            statement: settings.statement_timeout(),
            synchronous: settings.database_sqlite_synchronous,
        }
    }

    /// The SQLite file at `path`, with default settings.
    pub fn sqlite_file(path: impl AsRef<Path>) -> Self {
        Self::new(&DatabaseSettings::default(), "").url(DatabaseUrl::sqlite_file(path))
    }

    /// The database at the absolute address `url`, with default settings.
    pub fn to(url: impl Into<DatabaseUrl>) -> Self {
        Self::new(&DatabaseSettings::default(), "").url(url)
    }

    /// Connects to another address.
    pub fn url(mut self, url: impl Into<DatabaseUrl>) -> Self {
        self.url = url.into();
        self
    }

    /// Whether a SQLite file that does not exist is created.
    pub fn create(mut self, create: Create) -> Self {
        self.create = create;
        self
    }

    /// How long a statement waits for a free connection, and on PostgreSQL for what another
    /// transaction has locked.
    pub fn timeout(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// How long PostgreSQL may work on a statement.
    pub fn statement_timeout(mut self, statement: Duration) -> Self {
        self.statement = statement;
        self
    }

    /// When SQLite tells the disk to write.
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }
}

/// A database; a cheap handle, to be cloned at will and used from any thread and any runtime.
///
/// On SQLite a statement's first word decides which connection it uses: `SELECT`, `VALUES` and
/// `EXPLAIN` one of the readers, which never wait for a write and see all that was committed before;
/// everything else, `WITH` and `PRAGMA` included, the one writer, where statements wait in turn.
#[derive(Clone)]
pub struct Database {
    connections: Arc<Connections>,
}

struct Connections {
    /// What all threads share.
    shared: Shared,
    /// What each thread has of its own, for batches.
    threads: Threads,
}

/// How long a batch on PostgreSQL waits for a row that another process has locked, before what is in
/// it is done one by one, where each waits for its own row only.
const LONGEST_LOCK_OF_A_BATCH: Duration = Duration::from_millis(200);

enum Shared {
    Sqlite(Lanes),
    Postgres(Arc<Lane<PostgresConnection>>),
}

impl Database {
    /// Connects to a database.
    ///
    /// # Errors
    ///
    /// That the address is wrong, or that no database that can be used is there; each says what to do.
    pub async fn connect(options: ConnectOptions) -> Result<Self, Error> {
        let suspicion = Suspicion::default();
        let (shared, opening) = match options.url.address(&options.base)? {
            Address::Sqlite(path) => {
                let opening = Opening {
                    path: &path,
                    create: options.create,
                    readers: options.connections,
                    wait: options.wait,
                    synchronous: options.synchronous,
                    suspicion: &suspicion,
                };
                let lanes = opening.open().await?;
                let own = OpeningOwn::Sqlite(lanes.reader.clone(), path.display().to_string());
                (Shared::Sqlite(lanes), own)
            }
            Address::Postgres(address) => {
                for (_, path) in options.url.certificates(&options.base) {
                    // Later the driver would only say that something is not there.
                    let opened = std::fs::File::open(&path);
                    opened.map_err(|error| Error::Certificate {
                        path,
                        message: error.to_string(),
                    })?;
                }
                let place = options.url.to_string();
                let home = Home::start().map_err(|error| Error::Connect {
                    place: place.clone(),
                    message: error.to_string(),
                })?;
                let to = |lock| postgres::Options::new(&address, lock, options.statement);
                let own = to(options.wait.min(LONGEST_LOCK_OF_A_BATCH));
                let own = OpeningOwn::Postgres(Box::new(own), place.clone());
                let connect = to(options.wait).at(home);
                let lane = Lane::new(
                    connect,
                    place,
                    options.connections,
                    options.wait,
                    &suspicion,
                );
                // Finds out now whether the server is there.
                drop(lane.lease().await?);
                (Shared::Postgres(lane), own)
            }
        };
        Ok(Self {
            connections: Arc::new(Connections {
                shared,
                threads: Threads::new(opening, options.wait, suspicion),
            }),
        })
    }

    /// Which database it is.
    pub fn kind(&self) -> Kind {
        match self.connections.shared {
            Shared::Sqlite(_) => Kind::Sqlite,
            Shared::Postgres(_) => Kind::Postgres,
        }
    }

    /// A statement, with `$1`, `$2` and so on where values go; see [`Query`] for what to do with it.
    pub fn query(&self, sql: impl Into<Sql>) -> Query<'_> {
        Query::new(Target::Database(self), sql.into())
    }

    /// Begins a transaction; on SQLite it waits for its turn to write.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_unavailable`] holds where the wait was too long.
    pub async fn begin(&self) -> Result<Transaction, Error> {
        Transaction::begin(self.lease(SqlKind::Write).await?).await
    }

    /// Runs `work` in a transaction, which is committed if it returns `Ok` and else rolled back.
    ///
    /// ```
    /// # use plain::db::{Create, ConnectOptions, Database, Error};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let db = Database::connect(ConnectOptions::sqlite_file(folder.path().join("db"))).await?;
    /// # db.query("CREATE TABLE item (name TEXT NOT NULL)").execute().await?;
    /// let changed = db
    ///     .transaction(async |transaction| -> Result<u64, Error> {
    ///         transaction.query("DELETE FROM item").execute().await?;
    ///         transaction.query("INSERT INTO item VALUES ($1)").bind("spoon").execute().await
    ///     })
    ///     .await?;
    /// assert_eq!(changed, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `work`, and those of beginning and committing.
    pub async fn transaction<T, E: From<Error>>(
        &self,
        work: impl AsyncFnOnce(&mut Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut transaction = self.begin().await?;
        let output = work(&mut transaction).await?;
        transaction.commit().await?;
        Ok(output)
    }

    /// Waits for the statements that are under way, as long as a statement waits for a connection,
    /// and closes all connections. Statements that come later fail as unavailable.
    pub async fn close(&self) {
        self.connections.threads.close().await;
        match &self.connections.shared {
            Shared::Sqlite(lanes) => {
                lanes.readers.close().await;
                // Last, so that the file of the write-ahead log is merged and removed.
                lanes.writer.close().await;
            }
            Shared::Postgres(lane) => lane.close().await,
        }
    }

    /// Moves what was committed from SQLite's write-ahead log into the file of the database, beside
    /// those who read and write. PostgreSQL does that by itself, so nothing is done there.
    ///
    /// Else the commit that makes the log longer than 1,000 pages does it, and takes as much longer. For
    /// work that writes much and for which nobody waits, between its transactions.
    ///
    /// ```
    /// # use plain::db::{ConnectOptions, Database};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let db = Database::connect(ConnectOptions::sqlite_file(folder.path().join("db"))).await?;
    /// # db.query("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").execute().await?;
    /// for names in [["spoon", "fork"], ["cup", "plate"]] {
    ///     let insert = db.query("INSERT INTO item (name) VALUES ($1), ($2)");
    ///     insert.bind(names[0]).bind(names[1]).execute().await?;
    ///     db.checkpoint().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`]; that of the database, with what to do about it.
    pub async fn checkpoint(&self) -> Result<(), Error> {
        if self.kind() == Kind::Postgres {
            return Ok(());
        }
        let mut reader = self.lease(SqlKind::Read).await?;
        let moving = SqlStr::from_static("PRAGMA wal_checkpoint(PASSIVE)");
        let moved = reader.script(moving).await;
        moved.map_err(|failure| failure.error)
    }

    /// What each thread has of its own.
    pub(super) fn threads(&self) -> &Threads {
        &self.connections.threads
    }

    pub(super) async fn lease(&self, kind: SqlKind) -> Result<Leased, Error> {
        Ok(match &self.connections.shared {
            Shared::Sqlite(lanes) if kind == SqlKind::Read => {
                Leased::Sqlite(lanes.readers.lease().await?)
            }
            Shared::Sqlite(lanes) => Leased::Sqlite(lanes.writer.lease().await?),
            Shared::Postgres(lane) => Leased::Postgres(lane.lease().await?),
        })
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Database")
            .field(&self.kind())
            .finish()
    }
}
