//! `plain preflight`.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{READY, migrated, migrated_with, site, site_with};

#[test]
fn a_sound_configuration_passes() {
    assert_snapshot!(migrated().done("preflight"), @"
    plain
      ok       database.connection
      ok       database.migrations
      ok       database.binary
      ok       templates.compile
    plain.sessions
      ok       sessions.middleware
      ok       sessions.expired
    site
      ok       site.is_open

    7 checks, 0 errors, 0 warnings
    ");
}

#[test]
fn a_deployment_is_checked_for_more_and_warnings_are_no_failure() {
    let project = migrated();
    assert_snapshot!(project.done("preflight --deploy"), @r#"
    plain
      ok       settings.debug
      ok       settings.secret_key
      ok       security.hosts
      warning  security.https: HTTPS_REDIRECT_ENABLED is off: visitors may stay on clear HTTP
               -> remove it, or silence this check if a proxy in front redirects
      ok       security.proxies
      ok       security.metrics
      ok       database.connection
      ok       database.migrations
      ok       database.binary
      ok       templates.compile
      ok       chores.runs
    plain.sessions
      ok       sessions.cookie_secure
      ok       sessions.cookie_httponly
      warning  sessions.cookie_name: the name of the session cookie has no prefix, so other hosts of this domain, and pages in clear http, can set one in its place
               -> set SESSION_COOKIE_NAME = "__Host-sessionid"; it signs everybody out once
      ok       sessions.middleware
      ok       sessions.expired
    site
      ok       site.is_open

    17 checks, 0 errors, 2 warnings
    "#);
    project
        .run("preflight --deploy --fail-level warning")
        .expect(1);
    let silenced = project.with(
        "PLAIN_PREFLIGHT_SILENCED",
        r#"["security.https", "sessions.cookie_name"]"#,
    );
    silenced.done("preflight --deploy --fail-level warning");
}

#[test]
fn what_is_for_developers_fails_a_deployment_and_nothing_else() {
    let settings = r#"
DEBUG = true
SECRET_KEY = "change-me"
INSTALLED_PACKAGES = ["plain.sessions", "site"]
MIDDLEWARE = ["plain.sessions.middleware.SessionMiddleware"]
SESSION_COOKIE_SECURE = false
SESSION_COOKIE_HTTPONLY = false
SITE_OPEN = false
"#;
    let project = site_with(settings);
    project.done("migrate");
    project.done("preflight");
    assert_snapshot!(project.run("preflight --deploy").expect(1).out, @r#"
    plain
      error    settings.debug: DEBUG is on: error pages show settings, code and data to strangers
               -> remove DEBUG, or set it to false
      error    settings.secret_key: SECRET_KEY is an example from a document, so what it signs can be forged
               -> give it 50 random characters
      error    security.hosts: ALLOWED_HOSTS is empty: no request is answered
               -> name the hosts that visitors use, such as ALLOWED_HOSTS = ["example.com"]
      ok       security.https
      warning  security.proxies: TRUSTED_PROXIES is empty: each request counts as clear HTTP, and is redirected to HTTPS for ever
               -> name the proxy that speaks HTTPS, such as TRUSTED_PROXIES = ["127.0.0.1"], or set SERVER_TLS_CERT
      ok       security.metrics
      ok       database.connection
      ok       database.migrations
      ok       database.binary
      ok       templates.compile
      ok       chores.runs
    plain.sessions
      error    sessions.cookie_secure: the session cookie is sent over plain http, where everyone on the way can read it
               -> set SESSION_COOKIE_SECURE = true
      error    sessions.cookie_httponly: scripts can read the session cookie, so one injected script takes over sessions
               -> set SESSION_COOKIE_HTTPONLY = true
      ok       sessions.cookie_name
      ok       sessions.middleware
      ok       sessions.expired
    site
      warning  site.is_open: the site is closed
               -> set SITE_OPEN = true

    17 checks, 5 errors, 2 warnings
    "#);
}

#[test]
fn programs_read_json_and_the_same_status() {
    let project = migrated_with("SITE_OPEN = false\n");
    let json: Value = serde_json::from_str(&project.done("preflight --json")).unwrap();
    let checks = json["checks"].as_array().unwrap();
    let closed = checks
        .iter()
        .find(|check| check["name"] == "site.is_open")
        .unwrap();
    assert_eq!(closed["package"], "site");
    assert_eq!(closed["findings"][0]["level"], "warning");
    assert_eq!(closed["findings"][0]["problem"], "the site is closed");
    assert_eq!(closed["findings"][0]["fix"], "set SITE_OPEN = true");
    project
        .run("preflight --json --fail-level warning")
        .expect(1);
}

#[test]
fn without_its_database_every_check_says_what_to_do() {
    assert_snapshot!(site().run("preflight").expect(1).out, @"
    plain
      error    database.connection: there is no database file /project/db.sqlite3; run `plain migrate` to create it
               -> see that DATABASE_URL is right and the database is running
      ok       database.migrations
      ok       database.binary
      ok       templates.compile
    plain.sessions
      ok       sessions.middleware
      error    sessions.expired: the check needs the database, which is not connected
               -> mend what database.connection says, and run preflight again
    site
      ok       site.is_open

    7 checks, 2 errors, 0 warnings
    ");
}

#[test]
fn migrations_that_are_pending_and_middleware_that_is_missing_are_found() {
    let project =
        site_with(&READY.replace("\"plain.sessions.middleware.SessionMiddleware\", ", ""));
    project.done("migrate plain");
    assert_snapshot!(project.run("preflight").expect(1).out, @r#"
    plain
      ok       database.connection
      error    database.migrations: migrations are not applied: plain.sessions 0001_initial, site 0001_notes
               -> run `plain migrate`
      ok       database.binary
      ok       templates.compile
    plain.sessions
      error    sessions.middleware: plain.sessions is installed, but its middleware is not listed
               -> add "plain.sessions.middleware.SessionMiddleware" to MIDDLEWARE in settings.toml
      error    sessions.expired: the check could not look: the table `plainsessions_session` does not exist; run `plain migrate` to create the tables of the installed packages
               -> mend what keeps it from looking, and run preflight again
    site
      ok       site.is_open

    7 checks, 3 errors, 0 warnings
    "#);
}

#[test]
fn an_application_that_does_not_start_is_a_finding() {
    let project = site_with("DEBUG = 1\n");
    assert_snapshot!(project.run("preflight").expect(1).out, @"
    plain
      error    start: the settings have a problem:
               - DEBUG: expected a boolean, found the integer 1 (/project/settings.toml line 1); write true or false
               -> correct this first; other checks wait for it

    1 check, 1 error, 0 warnings
    ");
    let json = project.run("preflight --deploy --json").expect(1).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["checks"][0]["name"], "start");
    assert_eq!(json["checks"][0]["findings"][0]["level"], "error");
}
