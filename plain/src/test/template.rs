//! A fresh migrated database a test: the migrations run once a process, and every test gets a copy
//! of the file.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use tokio::sync::Mutex;

use crate::App;
use crate::db::migrations::Target;
use crate::db::{ConnectOptions, Create, Database};
use crate::http::Result;

/// Which packages have their migrations in a file, and where these are in the program.
type Key = Vec<(&'static str, usize, usize)>;

/// The files that were migrated in this process, as bytes, so that nothing is left on the disk.
static MIGRATED: LazyLock<Mutex<HashMap<Key, Arc<[u8]>>>> = LazyLock::new(Mutex::default);

/// Where an application has its database, if nothing else is set.
const FILE: &str = "db.sqlite3";

/// Connects `app` to a copy of a migrated database.
pub(super) async fn connect(app: &App) -> Result<()> {
    let bytes = migrated(app).await?;
    std::fs::write(app.root().join(FILE), bytes)?;
    app.connect(Create::Never).await?;
    Ok(())
}

/// Connects `app` to the database that it names, and migrates it.
pub(super) async fn migrate(app: &App) -> Result<()> {
    let database = app.connect(Create::IfMissing).await?.clone();
    apply(app, database).await
}

/// The file of a database in which all migrations of `app` are applied.
async fn migrated(app: &App) -> Result<Arc<[u8]>> {
    // Held while the first test migrates, so that the others wait instead of doing the same.
    let mut migrated = MIGRATED.lock().await;
    let key = key(app);
    if let Some(bytes) = migrated.get(&key) {
        return Ok(bytes.clone());
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(FILE);
    let database = Database::connect(ConnectOptions::sqlite_file(&path)).await?;
    apply(app, database.clone()).await?;
    // From here on all is in the one file.
    database.close().await;
    let bytes: Arc<[u8]> = std::fs::read(path)?.into();
    migrated.insert(key, bytes.clone());
    Ok(bytes)
}

async fn apply(app: &App, database: Database) -> Result<()> {
    let migrator = app.packages().migrator(database)?;
    migrator.apply(&Target::All, |_| ()).await?;
    Ok(())
}

fn key(app: &App) -> Key {
    let packages = app.packages().installed().iter();
    let folders = packages.filter_map(|package| Some((package.name(), package.migrations()?)));
    folders
        .map(|(name, folder)| (name, folder.files.as_ptr() as usize, folder.files.len()))
        .collect()
}
