//! What a `settings.toml` that can't be used is answered with.

use std::fs;

use insta::assert_snapshot;
use plain_tests::command_line::Project;

use crate::support::{SITE, site, site_with};

/// What the site says when it does not start with these settings.
#[track_caller]
fn refusal(settings: impl AsRef<[u8]>) -> String {
    let project = Project::empty(SITE);
    project.write("settings.toml", settings);
    refused(&project)
}

/// What the site says when it does not start; nothing goes to standard output.
#[track_caller]
fn refused(project: &Project) -> String {
    let finished = project.run("urls list").expect(1);
    assert_eq!(finished.out, "");
    finished.err
}

#[test]
fn without_a_settings_file_there_is_no_project() {
    assert_snapshot!(refused(&Project::empty(SITE)), @"error: no settings.toml in /project or any folder above it: change to the folder of a project, or make one by `plain new NAME`");
}

#[test]
fn the_settings_file_of_a_folder_above_counts() {
    let mut project = site();
    project.enter("templates/mail");
    project.done("migrate");
    assert!(project.path("db.sqlite3").exists());
}

#[test]
fn a_settings_file_that_is_a_link_to_nowhere_is_not_passed_over() {
    let mut project = site();
    project.enter("inner");
    let link = project.path("inner/settings.toml");
    std::os::unix::fs::symlink("nowhere.toml", link).unwrap();
    assert_snapshot!(refused(&project), @"
    error: the settings have a problem:
    - /project/inner/settings.toml: there is no such file; run the command in the project's folder, or create the file (an empty one will do)
    ");
}

#[test]
fn a_folder_is_no_settings_file() {
    let project = Project::empty(SITE);
    fs::create_dir(project.path("settings.toml")).unwrap();
    assert_snapshot!(refused(&project), @"
    error: the settings have a problem:
    - /project/settings.toml: is a directory; settings are read from a file
    ");
}

#[test]
#[cfg(target_os = "linux")]
fn a_settings_file_that_can_t_be_read_says_why() {
    let project = Project::empty(SITE);
    // Reading it fails for every user.
    std::os::unix::fs::symlink("/proc/self/mem", project.path("settings.toml")).unwrap();
    assert_snapshot!(refused(&project), @"
    error: the settings have a problem:
    - /project/settings.toml: can't be read: Input/output error (os error 5); check the path and who may read the file
    ");
}

#[test]
fn a_settings_file_that_may_not_be_read_says_so() {
    let mut project = site();
    project.permit("settings.toml", 0o000);
    project.bind_by_permissions();
    assert_snapshot!(refused(&project), @"
    error: the settings have a problem:
    - /project/settings.toml: can't be read: Permission denied (os error 13); check the path and who may read the file
    ");
}

#[test]
fn what_is_not_toml_is_shown_by_its_place_and_not_by_its_text() {
    assert_snapshot!(refusal("DEBUG = true\nSECRET_KEY = hunter2\n"), @r#"
    error: the settings have a problem:
    - /project/settings.toml line 2, column 14: is not TOML: invalid string, expected `"`, `'`
    "#);
    assert_snapshot!(refusal("DEBUG = true\nDEBUG = false\n"), @"
    error: the settings have a problem:
    - /project/settings.toml line 2, column 1: is not TOML: duplicate key `DEBUG` in document root
    ");
    assert_snapshot!(refusal("DEBUG = true\nINSTALLED_PACKAGES = [\"site\"\n"), @"
    error: the settings have a problem:
    - /project/settings.toml line 3, column 1: is not TOML: invalid array, expected `]`
    ");
    assert_snapshot!(refusal(b"DEBUG = true\nSITE_NAME = \"\xff\"\n"), @"
    error: the settings have a problem:
    - /project/settings.toml line 2: is not UTF-8 text; save the file as UTF-8
    ");
}

#[test]
fn all_values_of_a_wrong_type_are_named_at_once() {
    assert_snapshot!(refusal(
        r#"DEBUG = "true"
INSTALLED_PACKAGES = ["site"]
SITE_NAME = 7
SITE_OPEN = 1
SITE_PAGE_SIZE = -1
SITE_TOPICS = ["a", 2]
SITE_PRINTER_TOKEN = 12345
SERVER_THREADS = 100000
LOG_FORMAT = "xml"
"#
    ), @r#"
    error: the settings have 8 problems:
    - DEBUG: expected a boolean, found the string "true" (/project/settings.toml line 1); write true or false
    - LOG_FORMAT: expected one of "text", "json", found the string "xml" (/project/settings.toml line 9); for example LOG_FORMAT = "text"
    - SERVER_THREADS: expected an integer from 0 to 65535, found the integer 100000 (/project/settings.toml line 8); for example SERVER_THREADS = 0
    - SITE_NAME: expected a string, found the integer 7 (/project/settings.toml line 3); put it in quotes
    - SITE_OPEN: expected a boolean, found the integer 1 (/project/settings.toml line 4); write true or false
    - SITE_PAGE_SIZE: expected an integer from 0 to 4294967295, found the integer -1 (/project/settings.toml line 5); for example SITE_PAGE_SIZE = 20
    - SITE_PRINTER_TOKEN: expected a string, found an integer (/project/settings.toml line 7); put it in quotes
    - SITE_TOPICS: expected a string, found the integer 2 as item 2 (/project/settings.toml line 6); for example SITE_TOPICS = ["a", "b"]
    "#);
}

#[test]
fn values_of_the_right_type_that_make_no_sense_are_named_at_once() {
    assert_snapshot!(refusal(
        r#"DEBUG = true
INSTALLED_PACKAGES = ["plain.sessions"]
SERVER_BIND = "8000"
LOG_LEVEL = "loud"
DATABASE_URL = "mysql://root:hunter2@db/shop"
SESSION_COOKIE_AGE = 0
SESSION_COOKIE_SAMESITE = "None"
SESSION_COOKIE_SECURE = false
"#
    ), @r#"
    error: the settings have 5 problems:
    - DATABASE_URL: cannot be used: only sqlite:// and postgres:// are known; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name" (/project/settings.toml line 5)
    - LOG_LEVEL: must be a level, or levels of parts, as in `info,plain::db=debug`; `loud` is none of the levels error, warn, info, debug, trace, off (found "loud", /project/settings.toml line 4)
    - SERVER_BIND: must be HOST:PORT, such as 127.0.0.1:8000, or unix:PATH, such as unix:/run/app.sock (found "8000", /project/settings.toml line 3)
    - SESSION_COOKIE_SAMESITE: "None" asks for SESSION_COOKIE_SECURE = true: browsers drop the cookie otherwise (found "None", /project/settings.toml line 7)
    - SESSION_COOKIE_AGE: is 0: write the seconds, 1 or more (found 0, /project/settings.toml line 6)
    "#);
}

#[test]
fn unknown_names_are_shown_with_the_nearest_known_one() {
    assert_snapshot!(refusal(
        r#"DEBUG = true
INSTALLED_PACKAGES = ["site"]
SITE_NAM = "x"
site_open = true
SPARE_COUNT = 3
ELEPHANTS = 2
[CHORES_SCHEDULE]
"site.chores.Count" = "@daily"
SITE_TOPICS = []
"#
    ), @r#"
    error: the settings have 6 problems:
    - CHORES_SCHEDULE: expected a string, found a list under "SITE_TOPICS" (/project/settings.toml line 7); for example CHORES_SCHEDULE = { "name" = "text" }
    - SITE_TOPICS: stands in the table CHORES_SCHEDULE (/project/settings.toml line 7), where it sets nothing; move it above the first [table] of the file
    - ELEPHANTS: unknown setting (/project/settings.toml line 6); remove it, or install the package that declares it
    - SITE_NAM: unknown setting (/project/settings.toml line 3); did you mean SITE_NAME?
    - SPARE_COUNT: unknown setting (/project/settings.toml line 5); it belongs to the package spare, which is linked but not installed: add "spare" to INSTALLED_PACKAGES
    - site_open: unknown setting (/project/settings.toml line 4); names are upper case: write SITE_OPEN
    "#);
}

#[test]
fn a_secret_key_is_needed_unless_debug_is_on() {
    assert_snapshot!(refusal(""), @r#"
    error: the settings have a problem:
    - SECRET_KEY: is not set; write SECRET_KEY = "<50 random characters>" into settings.toml or set PLAIN_SECRET_KEY in the environment (while developing, DEBUG = true does without it)
    "#);
    assert_snapshot!(refusal("SECRET_KEY = \"\"\n"), @"
    error: the settings have a problem:
    - SECRET_KEY: is empty; give it 50 random characters (/project/settings.toml line 1)
    ");
    site_with("DEBUG = true\n").done("urls list");
}

#[test]
fn chores_that_nobody_brings_or_a_time_that_is_none_are_named() {
    assert_snapshot!(refusal(
        r#"DEBUG = true
INSTALLED_PACKAGES = ["site"]
[CHORES_SCHEDULE]
"site.chores.Cuont" = "@daily"
"#
    ), @"error: CHORES_SCHEDULE: site.chores.Cuont is no chore of an installed package; did you mean site.chores.Count?");
    assert_snapshot!(refusal(
        r#"DEBUG = true
INSTALLED_PACKAGES = ["site"]
[CHORES_SCHEDULE]
"site.chores.Count" = "every day"
"#
    ), @r#"
    error: the settings have a problem:
    - CHORES_SCHEDULE: has no schedule for site.chores.Count: "every day" has 2 fields: write five (minute, hour, day of the month, month, day of the week), as in "30 3 * * *", or a name such as @daily (found {"site.chores.Count": "every day"}, /project/settings.toml line 3)
    "#);
}
