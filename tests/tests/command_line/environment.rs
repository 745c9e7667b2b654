//! Settings in the environment.

use insta::assert_snapshot;

use crate::support::{READY, site, site_with};

#[track_caller]
fn refusal(variables: &[(&str, &str)]) -> String {
    let mut project = site();
    for (name, value) in variables {
        project.set(*name, *value);
    }
    project.run("urls list").expect(1).err
}

#[test]
fn a_variable_goes_before_the_file() {
    let project = site_with(&format!("{READY}SITE_NAME = \"file\"\n")).with("PLAIN_SITE_NAME", "a");
    assert_eq!(project.done("settings get SITE_NAME"), "a\n");
    let list = project.done("settings list --changed");
    assert!(
        list.contains("environment variable PLAIN_SITE_NAME"),
        "{list}"
    );
}

#[test]
fn each_type_is_read_strictly() {
    let project = site()
        .with("PLAIN_SITE_OPEN", "false")
        .with("PLAIN_SITE_PAGE_SIZE", "50")
        .with("PLAIN_SITE_TOPICS", r#"["tea", "rain"]"#)
        .with("PLAIN_SITE_NAME", "true");
    assert_eq!(project.done("settings get SITE_OPEN"), "false\n");
    assert_eq!(project.done("settings get SITE_PAGE_SIZE"), "50\n");
    assert_eq!(
        project.done("settings get SITE_TOPICS"),
        "[\"tea\",\"rain\"]\n"
    );
    assert_eq!(project.done("settings get SITE_NAME"), "true\n");
    assert_snapshot!(refusal(&[
        ("PLAIN_DEBUG", "on"),
        ("PLAIN_SITE_OPEN", "1"),
        ("PLAIN_SITE_PAGE_SIZE", "many"),
        ("PLAIN_SITE_TOPICS", "tea,rain"),
    ]), @r#"
    error: the settings have 4 problems:
    - DEBUG: expected a boolean, found "on" (environment variable PLAIN_DEBUG); write true or false
    - SITE_OPEN: expected a boolean, found "1" (environment variable PLAIN_SITE_OPEN); write true or false
    - SITE_PAGE_SIZE: expected an integer from 0 to 4294967295, found "many" (environment variable PLAIN_SITE_PAGE_SIZE); for example PLAIN_SITE_PAGE_SIZE=20
    - SITE_TOPICS: expected a list of strings, found "tea,rain" (environment variable PLAIN_SITE_TOPICS); write JSON, for example PLAIN_SITE_TOPICS='["a", "b"]'
    "#);
}

#[test]
fn an_empty_variable_is_a_value_and_not_the_lack_of_one() {
    let project = site().with("PLAIN_SITE_NAME", "");
    assert_eq!(project.done("settings get SITE_NAME"), "\n");
    assert_snapshot!(refusal(&[("PLAIN_SITE_OPEN", "")]), @r#"
    error: the settings have a problem:
    - SITE_OPEN: expected a boolean, found "" (environment variable PLAIN_SITE_OPEN); write true or false
    "#);
}

#[test]
fn unknown_names_are_shown_with_the_nearest_known_one() {
    assert_snapshot!(refusal(&[
        ("PLAIN_SITE_OPNE", "true"),
        ("PLAIN_site_name", "x"),
        ("PLAIN_SPARE_COUNT", "2"),
        ("PLAIN_X", "on"),
    ]), @r#"
    error: the settings have 4 problems:
    - SITE_OPNE: unknown setting (environment variable PLAIN_SITE_OPNE); did you mean PLAIN_SITE_OPEN?
    - SPARE_COUNT: unknown setting (environment variable PLAIN_SPARE_COUNT); it belongs to the package spare, which is linked but not installed: add "spare" to INSTALLED_PACKAGES
    - X: unknown setting (environment variable PLAIN_X); remove it, or install the package that declares it
    - site_name: unknown setting (environment variable PLAIN_site_name); names are upper case: write PLAIN_SITE_NAME
    "#);
}

#[test]
fn a_value_that_is_not_text_is_refused() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let bytes = OsString::from_vec(b"\xff".to_vec());
    let refusal = site().with("PLAIN_SITE_NAME", bytes).run("urls list");
    assert_snapshot!(refusal.expect(1).err, @"
    error: the settings have a problem:
    - SITE_NAME: expected UTF-8 text, found other bytes (environment variable PLAIN_SITE_NAME); for example PLAIN_SITE_NAME=Notes
    ");
}

#[test]
fn the_database_is_also_named_without_the_prefix() {
    let project = site().with("DATABASE_URL", "sqlite://other.sqlite3");
    project.done("migrate");
    assert!(project.path("other.sqlite3").exists());
    assert!(!project.path("db.sqlite3").exists());
}

#[test]
fn a_secret_in_the_environment_is_not_shown_where_it_is_wrong() {
    let refusal = refusal(&[
        ("DATABASE_URL", "mysql://root:hunter2@db/shop"),
        ("PLAIN_SECRET_KEY_FALLBACKS", "hunter2"),
    ]);
    assert!(!refusal.contains("hunter2"), "{refusal}");
    assert_snapshot!(refusal, @r#"
    error: the settings have 2 problems:
    - SECRET_KEY_FALLBACKS: expected a list of strings, found a text that is not shown (environment variable PLAIN_SECRET_KEY_FALLBACKS); write JSON, for example PLAIN_SECRET_KEY_FALLBACKS='["a", "b"]'
    - DATABASE_URL: cannot be used: only sqlite:// and postgres:// are known; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name" (environment variable DATABASE_URL)
    "#);
}
