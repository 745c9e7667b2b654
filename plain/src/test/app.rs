//! An application of a test's own, with a database of its own.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::database::TestPlace;
use super::factory::RequestFactory;
use crate::App;
use crate::app::Source;
use crate::db::migrations::Target;
use crate::db::{Create, Database, Kind};
use crate::embedded::Folder;
use crate::http::Result;
use crate::logging;
use crate::packages::Package;

/// An application for one test, with a fresh migrated database. Both are gone when it is dropped.
///
/// It is configured as in production: `DEBUG` is false, and its [`client`](Self::client) speaks
/// HTTPS. The environment is not looked at. What it logs from the level "warn" on is shown when the
/// test fails.
///
/// The database is SQLite, unless the environment variable `TEST_DATABASE` is `postgres`, or the test
/// itself says which by [`on`](TestAppBuilder::on). So the tests of a project whose production is on
/// PostgreSQL run on either: `TEST_DATABASE=postgres cargo test`.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use plain::packages::{Installer, Package};
/// use plain::test::TestApp;
/// use plain::urls::{path, urls};
/// use plain::views::View;
///
/// struct Home;
///
/// impl View for Home {
///     async fn get(&self, _: &Request) -> Result<Response> {
///         Ok(Response::text("Welcome"))
///     }
/// }
///
/// struct Shop;
///
/// impl Package for Shop {
///     fn name(&self) -> &'static str {
///         "shop"
///     }
///
///     fn install(&self, to: &mut Installer) -> Result<()> {
///         to.urls(urls([path("", Home)]));
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = TestApp::of([Shop.boxed()]).start().await;
/// let response = app.client().get("/").await;
/// assert_eq!(response.text(), "Welcome");
/// assert_eq!(response.statements().len(), 0);
/// # }
/// ```
pub struct TestApp {
    app: App,
    /// Dropped after the application, which is connected to it.
    _place: Option<TestPlace>,
    _folder: TempDir,
}

impl TestApp {
    /// Starts to describe an application in which all of `packages` are linked and installed.
    pub fn of(packages: impl IntoIterator<Item = Box<dyn Package>>) -> TestAppBuilder {
        TestAppBuilder {
            packages: packages.into_iter().collect(),
            kind: default_kind(),
            settings: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The application; it is also what this dereferences to.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// A new visitor, on `https://localhost`.
    pub fn client(&self) -> Client<App> {
        Client::new(self.app.clone()).https()
    }

    /// What makes requests for testing one view of this application.
    pub fn requests(&self) -> RequestFactory {
        RequestFactory::with_services(self.app.services().clone())
    }

    /// The database.
    pub fn database(&self) -> &Database {
        let database = self.app.services().database();
        database.expect("a test application is connected when it starts")
    }
}

impl Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestApp").field(&self.app).finish()
    }
}

/// An application for a test, before it starts.
#[must_use = "`start()` makes the application"]
pub struct TestAppBuilder {
    packages: Vec<Box<dyn Package>>,
    kind: Kind,
    settings: Vec<(String, Value)>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl TestAppBuilder {
    /// Chooses the kind of the database, whatever `TEST_DATABASE` says; see [`both!`](super::both) for
    /// running a test on both.
    pub fn on(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the setting `name`, such as `("SESSION_COOKIE_AGE", 60)`.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Sets several settings, such as those that a package's tests share.
    pub fn settings<N: Into<String>, V: Into<Value>>(
        self,
        settings: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let settings = settings.into_iter();
        settings.fold(self, |app, (name, value)| app.setting(name, value))
    }

    /// Sets `MIDDLEWARE`, the outermost first.
    pub fn middleware<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        self.setting("MIDDLEWARE", names)
    }

    /// Puts a file into the project's folder, such as `("templates/cart.html", "...")`.
    pub fn file(mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), content.into()));
        self
    }

    /// Starts the application on a fresh database, in which all migrations are applied.
    ///
    /// The database is a copy of one that is migrated once a process, unless the test sets
    /// `DATABASE_URL`: that one is migrated as it is.
    ///
    /// # Panics
    ///
    /// If it does not start; with the text that would be shown to who runs it.
    pub async fn start(mut self) -> TestApp {
        logging::show_in_tests();
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        for (path, content) in &self.files {
            write(&folder.path().join(path), content);
        }
        let is_named = self.settings.iter().any(|(name, _)| name == "DATABASE_URL");
        let place = (!is_named).then(|| TestPlace::reserve_for(self.kind, folder.path()));
        if let Some(place) = &place {
            self = self.setting("DATABASE_URL", place.url().expose());
        }
        let source = self.source(folder.path());
        let app = match App::load(self.packages, source) {
            Ok(app) => app,
            Err(error) => panic!("the application does not start:\n{error}"),
        };
        let connected = match &place {
            Some(place) => connect_to_copy(&app, place).await,
            None => connect_and_migrate(&app).await,
        };
        if let Err(error) = connected {
            panic!("the database of the test can't be made: {error}");
        }
        TestApp {
            app,
            _place: place,
            _folder: folder,
        }
    }

    /// What the application is configured by: what the test set, and else what a test needs.
    fn source(&self, root: &Path) -> Source {
        let names: Vec<_> = self.packages.iter().map(|package| package.name()).collect();
        let source = Source::isolated(root)
            .with("INSTALLED_PACKAGES", json!(names))
            .with("SECRET_KEY", crate::random::token())
            .with("ALLOWED_HOSTS", json!(["localhost", "127.0.0.1"]))
            // No test outlives a power failure.
            .with("DATABASE_SQLITE_SYNCHRONOUS", "NORMAL");
        let settings = self.settings.iter().cloned();
        settings.fold(source, |source, (name, value)| source.with(name, value))
    }
}

impl fmt::Debug for TestAppBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packages = self.packages.iter().map(|package| package.name());
        f.debug_list().entries(packages).finish()
    }
}

/// The kind of database that the environment asks for.
fn default_kind() -> Kind {
    match std::env::var("TEST_DATABASE").as_deref() {
        Err(_) | Ok("" | "sqlite") => Kind::Sqlite,
        Ok("postgres") => Kind::Postgres,
        Ok(other) => panic!("TEST_DATABASE is \"{other}\"; set it to `sqlite` or `postgres`"),
    }
}

/// Connects `app` to a copy of a migrated database.
async fn connect_to_copy(app: &App, place: &TestPlace) -> Result<()> {
    let installed = app.packages().installed().iter();
    let packages: Vec<(String, Folder)> = installed
        .filter_map(|package| Some((package.name().to_owned(), package.migrations()?)))
        .collect();
    place.make_migrated(&packages).await?;
    app.connect(Create::IfMissing).await?;
    Ok(())
}

/// Connects `app` to the database that it names, and migrates it.
async fn connect_and_migrate(app: &App) -> Result<()> {
    let database = app.connect(Create::IfMissing).await?.clone();
    let migrator = app.packages().migrator(database)?;
    migrator.apply(&Target::All, |_| ()).await?;
    Ok(())
}

fn write(path: &Path, content: &[u8]) {
    let written = match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    };
    if let Err(error) = written.and_then(|()| std::fs::write(path, content)) {
        panic!("{} can't be written: {error}", path.display());
    }
}

#[cfg(test)]
mod tests;
