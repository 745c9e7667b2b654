//! Blocks of settings, templates, SQL and JSON, and that there are none which no test reads.

use std::fs;

use plain::App;
use plain::app::Source;
use plain::packages::{Installer, Package};

use crate::support::{blocks, blocks_of, run, shop};

#[test]
fn every_block_is_in_a_language_that_a_test_reads() {
    // Python is what the reader comes from, text is words for people. What is in nginx's language is
    // read by the tests of the deployment, CSS by those of the tutorial's project, the rest here.
    const READ: [&str; 13] = [
        "rust",
        "rust,no_run",
        "console",
        "sh",
        "toml",
        "jinja",
        "sql",
        "css",
        "text",
        "json",
        "python",
        "nginx",
        "ini",
    ];
    for block in blocks() {
        assert!(
            READ.contains(&block.language.as_str()),
            "{}: no test reads a block of `{}`",
            block.page,
            block.language
        );
    }
}

/// Stands for the reader's package where settings name it.
struct Reader(&'static str);

impl Package for Reader {
    fn name(&self) -> &'static str {
        self.0
    }

    fn install(&self, _: &mut Installer) -> plain::http::Result<()> {
        Ok(())
    }
}

#[test]
fn the_settings_of_each_page_start_an_application() {
    for block in blocks_of("toml") {
        // What cargo reads is tested with what `plain new` makes.
        if block.text.starts_with("[profile.") {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut settings = block.text.clone();
        let missing = |name: &str| !block.text.contains(&format!("{name} ="));
        // What is not shown is as in the tutorial.
        if missing("DEBUG") && missing("SECRET_KEY") {
            settings.insert_str(0, "DEBUG = true\n");
        }
        if missing("INSTALLED_PACKAGES") {
            let all = "[\"plain.admin\", \"plain.sessions\", \"plain.auth\", \"shop\"]";
            settings.insert_str(0, &format!("INSTALLED_PACKAGES = {all}\n"));
        }
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        let mut packages = vec![
            plain::admin::package(),
            plain_sessions::package(),
            plain_auth::package(),
        ];
        for name in ["shop", "site", "notes"] {
            packages.push(Box::new(Reader(name)));
        }
        let source = Source::at(folder.path()).without_environment();
        if let Err(error) = App::load(packages, source) {
            panic!("{}: {}\n{error}", block.page, block.text);
        }
    }
}

#[test]
fn the_templates_of_each_page_can_be_read() {
    for block in blocks_of("jinja") {
        let folder = shop();
        let templates = folder.path().join("templates");
        fs::create_dir(&templates).unwrap();
        fs::write(templates.join("shown.html"), &block.text).unwrap();
        assert!(run(folder.path(), "plain migrate").0);
        let (_, found, _) = run(folder.path(), "plain preflight");
        assert!(
            !found.contains("templates.compile: shown.html"),
            "{}: {found}",
            block.page
        );
        assert!(found.contains("templates.compile"), "{found}");
    }
}

#[tokio::test]
async fn the_sql_of_each_page_is_taken_by_the_database() {
    for block in blocks_of("sql") {
        let db = plain::test::TestDatabase::empty(plain::db::Kind::Sqlite).await;
        for statement in block.text.split_inclusive(";\n") {
            let sql = plain::db::Sql::trusted(statement.trim());
            if !sql.as_str().is_empty() {
                let done = db.query(sql).execute().await;
                assert!(done.is_ok(), "{}: {statement}: {done:?}", block.page);
            }
        }
    }
}

#[test]
fn json_is_json() {
    for block in blocks_of("json") {
        let read: Result<serde_json::Value, _> = serde_json::from_str(&block.text);
        assert!(read.is_ok(), "{}: {}", block.page, block.text);
    }
}
