//! The framework's own checks against whole applications.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::App;
use crate::app::Source;
use crate::db::Create;
use crate::db::migrations::Target;
use crate::preflight::{Stage, run_checks};

/// An application in an empty folder.
fn app(settings: &[(&str, Value)]) -> (App, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut source = Source::isolated(folder.path());
    for (name, value) in settings {
        source = source.with(*name, value.clone());
    }
    (App::load([], source).unwrap(), folder)
}

/// An application that is ready to be deployed.
fn deployable() -> (App, TempDir) {
    app(&[
        ("SECRET_KEY", json!("kM0zq1vX9bT4sR7yW2nP5cJ8dF3gH6aL")),
        ("ALLOWED_HOSTS", json!(["shop.example"])),
        ("TRUSTED_PROXIES", json!(["127.0.0.1"])),
    ])
}

async fn migrated(app: &App) {
    let database = app.connect(Create::IfMissing).await.unwrap().clone();
    let migrator = app.packages().migrator(database).unwrap();
    migrator.apply(&Target::All, |_| ()).await.unwrap();
}

/// What is found, one line a finding.
async fn found(app: &App, stage: Stage) -> Vec<String> {
    let report = run_checks(app.services(), app.checks(), stage, &[]).await;
    let findings = report.checks.iter().flat_map(|check| {
        let line = |problem: &str| format!("{}: {problem}", check.name);
        check
            .findings
            .iter()
            .map(move |finding| line(&finding.problem))
    });
    findings.collect()
}

#[tokio::test]
async fn a_well_made_application_has_no_findings() {
    let (app, _folder) = deployable();
    migrated(&app).await;
    assert_eq!(found(&app, Stage::Deploy).await, [""; 0]);
}

#[tokio::test]
async fn a_database_without_its_tables_names_the_migrations() {
    let (app, _folder) = deployable();
    app.connect(Create::IfMissing).await.unwrap();
    let findings = found(&app, Stage::Always).await;
    assert_eq!(
        findings,
        ["database.migrations: migrations are not applied: plain 0001_chores"]
    );
}

#[tokio::test]
async fn what_a_developer_needs_is_refused_at_deployment_only() {
    let (app, _folder) = app(&[
        ("DEBUG", json!(true)),
        ("SECRET_KEY", json!("change-me")),
        ("HTTPS_REDIRECT_ENABLED", json!(false)),
    ]);
    migrated(&app).await;
    assert_eq!(found(&app, Stage::Always).await, [""; 0]);
    assert_eq!(
        found(&app, Stage::Deploy).await,
        [
            "settings.debug: DEBUG is on: error pages show settings, code and data to strangers",
            "settings.secret_key: SECRET_KEY is an example from a document, \
             so what it signs can be forged",
            "security.hosts: ALLOWED_HOSTS is empty: no request is answered",
            "security.https: HTTPS_REDIRECT_ENABLED is off: visitors may stay on clear HTTP",
        ]
    );
}

#[tokio::test]
async fn a_template_that_cannot_be_read_is_found_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let templates = folder.path().join("templates");
    std::fs::create_dir(&templates).unwrap();
    std::fs::write(templates.join("page.html"), "<p>\n{% if %}").unwrap();
    let source = Source::isolated(folder.path()).with("DEBUG", true);
    let app = App::load([], source).unwrap();
    migrated(&app).await;
    let findings = found(&app, Stage::Always).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].starts_with("templates.compile: page.html line 2: "),
        "{findings:?}"
    );
}

#[tokio::test]
async fn nobody_is_as_wrong_a_proxy_as_everybody() {
    let key = ("SECRET_KEY", json!("kM0zq1vX9bT4sR7yW2nP5cJ8dF3gH6aL"));
    let hosts = ("ALLOWED_HOSTS", json!(["shop.example"]));
    for (proxies, problem) in [
        (
            json!([]),
            "TRUSTED_PROXIES is empty: each request counts as clear HTTP, and is redirected to \
             HTTPS for ever",
        ),
        (
            json!(["10.0.0.7", "::/0"]),
            "TRUSTED_PROXIES holds \"::/0\": whoever sends a request chooses the address that it \
             seems to come from",
        ),
    ] {
        let settings = [key.clone(), hosts.clone(), ("TRUSTED_PROXIES", proxies)];
        let (app, _folder) = app(&settings);
        migrated(&app).await;
        assert_eq!(
            found(&app, Stage::Deploy).await,
            [format!("security.proxies: {problem}")]
        );
    }
    let (app, _folder) = app(&[key, hosts, ("HTTPS_REDIRECT_ENABLED", json!(false))]);
    migrated(&app).await;
    let findings = found(&app, Stage::Deploy).await;
    assert!(
        findings
            .iter()
            .all(|finding| finding.starts_with("security.https")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn metrics_that_visitors_can_reach_are_found() {
    for (bind, is_open) in [
        ("", false),
        ("9100", false),
        ("[::1]:9100", false),
        ("10.0.0.5:9100", false),
        ("[fd00::5]:9100", false),
        ("metrics.internal:9100", false),
        ("0.0.0.0:9100", true),
        ("[::]:9100", true),
        ("[::ffff:0.0.0.0]:9100", true),
        ("203.0.113.7:9100", true),
    ] {
        let (app, _folder) = app(&[
            ("SECRET_KEY", json!("kM0zq1vX9bT4sR7yW2nP5cJ8dF3gH6aL")),
            ("ALLOWED_HOSTS", json!(["shop.example"])),
            ("TRUSTED_PROXIES", json!(["127.0.0.1"])),
            ("METRICS_BIND", json!(bind)),
        ]);
        migrated(&app).await;
        let finding = format!(
            "security.metrics: METRICS_BIND is {bind}: whoever reaches this computer can read the metrics"
        );
        let expected: Vec<_> = is_open.then_some(finding).into_iter().collect();
        assert_eq!(found(&app, Stage::Deploy).await, expected, "{bind}");
    }
}
