//! The site of the tests as processes, on a database of either kind.

use std::path::Path;

use plain::db::{ConnectOptions, Database, DatabaseUrl, Kind};
use plain::test::TestDatabase;

use crate::command_line::Project;

/// Settings with which the site serves strangers, over HTTP, so that tests need no certificate.
pub const READY: &str = r#"
SECRET_KEY = "w8Kd0xTqLmZ3vRjY5nBsG7hPfC2aUe9iQ4oV6tXkN1rJyDzMbE"
ALLOWED_HOSTS = ["127.0.0.1"]
HTTPS_REDIRECT_ENABLED = false
INSTALLED_PACKAGES = ["plain.sessions", "site"]
MIDDLEWARE = ["plain.sessions.middleware.SessionMiddleware", "site.middleware.Stamp"]
"#;

/// A project and its database.
#[derive(Debug)]
pub struct Setup {
    /// The project, in which the site's commands are run.
    pub project: Project,
    url: DatabaseUrl,
    /// Removes the database, where it is on the server of all tests.
    _database: Option<TestDatabase>,
}

impl Setup {
    /// The program `site` on an empty database of `kind`, with more `settings`.
    pub async fn new(site: &str, kind: Kind, settings: &str) -> Self {
        match kind {
            Kind::Sqlite => {
                let project = Project::new(site, &format!("{READY}{settings}"));
                let url = DatabaseUrl::sqlite_file(project.path("db.sqlite3"));
                Self {
                    project,
                    url,
                    _database: None,
                }
            }
            Kind::Postgres => {
                let database = TestDatabase::empty(kind).await;
                let setup = Self::at(site, database.url(), settings);
                Self {
                    _database: Some(database),
                    ..setup
                }
            }
        }
    }

    /// The program `site` on the database at `url`, with more `settings`.
    pub fn at(site: &str, url: DatabaseUrl, settings: &str) -> Self {
        let project = Project::new(site, &format!("{READY}{settings}"));
        let mut setup = Self {
            project,
            url: url.clone(),
            _database: None,
        };
        setup.connect_by(url.expose());
        setup
    }

    /// The same with its tables.
    pub fn migrated(self) -> Self {
        self.project.done("migrate");
        self
    }

    /// The address of the database itself.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Lets the commands from now on go to their database by another address, as that of a proxy.
    pub fn connect_by(&mut self, url: &str) {
        self.project.set("DATABASE_URL", url);
    }

    /// A handle of the database, of the test's own.
    pub async fn database(&self) -> Database {
        let options = ConnectOptions::to(self.url.clone());
        Database::connect(options).await.unwrap()
    }

    /// The folder of the project.
    pub fn folder(&self) -> &Path {
        self.project.root()
    }
}
