//! A fresh migrated database for each test, fast enough to have one in every test.

use tempfile::TempDir;

use super::migrations::{MigrationError, Migrator, Target};
use super::{ConnectOptions, Database, Error, Synchronous, Unavailable};
use crate::embedded::Folder;

/// A migrated database of which tests get copies.
#[derive(Debug)]
pub struct TemplateDatabase {
    folder: TempDir,
}

/// A database of one test; it is gone when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    db: Database,
    /// Dropped after the connections.
    _folder: TempDir,
}

const FILE: &str = "db.sqlite3";

impl TemplateDatabase {
    /// Makes a database and applies the migrations of `packages`, in order.
    ///
    /// # Errors
    ///
    /// Those of the migrations.
    pub async fn migrated<N: Into<String>>(
        packages: impl IntoIterator<Item = (N, Folder)>,
    ) -> Result<Self, MigrationError> {
        let folder = temporary_folder()?;
        let db = open(&folder).await?;
        Migrator::new(db.clone(), packages)?
            .apply(&Target::All, |_| ())
            .await?;
        // From here on all is in the one file that is copied.
        db.close().await;
        Ok(Self { folder })
    }

    /// A copy for one test.
    ///
    /// # Errors
    ///
    /// That the file cannot be copied.
    pub async fn copy(&self) -> Result<TestDatabase, Error> {
        let folder = temporary_folder()?;
        std::fs::copy(self.folder.path().join(FILE), folder.path().join(FILE)).map_err(lost)?;
        Ok(TestDatabase {
            db: open(&folder).await?,
            _folder: folder,
        })
    }
}

impl TestDatabase {
    /// The database.
    pub fn db(&self) -> &Database {
        &self.db
    }
}

impl std::ops::Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.db
    }
}

async fn open(folder: &TempDir) -> Result<Database, Error> {
    // No test outlives a power failure.
    let options = ConnectOptions::sqlite_file(folder.path().join(FILE));
    Database::connect(options.synchronous(Synchronous::Normal)).await
}

fn temporary_folder() -> Result<TempDir, Error> {
    tempfile::tempdir().map_err(lost)
}

fn lost(error: std::io::Error) -> Error {
    let place = std::env::temp_dir().display().to_string();
    Unavailable::Lost {
        place,
        message: error.to_string(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::File;

    #[tokio::test]
    async fn each_test_has_a_migrated_database_of_its_own() {
        const SQL: &[u8] = b"CREATE TABLE item (name TEXT NOT NULL);";
        const MIGRATIONS: Folder = Folder {
            path: "",
            files: &[File {
                path: "0001_initial.sql",
                contents: SQL,
            }],
        };
        let template = TemplateDatabase::migrated([("shop", MIGRATIONS)])
            .await
            .expect("migrated");
        let one = template.copy().await.expect("a copy");
        let other = template.copy().await.expect("a copy");
        one.query("INSERT INTO item VALUES ('spoon')")
            .execute()
            .await
            .expect("added");
        let count = async |db: &Database| {
            db.query("SELECT count(*) FROM item")
                .scalar::<i64>()
                .await
                .expect("a count")
        };
        assert_eq!(count(&one).await, 1);
        assert_eq!(count(other.db()).await, 0);
    }
}
