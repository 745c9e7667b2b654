//! A fresh database a test, of either kind: the migrations run once a process, and every test gets
//! a copy.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use tempfile::TempDir;
use tokio::sync::Mutex;

use super::postgres::PostgresDatabase;
use crate::db::migrations::{MigrationError, Migrator, Target};
use crate::db::sealed::{Sealed, Target as SealedTarget};
use crate::db::{
    ConnectOptions, Database, DatabaseUrl, Error, Executor, Kind, Synchronous, Unavailable,
};
use crate::embedded::Folder;

/// A database of one test; it is gone when this is dropped.
///
/// ```
/// use plain::db::Kind;
/// use plain::test::TestDatabase;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plain::db::Error> {
/// let db = TestDatabase::empty(Kind::Sqlite).await;
/// db.query("CREATE TABLE item (name TEXT NOT NULL)").execute().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestDatabase {
    db: Database,
    /// Dropped after the connections.
    place: TestPlace,
}

impl TestDatabase {
    /// An empty database.
    ///
    /// # Panics
    ///
    /// If there can be none; for PostgreSQL, because its server is not installed.
    pub async fn empty(kind: Kind) -> Self {
        Self::made(kind, async |place| place.make_empty().await).await
    }

    /// A database in which the migrations of `packages` are applied, in order.
    ///
    /// # Panics
    ///
    /// As for [`empty`](Self::empty), and if a migration fails.
    pub async fn migrated<N: Into<String>>(
        kind: Kind,
        packages: impl IntoIterator<Item = (N, Folder)>,
    ) -> Self {
        let packages: Vec<(String, Folder)> = packages
            .into_iter()
            .map(|(name, folder)| (name.into(), folder))
            .collect();
        Self::made(kind, async |place| place.make_migrated(&packages).await).await
    }

    async fn made<E: std::fmt::Display>(
        kind: Kind,
        make: impl AsyncFnOnce(&TestPlace) -> Result<(), E>,
    ) -> Self {
        let place = TestPlace::reserve(kind);
        if let Err(error) = make(&place).await {
            panic!("the database of the test can't be made: {error}");
        }
        match place.open().await {
            Ok(db) => Self { db, place },
            Err(error) => panic!("the database of the test can't be opened: {error}"),
        }
    }

    /// Its address.
    pub fn url(&self) -> DatabaseUrl {
        self.place.url()
    }

    /// Another handle with connections of its own, such as another process has.
    ///
    /// # Panics
    ///
    /// If it can't be connected to.
    pub async fn another(&self) -> Database {
        match self.place.open().await {
            Ok(db) => db,
            Err(error) => panic!("the database of the test can't be opened: {error}"),
        }
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.db
    }
}

impl<'a> Executor<'a> for &'a TestDatabase {}

impl<'a> Sealed<'a> for &'a TestDatabase {
    fn target(self) -> SealedTarget<'a> {
        SealedTarget::Database(&self.db)
    }
}

/// Where a database is, or will be; what is there is removed when this is dropped.
#[derive(Debug)]
pub(super) enum TestPlace {
    /// A file in a folder, which is removed with it where it was made for it.
    Sqlite {
        file: PathBuf,
        _own: Option<TempDir>,
    },
    Postgres(PostgresDatabase),
}

const FILE: &str = "db.sqlite3";

/// Which packages have which migrations, and where these are in the program.
type Key = (Kind, Vec<(String, usize, usize)>);

/// What was migrated in this process.
static MIGRATED: LazyLock<Mutex<HashMap<Key, Template>>> = LazyLock::new(Mutex::default);

/// A migrated database, to be copied.
#[derive(Clone)]
enum Template {
    /// The bytes of the file, so that nothing is left on the disk.
    Sqlite(Arc<[u8]>),
    Postgres(Arc<PostgresDatabase>),
}

impl TestPlace {
    /// A place in which nothing is yet.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub(super) fn reserve(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir();
                let folder = folder.expect("there is room for a temporary folder");
                Self::Sqlite {
                    file: folder.path().join(FILE),
                    _own: Some(folder),
                }
            }
            Kind::Postgres => Self::Postgres(PostgresDatabase::reserve()),
        }
    }

    /// The same for the application in the folder `root`, where SQLite has its file.
    pub(super) fn reserve_for(kind: Kind, root: &Path) -> Self {
        match kind {
            Kind::Sqlite => Self::Sqlite {
                file: root.join(FILE),
                _own: None,
            },
            Kind::Postgres => Self::reserve(kind),
        }
    }

    pub(super) fn url(&self) -> DatabaseUrl {
        match self {
            Self::Sqlite { file, .. } => DatabaseUrl::sqlite_file(file),
            Self::Postgres(database) => database.url(),
        }
    }

    pub(super) async fn make_empty(&self) -> Result<(), Error> {
        match self {
            // Connecting makes it.
            Self::Sqlite { .. } => Ok(()),
            Self::Postgres(database) => database.create(None).await,
        }
    }

    /// Makes a copy of a database in which the migrations of `packages` are applied.
    pub(super) async fn make_migrated(
        &self,
        packages: &[(String, Folder)],
    ) -> Result<(), MigrationError> {
        match (self, template(self.kind(), packages).await?) {
            (Self::Sqlite { file, .. }, Template::Sqlite(bytes)) => {
                Ok(std::fs::write(file, bytes).map_err(lost)?)
            }
            (Self::Postgres(database), Template::Postgres(template)) => {
                Ok(database.create(Some(&template)).await?)
            }
            _ => unreachable!("a template is of the kind that was asked for"),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Sqlite { .. } => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    async fn open(&self) -> Result<Database, Error> {
        let options = ConnectOptions::to(self.url());
        // No test outlives a power failure.
        Database::connect(options.synchronous(Synchronous::Normal)).await
    }
}

async fn template(kind: Kind, packages: &[(String, Folder)]) -> Result<Template, MigrationError> {
    // Held while the first test migrates, so that the others wait instead of doing the same.
    let mut migrated = MIGRATED.lock().await;
    let key = (kind, packages.iter().map(place_in_program).collect());
    if let Some(template) = migrated.get(&key) {
        return Ok(template.clone());
    }
    let place = TestPlace::reserve(kind);
    place.make_empty().await?;
    let db = place.open().await?;
    Migrator::new(db.clone(), packages.iter().cloned())?
        .apply(&Target::All, |_| ())
        .await?;
    // A file is whole, and a database can be copied, when nobody uses it.
    db.close().await;
    let template = match place {
        TestPlace::Sqlite { ref file, .. } => {
            Template::Sqlite(std::fs::read(file).map_err(lost)?.into())
        }
        TestPlace::Postgres(database) => Template::Postgres(Arc::new(database)),
    };
    migrated.insert(key, template.clone());
    Ok(template)
}

fn place_in_program((name, folder): &(String, Folder)) -> (String, usize, usize) {
    let (start, count) = (folder.files.as_ptr() as usize, folder.files.len());
    (name.clone(), start, count)
}

fn lost(error: std::io::Error) -> Error {
    let place = std::env::temp_dir().display().to_string();
    Unavailable::Lost {
        place,
        message: error.to_string(),
    }
    .into()
}
