//! The site of these tests, in a project of its own each time.

use std::future::Future;

use plain::db::{ConnectOptions, Database};
use plain_tests::command_line::Project;

/// The program of the site.
pub(crate) const SITE: &str = env!("CARGO_BIN_EXE_site");

/// Settings with which the site serves strangers, over HTTP, so that tests need no certificate.
pub(crate) const READY: &str = r#"
SECRET_KEY = "w8Kd0xTqLmZ3vRjY5nBsG7hPfC2aUe9iQ4oV6tXkN1rJyDzMbE"
ALLOWED_HOSTS = ["127.0.0.1"]
HTTPS_REDIRECT_ENABLED = false
INSTALLED_PACKAGES = ["plain.sessions", "site"]
MIDDLEWARE = ["plain.sessions.middleware.SessionMiddleware", "site.middleware.Stamp"]
"#;

/// The site with the given lines as its settings.
pub(crate) fn site_with(settings: &str) -> Project {
    Project::new(SITE, settings)
}

/// The site, ready to be migrated.
pub(crate) fn site() -> Project {
    site_with(READY)
}

/// The site with its tables.
pub(crate) fn migrated() -> Project {
    migrated_with("")
}

/// The site with its tables, and with more settings.
pub(crate) fn migrated_with(settings: &str) -> Project {
    let project = site_with(&format!("{READY}{settings}"));
    project.done("migrate");
    project
}

/// The site whose migrations are `files`, names with their SQL.
pub(crate) fn site_with_migrations(files: &[(&str, &str)]) -> Project {
    let mut project = site();
    for (name, sql) in files {
        project.write(format!("migrations/{name}"), sql);
    }
    project.set("SITE_MIGRATIONS", project.path("migrations"));
    project
}

/// Looks at the database of the project, or changes it, apart from its program.
pub(crate) fn with_database<T, F>(project: &Project, work: impl FnOnce(Database) -> F) -> T
where
    F: Future<Output = T>,
{
    let options = ConnectOptions::sqlite_file(project.path("db.sqlite3"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = Database::connect(options).await.unwrap();
        let result = work(database.clone()).await;
        database.close().await;
        result
    })
}

/// The names of the tables that the site's own migrations made.
pub(crate) fn tables(project: &Project) -> Vec<String> {
    with_database(project, |database| async move {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' \
                   AND name NOT LIKE 'plain%' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let rows: Vec<(String,)> = database.query(sql).fetch_all().await.unwrap();
        rows.into_iter().map(|(name,)| name).collect()
    })
}
