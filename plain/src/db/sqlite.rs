//! Opening a SQLite file.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqlStr, SqliteConnection};

use super::lane::{Lane, Suspicion};
use super::settings::Synchronous;
use super::{Create, Error, Unavailable};

/// How long another process that holds the file is waited for before the file can be opened.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many rows may be on their way from a connection's thread: those of a batch, so that the two
/// threads need not take turns.
const ROWS_UNDERWAY: usize = 512;

/// The connections to one SQLite file.
pub(super) struct Lanes {
    /// How further readers are opened.
    pub(super) reader: Box<SqliteConnectOptions>,
    pub(super) readers: Arc<Lane<SqliteConnection>>,
    pub(super) writer: Arc<Lane<SqliteConnection>>,
}

/// How a SQLite file is opened.
pub(super) struct Opening<'a> {
    pub(super) path: &'a Path,
    pub(super) create: Create,
    pub(super) readers: u32,
    pub(super) wait: Duration,
    pub(super) synchronous: Synchronous,
    pub(super) suspicion: &'a Suspicion,
}

impl Opening<'_> {
    /// Looks at the file, opens the writer and turns on the write-ahead log, without which readers
    /// would wait for the writer.
    pub(super) async fn open(self) -> Result<Lanes, Error> {
        self.look()?;
        let place = self.path.display().to_string();
        let writer = self.options().synchronous(match self.synchronous {
            Synchronous::Full => SqliteSynchronous::Full,
            Synchronous::Normal => SqliteSynchronous::Normal,
        });
        let reader = self.options().pragma("query_only", "ON");
        let lanes = Lanes {
            reader: Box::new(reader.clone()),
            readers: Lane::new(
                reader,
                place.clone(),
                self.readers,
                self.wait,
                self.suspicion,
            ),
            writer: Lane::new(
                writer.create_if_missing(self.create == Create::IfMissing),
                place,
                1,
                self.wait,
                self.suspicion,
            ),
        };
        match turn_on_write_ahead_log(&lanes.writer).await {
            Ok(()) => Ok(lanes),
            // SQLITE_CANTOPEN, which does not say why.
            Err(Error::Connect { message, .. }) if message.starts_with("unable to open") => {
                Err(self.not_opened(message))
            }
            Err(error) => Err(error),
        }
    }

    fn not_opened(&self, message: String) -> Error {
        Error::NotOpened {
            path: self.path.to_owned(),
            message,
        }
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(self.path)
            .busy_timeout(self.wait)
            .foreign_keys(true)
            .row_buffer_size(ROWS_UNDERWAY)
            .disable_statement_logging()
    }

    /// Finds what SQLite itself would only call "unable to open database file".
    fn look(&self) -> Result<(), Error> {
        let path = || self.path.to_owned();
        match std::fs::metadata(self.path) {
            Ok(found) if !found.is_file() => Err(Error::NotAFile { path: path() }),
            Ok(found) if found.permissions().readonly() => Err(Error::ReadOnly {
                place: self.path.display().to_string(),
            }),
            Ok(_) => Ok(()),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(self.not_opened(error.to_string()))
            }
            Err(_)
                if self
                    .path
                    .parent()
                    .is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) =>
            {
                Err(Error::NoFolder { path: path() })
            }
            Err(_) if self.create == Create::Never => Err(Error::NoFile { path: path() }),
            Err(_) => Ok(()),
        }
    }
}

/// Changing the journal needs the file for itself and does not wait for it, so it is tried again.
async fn turn_on_write_ahead_log(writer: &Arc<Lane<SqliteConnection>>) -> Result<(), Error> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        let mut lease = writer.lease().await?;
        let result = lease
            .script(SqlStr::from_static("PRAGMA journal_mode = WAL"))
            .await;
        let Err(interrupted) = result else {
            return Ok(());
        };
        let error = super::error::explain(
            interrupted.error,
            "PRAGMA journal_mode = WAL",
            lease.place(),
        );
        let locked = matches!(error, Error::Unavailable(Unavailable::Locked { .. }));
        if !locked || Instant::now() >= deadline {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
