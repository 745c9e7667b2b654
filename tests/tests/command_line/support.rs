//! The site of these tests, in a project of its own each time.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use plain::db::{ConnectOptions, Database};
use plain_tests::command_line::Project;
pub(crate) use plain_tests::setup::READY;

/// The program of the site.
pub(crate) const SITE: &str = env!("CARGO_BIN_EXE_site");

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

/// The folder of the workspace.
pub(crate) fn workspace() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap()
}

/// The folder into which cargo built the site.
pub(crate) fn target() -> &'static Path {
    let profile = Path::new(SITE).parent().unwrap();
    profile.parent().unwrap()
}

/// The program `plain`, built once as the site was; cargo itself only builds the programs of the
/// package that is tested.
pub(crate) fn built_plain() -> PathBuf {
    static BUILT: LazyLock<()> = LazyLock::new(|| {
        let profile = Path::new(SITE).parent().unwrap().file_name().unwrap();
        let profile = profile.to_str().unwrap().replace("debug", "dev");
        let output = Command::new(env!("CARGO"))
            .current_dir(workspace())
            .args(["build", "--quiet", "--package", "plain", "--bin", "plain"])
            .args(["--profile", &profile])
            .env("CARGO_TARGET_DIR", target())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    });
    LazyLock::force(&BUILT);
    let plain = Path::new(SITE).with_file_name("plain");
    assert!(plain.exists(), "{}", plain.display());
    plain
}

/// Lets `project` be built with what the workspace has built already, without a network.
pub(crate) fn let_build(project: &mut Project) {
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            project.set(name, value);
        }
    }
    project.set("CARGO", env!("CARGO"));
    project.set("CARGO_TARGET_DIR", target());
    project.set("CARGO_NET_OFFLINE", "true");
}
