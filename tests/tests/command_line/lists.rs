//! What the application consists of: settings, URLs, packages; and one request.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{READY, migrated, site, site_with};

#[test]
fn settings_are_listed_with_their_value_and_source() {
    let project = site_with(&format!("{READY}SITE_NAME = \"Tea\"\n"))
        .with("PLAIN_SITE_OPEN", "false")
        .with("DATABASE_URL", "sqlite://x.sqlite3");
    assert_snapshot!(project.done("settings list --changed"), @r#"
    SETTING                 FROM                                  VALUE
    ALLOWED_HOSTS           settings.toml line 3                  ["127.0.0.1"]
    DATABASE_URL            environment variable DATABASE_URL     "sqlite://x.sqlite3"
    HTTPS_REDIRECT_ENABLED  settings.toml line 4                  false
    INSTALLED_PACKAGES      settings.toml line 5                  ["plain.sessions", "site"]
    MIDDLEWARE              settings.toml line 6                  ["plain.sessions.middleware.SessionMiddleware", "site.middleware.Stamp"]
    SECRET_KEY              settings.toml line 2                  "********"
    SITE_NAME               settings.toml line 7                  "Tea"
    SITE_OPEN               environment variable PLAIN_SITE_OPEN  false
    "#);
    let all = project.done("settings list");
    let line = all
        .lines()
        .find(|line| line.starts_with("SITE_PAGE_SIZE"))
        .unwrap();
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>(),
        ["SITE_PAGE_SIZE", "default", "20"]
    );
}

#[test]
fn secrets_are_masked_in_every_form() {
    let project = site()
        .with("PLAIN_SITE_PRINTER_TOKEN", "hunter2")
        .with("PLAIN_SECRET_KEY", "correct-horse")
        .with("PLAIN_SECRET_KEY_FALLBACKS", r#"["battery-staple"]"#)
        .with(
            "DATABASE_URL",
            "postgres://shop:swordfish@db/shop?password=sesame",
        );
    for words in [
        "settings list",
        "settings list --changed",
        "settings list --json",
        "settings get SECRET_KEY",
        "settings get SECRET_KEY --json",
        "settings get SECRET_KEY_FALLBACKS",
        "settings get SITE_PRINTER_TOKEN",
        "settings get DATABASE_URL",
        "settings get DATABASE_URL --json",
    ] {
        let shown = project.run(words).expect(0).all();
        for secret in [
            "hunter2",
            "correct-horse",
            "battery-staple",
            "swordfish",
            "sesame",
        ] {
            assert!(!shown.contains(secret), "{words}: {shown}");
        }
        assert!(shown.contains("***"), "{words}: {shown}");
    }
}

#[test]
fn one_setting_is_written_as_a_script_wants_it() {
    let project = site();
    assert_eq!(
        project.done("settings get DATABASE_URL"),
        "sqlite://db.sqlite3\n"
    );
    assert_eq!(project.done("settings get SITE_PAGE_SIZE"), "20\n");
    assert_eq!(
        project.done("settings get INSTALLED_PACKAGES"),
        "[\"plain.sessions\",\"site\"]\n"
    );
    let unset = project.run("settings get SITE_PRINTER_TOKEN").expect(1);
    assert_eq!(
        (unset.out.as_str(), unset.err.as_str()),
        ("", "SITE_PRINTER_TOKEN is not set\n")
    );
    assert_snapshot!(project.run("settings get SITE_NAEM").expect(1).err, @"error: SITE_NAEM: unknown setting; did you mean SITE_NAME?");
    let json = project.done("settings get SITE_PAGE_SIZE --json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["value"], 20);
    assert_eq!(json["package"], "site");
    assert_eq!(json["description"], "How many notes a page shows.");
}

#[test]
fn urls_are_listed_with_what_answers_them() {
    assert_snapshot!(site().done("urls list"), @"
    PATH                 METHODS                      NAME    VIEW                     PACKAGE
    /assets/<path:name>  GET HEAD OPTIONS             -       plain::assets            plain
    /                    GET HEAD OPTIONS             home    site::pages::Home        site
    /visits              GET HEAD POST PATCH OPTIONS  visits  site::pages::Visits      site
    /who                 GET HEAD OPTIONS             -       site::pages::Who         site
    /events              GET HEAD OPTIONS             -       site::pages::Events      site
    /slow                GET HEAD OPTIONS             -       site::pages::Slow        site
    /notes               GET HEAD POST OPTIONS        notes   site::pages::Notes       site
    /hold                GET HEAD OPTIONS             -       site::pages::Hold        site
    /panic               GET HEAD OPTIONS             -       site::pages::Panic       site
    /no-template         GET HEAD OPTIONS             -       site::pages::NoTemplate  site
    /fail                GET HEAD OPTIONS             -       site::pages::Fail        site
    ");
}

#[test]
fn packages_are_listed_in_the_order_of_their_installation() {
    assert_snapshot!(site().done("packages list"), @"
    PACKAGE         STATE                  NEEDS
    plain           installed
    plain.sessions  installed
    site            installed
    spare           linked, not installed
    ");
}

#[test]
fn a_request_is_answered_without_a_server() {
    let project = migrated();
    let page = project.done("request /");
    assert!(page.starts_with("200 OK\n"), "{page}");
    assert!(page.contains("\nx-stamp: site\n"), "{page}");
    assert!(page.ends_with("\n\nhome"), "{page}");
    let posted = project.done("request /visits --method POST");
    assert!(posted.contains("set-cookie: sessionid="), "{posted}");
    let missing = project.run("request /nowhere").expect(1);
    assert!(
        missing.out.starts_with("404 Not Found\n"),
        "{}",
        missing.out
    );
    let json = project
        .run("request /nowhere --header Accept:application/json")
        .expect(1)
        .out;
    let (_, body) = json.split_once("\n\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["error"]["status"], 404);
    project.run("request /panic").expect(1);
    project.run("request home").expect(2);
    project.run("request / --header nonsense").expect(2);
    project.run("request / --method GE/T").expect(2);
}
