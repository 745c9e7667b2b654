//! Each mistake that the page on deployment warns of is found by the check that it names.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

use std::collections::BTreeSet;

use plain::App;
use plain::app::Source;
use plain::db::Create;
use plain::db::migrations::Target;
use plain::packages::{Installer, Package};
use plain::preflight::{Stage, run_checks};
use plain::urls::{include, urls};
use plain_auth::test::{PASSWORD, create_admin};
use plain_auth::{Mail, Mailer, Outbox, Role, User};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../../docs/src/deployment.md");

/// Sends nothing, and is no printer.
struct Silent;

impl Mailer for Silent {
    async fn send(&self, _: Mail) -> plain::http::Result<()> {
        Ok(())
    }
}

/// The reader's package: pages, and a mailer unless that is forgotten.
struct Shop {
    mailer: bool,
}

impl Package for Shop {
    fn name(&self) -> &'static str {
        "shop"
    }

    fn install(&self, to: &mut Installer) -> plain::http::Result<()> {
        to.urls(urls([
            include("account", plain_auth::urls()),
            include("admin", plain::admin::urls()),
        ]));
        if self.mailer {
            to.share(Outbox::new(Silent));
        }
        Ok(())
    }
}

/// What is done wrong.
#[derive(Clone, Copy)]
enum Mistake {
    Nothing,
    Setting(&'static str, fn() -> Value),
    NotMigrated,
    NobodyIsAdmin,
    NoMailer,
}

/// The checks that find something where everything is right but for `mistake`.
async fn found(mistake: Mistake) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let mailer = !matches!(mistake, Mistake::NoMailer);
    let packages = [
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
        Box::new(Shop { mailer }),
    ];
    let names: Vec<&str> = packages.iter().map(|package| package.name()).collect();
    let mut source = Source::isolated(folder.path())
        .with("INSTALLED_PACKAGES", json!(names))
        .with(
            "MIDDLEWARE",
            json!([
                plain_sessions::middleware::NAME,
                plain_auth::middleware::NAME
            ]),
        )
        .with("SECRET_KEY", "zYk8LwQ2fT5nR9vX3mB7cH1jD6gS4pA0")
        .with("ALLOWED_HOSTS", json!(["shop.example"]))
        .with("TRUSTED_PROXIES", json!(["127.0.0.1"]));
    // With that name a cookie that is not secure stops the start.
    if !matches!(mistake, Mistake::Setting("SESSION_COOKIE_SECURE", _)) {
        source = source.with("SESSION_COOKIE_NAME", "__Host-sessionid");
    }
    if let Mistake::Setting(name, value) = mistake {
        source = source.with(name, value());
    }
    let app = App::load(packages, source).unwrap();
    let database = app.connect(Create::IfMissing).await.unwrap().clone();
    if !matches!(mistake, Mistake::NotMigrated) {
        let migrator = app.packages().migrator(database).unwrap();
        migrator.apply(&Target::All, |_| ()).await.unwrap();
        if matches!(mistake, Mistake::NobodyIsAdmin) {
            let made = User::create(app.services(), "a@example.com", PASSWORD, Role::Member);
            made.await.unwrap();
        } else {
            create_admin(app.services(), "a@example.com").await.unwrap();
        }
    }
    let report = run_checks(app.services(), app.checks(), Stage::Deploy, &[]).await;
    let checks = report.checks.iter();
    let found = checks.filter(|check| !check.findings.is_empty());
    found.map(|check| check.name.clone()).collect()
}

#[tokio::test]
async fn a_deployment_as_the_page_says_has_no_findings() {
    assert_eq!(found(Mistake::Nothing).await, BTreeSet::new());
}

#[tokio::test]
async fn each_mistake_that_the_page_warns_of_is_found() {
    let mistakes = [
        ("settings.debug", Mistake::Setting("DEBUG", || json!(true))),
        (
            "settings.secret_key",
            Mistake::Setting("SECRET_KEY", || json!("change-me")),
        ),
        (
            "security.hosts",
            Mistake::Setting("ALLOWED_HOSTS", || json!(["*"])),
        ),
        (
            "security.hosts",
            Mistake::Setting("ALLOWED_HOSTS", || json!([])),
        ),
        (
            "security.https",
            Mistake::Setting("HTTPS_REDIRECT_ENABLED", || json!(false)),
        ),
        (
            "security.proxies",
            Mistake::Setting("TRUSTED_PROXIES", || json!([])),
        ),
        (
            "security.proxies",
            Mistake::Setting("TRUSTED_PROXIES", || json!(["0.0.0.0/0"])),
        ),
        (
            "security.metrics",
            Mistake::Setting("METRICS_BIND", || json!("0.0.0.0:9100")),
        ),
        ("database.migrations", Mistake::NotMigrated),
        (
            "sessions.cookie_secure",
            Mistake::Setting("SESSION_COOKIE_SECURE", || json!(false)),
        ),
        (
            "sessions.cookie_httponly",
            Mistake::Setting("SESSION_COOKIE_HTTPONLY", || json!(false)),
        ),
        (
            "sessions.cookie_name",
            Mistake::Setting("SESSION_COOKIE_NAME", || json!("sessionid")),
        ),
        (
            "sessions.middleware",
            Mistake::Setting("MIDDLEWARE", || json!([])),
        ),
        (
            "auth.middleware",
            Mistake::Setting("MIDDLEWARE", || json!([plain_sessions::middleware::NAME])),
        ),
        ("auth.admin", Mistake::NobodyIsAdmin),
        (
            "auth.argon2",
            Mistake::Setting("AUTH_ARGON2_MEMORY_KIB", || json!(8)),
        ),
        ("auth.mailer", Mistake::NoMailer),
    ];
    let mut tried = BTreeSet::new();
    for (check, mistake) in mistakes {
        let found = found(mistake).await;
        assert!(found.contains(check), "{check} finds nothing: {found:?}");
        tried.insert(check);
    }
    assert_eq!(tried, warned_of(), "the page and this test name the same");
}

/// The checks that stand in the last column of the page's table of mistakes.
fn warned_of() -> BTreeSet<&'static str> {
    let table = PAGE.split("| the mistake |").nth(1).unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let checks = rows.flat_map(|row| {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap();
        last.split('`').skip(1).step_by(2)
    });
    checks.collect()
}
