//! Finding out what is pending, and applying it.

use std::fmt;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::MigrationError;
use super::files::{self, Migration};
use super::history::{self, History};
use super::script;
use crate::db::connection::ScriptFailure;
use crate::db::query::Target as Source;
use crate::db::{Database, Error, Kind, Transaction, Unavailable};
use crate::embedded::Folder;
use crate::nearest::hint;

/// Applies the migrations of the installed packages to one database.
///
/// ```
/// # use plain::db::{ConnectOptions, Database};
/// use plain::db::migrations::{Migrator, Target};
/// use plain::embedded::{File, Folder};
///
/// const MIGRATIONS: Folder = Folder {
///     path: "migrations",
///     files: &[File { path: "0001_initial.sql", contents: b"CREATE TABLE item (name TEXT);" }],
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let db = Database::connect(ConnectOptions::sqlite_file(folder.path().join("db"))).await?;
/// let migrator = Migrator::new(db, [("shop", MIGRATIONS)])?;
/// let applied = migrator.apply(&Target::All, |_| ()).await?;
/// assert_eq!(applied[0].to_string(), "shop 0001_initial");
/// assert!(migrator.plan(&Target::All).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Migrator {
    /// `None` for one that is not there yet.
    db: Option<Database>,
    pub(super) packages: Vec<Package>,
    wait: Duration,
}

/// A package and its migrations, in order.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) migrations: Vec<Migration>,
}

/// Which migrations are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// All of all installed packages.
    All,
    /// All of one package.
    Package(String),
    /// Those of one package up to the named one; its number is enough of a name.
    Migration(String, String),
}

/// One migration of one package; it prints itself as `plain.sessions 0001_initial`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MigrationId {
    /// The package's name.
    pub package: String,
    /// The migration's name.
    pub name: String,
}

/// What happens while migrations are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another process writes to the database or migrates it, and is waited for.
    Waiting,
    /// A migration begins.
    Applying(MigrationId),
    /// A migration was applied and its transaction committed.
    Applied(MigrationId),
}

/// Whether the SQL of a migration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Run,
    RecordOnly,
}

/// How long another process that writes to the database is waited for, unless that is set.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Reads the folders of packages.
fn read<N: Into<String>>(
    kind: Kind,
    packages: impl IntoIterator<Item = (N, Folder)>,
) -> Result<Vec<Package>, MigrationError> {
    let packages = packages.into_iter().map(|(name, folder)| {
        let name = name.into();
        let migrations = files::read(&name, folder, kind)?;
        Ok(Package { name, migrations })
    });
    packages.collect()
}

impl Migrator {
    /// A migrator for the packages of which the names and folders are given in installation order.
    ///
    /// # Errors
    ///
    /// That a file is badly named, a number is missing or used twice, or a statement cannot stand in
    /// a migration; see [`MigrationError`].
    pub fn new<N: Into<String>>(
        db: Database,
        packages: impl IntoIterator<Item = (N, Folder)>,
    ) -> Result<Self, MigrationError> {
        Ok(Self {
            packages: read(db.kind(), packages)?,
            db: Some(db),
            wait: LONGEST_WAIT,
        })
    }

    /// One for a database of `kind` that is not there yet: everything is pending, and nothing can be
    /// applied.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub(crate) fn unconnected<N: Into<String>>(
        kind: Kind,
        packages: impl IntoIterator<Item = (N, Folder)>,
    ) -> Result<Self, MigrationError> {
        Ok(Self {
            packages: read(kind, packages)?,
            db: None,
            wait: LONGEST_WAIT,
        })
    }

    /// How long another process that writes to the database or migrates it is waited for; ten
    /// minutes unless set.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// What [`apply`](Self::apply) would apply, in order; the database is only read.
    ///
    /// # Errors
    ///
    /// That the target is unknown, or that the record and the files do not agree.
    pub async fn plan(&self, target: &Target) -> Result<Vec<MigrationId>, MigrationError> {
        let history = self.history().await?;
        let pending = self.pending(target, &history)?;
        Ok(pending
            .into_iter()
            .map(|(package, migration)| migration.id(package))
            .collect())
    }

    /// Applies what is pending, each migration in one transaction with its record, and returns what
    /// was applied by this call. `on_event` is told of each step as it happens.
    ///
    /// Processes that migrate one database at the same time wait for each other.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan), and a statement that failed. The migrations before it are
    /// kept, the one at fault leaves nothing.
    pub async fn apply(
        &self,
        target: &Target,
        on_event: impl FnMut(Event) + Send,
    ) -> Result<Vec<MigrationId>, MigrationError> {
        self.run(target, Mode::Run, on_event).await
    }

    /// Records what is pending as applied without running it: for a database whose tables were made
    /// by other means.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan).
    pub async fn fake(
        &self,
        target: &Target,
        on_event: impl FnMut(Event) + Send,
    ) -> Result<Vec<MigrationId>, MigrationError> {
        self.run(target, Mode::RecordOnly, on_event).await
    }

    pub(super) async fn history(&self) -> Result<History, Error> {
        match &self.db {
            Some(db) => History::read(Source::Database(db)).await,
            None => Ok(History::default()),
        }
    }

    async fn run(
        &self,
        target: &Target,
        mode: Mode,
        mut on_event: impl FnMut(Event) + Send,
    ) -> Result<Vec<MigrationId>, MigrationError> {
        // Nobody is made to wait where there is nothing to do.
        if self.plan(target).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut applied = Vec::new();
        while let Some(id) = self.step(target, mode, &mut on_event).await? {
            applied.push(id);
        }
        Ok(applied)
    }

    /// Applies the first pending migration; which one that is, is decided under the lock.
    async fn step(
        &self,
        target: &Target,
        mode: Mode,
        on_event: &mut (impl FnMut(Event) + Send),
    ) -> Result<Option<MigrationId>, MigrationError> {
        let mut transaction = self.begin(on_event).await?;
        let history = History::read(Source::Transaction(&mut transaction)).await?;
        let Some(&(package, migration)) = self.pending(target, &history)?.first() else {
            return Ok(None);
        };
        let id = migration.id(package);
        on_event(Event::Applying(id.clone()));
        if mode == Mode::Run {
            let sql = AssertSqlSafe(migration.sql.clone()).into_sql_str();
            let result = transaction.script(sql).await;
            result.map_err(|failure| migration.explain(package, failure))?;
        }
        history::record(&mut transaction, &package.name, migration).await?;
        transaction.commit().await?;
        on_event(Event::Applied(id.clone()));
        Ok(Some(id))
    }

    /// Begins a transaction in which nobody else migrates, however long another one takes, as far as
    /// that was allowed.
    async fn begin(
        &self,
        on_event: &mut (impl FnMut(Event) + Send),
    ) -> Result<Transaction, MigrationError> {
        let deadline = Instant::now() + self.wait;
        let mut told = false;
        loop {
            let error = match self.begin_alone().await {
                Ok(transaction) => return Ok(transaction),
                Err(error) => error,
            };
            let is_busy = matches!(
                error,
                Error::Unavailable(
                    Unavailable::Locked { .. }
                        | Unavailable::Waited { .. }
                        | Unavailable::Conflict { .. }
                )
            );
            if !is_busy || Instant::now() >= deadline {
                return Err(error.into());
            }
            if !told {
                on_event(Event::Waiting);
                told = true;
            }
            // The attempt itself has waited; this only keeps a timeout of zero from spinning.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Begins a transaction in which nobody else migrates.
    async fn begin_alone(&self) -> Result<Transaction, Error> {
        let db = self.db.as_ref().ok_or(Error::NotConnected)?;
        let mut transaction = db.begin().await?;
        history::lock(&mut transaction).await?;
        Ok(transaction)
    }

    /// What is pending, after the record was compared with the files.
    fn pending(
        &self,
        target: &Target,
        history: &History,
    ) -> Result<Vec<(&Package, &Migration)>, MigrationError> {
        let (packages, last) = match target {
            Target::All => (self.packages.iter().collect(), None),
            Target::Package(name) => (vec![self.package(name)?], None),
            Target::Migration(package, name) => {
                let package = self.package(package)?;
                (vec![package], Some(package.position(name)?))
            }
        };
        let mut pending = Vec::new();
        for package in packages {
            let done = package.count_applied(history)?;
            let end = last.map_or(package.migrations.len(), |last| last + 1);
            let Some(rest) = package.migrations.get(done..end) else {
                return Err(package.no_reverse(end - 1, done - 1));
            };
            pending.extend(rest.iter().map(|migration| (package, migration)));
        }
        Ok(pending)
    }

    fn package(&self, name: &str) -> Result<&Package, MigrationError> {
        self.packages
            .iter()
            .find(|package| package.name == name)
            .ok_or_else(|| {
                let known = self.packages.iter().map(|package| package.name.as_str());
                MigrationError::UnknownPackage {
                    package: name.to_owned(),
                    hint: hint(name, known),
                }
            })
    }
}

impl Package {
    /// Where the migration with the name or number `name` stands.
    fn position(&self, name: &str) -> Result<usize, MigrationError> {
        let is_named = |migration: &Migration| {
            migration.name == name
                || migration
                    .name
                    .split_once('_')
                    .is_some_and(|(number, _)| number == name)
        };
        self.migrations.iter().position(is_named).ok_or_else(|| {
            let known = self.migrations.iter().map(|migration| migration.name);
            MigrationError::UnknownMigration {
                package: self.name.clone(),
                name: name.to_owned(),
                hint: hint(name, known),
            }
        })
    }

    /// How many migrations were applied; they must be the first ones, unchanged.
    fn count_applied(&self, history: &History) -> Result<usize, MigrationError> {
        let applied = history.of(&self.name);
        for record in applied {
            let Some(migration) = self.migrations.iter().find(|it| it.name == record.name) else {
                return Err(MigrationError::Ahead {
                    package: self.name.clone(),
                    name: record.name.clone(),
                });
            };
            if migration.checksum != record.checksum {
                return Err(MigrationError::Changed {
                    package: self.name.clone(),
                    file: migration.file.to_owned(),
                });
            }
        }
        for (migration, record) in self.migrations.iter().zip(applied) {
            if migration.name != record.name {
                return Err(MigrationError::Skipped {
                    package: self.name.clone(),
                    name: migration.name.to_owned(),
                    later: record.name.clone(),
                });
            }
        }
        Ok(applied.len())
    }

    fn no_reverse(&self, wanted: usize, applied: usize) -> MigrationError {
        let name = |index: usize| {
            self.migrations
                .get(index)
                .map_or("", |it| it.name)
                .to_owned()
        };
        MigrationError::NoReverse {
            package: self.name.clone(),
            name: name(wanted),
            applied: name(applied),
        }
    }
}

impl Migration {
    pub(super) fn id(&self, package: &Package) -> MigrationId {
        MigrationId {
            package: package.name.clone(),
            name: self.name.to_owned(),
        }
    }

    fn explain(&self, package: &Package, failure: ScriptFailure) -> MigrationError {
        let ScriptFailure {
            done,
            message,
            error,
        } = failure;
        if error.is_unavailable() {
            return error.into();
        }
        let line = match error {
            Error::Statement {
                position: Some(position),
                ..
            } => {
                self.sql
                    .chars()
                    .take(position)
                    .filter(|c| *c == '\n')
                    .count()
                    + 1
            }
            _ => script::statements(&self.sql)
                .get(done)
                .map_or(1, |statement| statement.line),
        };
        let (package, file) = (package.name.clone(), self.file.to_owned());
        // SQLite: "cannot VACUUM from within a transaction"; PostgreSQL: "VACUUM cannot run inside
        // a transaction block".
        let in_transaction = ["within a transaction", "inside a transaction"]
            .iter()
            .any(|it| message.contains(it));
        if in_transaction {
            return MigrationError::NotInTransaction {
                package,
                file,
                line,
                message,
            };
        }
        MigrationError::Sql {
            package,
            file,
            line,
            message,
        }
    }
}

impl fmt::Display for MigrationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.package, self.name)
    }
}
