//! Databases that can't be used.

use std::fs;

use insta::assert_snapshot;
use plain_tests::command_line::Project;

use crate::support::{migrated, site};

/// What `migrate` says, after checking that every command that needs the database fails likewise.
#[track_caller]
fn refusal(project: &Project) -> String {
    let refusal = project.run("migrate").expect(1).err;
    for words in [
        "migrations list",
        "chores run site.chores.Count",
        "server --bind 127.0.0.1:0",
        "worker",
        "greet Ada",
    ] {
        assert_eq!(project.run(words).expect(1).err, refusal, "{words}");
    }
    // These go on without it, and say so.
    let warned = project.run("request /").expect(0);
    let (warning, _cost) = warned.err.split_once("\n\n").unwrap();
    assert_eq!(warning, refusal.trim_end().replace("error: ", "warning: "));
    let preflight = project.run("preflight").expect(1).out;
    let problem = refusal.trim_end().trim_start_matches("error: ");
    let found = format!("error    database.connection: {problem}\n");
    assert!(preflight.contains(&found), "{preflight}");
    refusal
}

#[test]
fn a_file_that_may_not_be_written_to() {
    let project = migrated();
    project.permit("db.sqlite3", 0o444);
    assert_snapshot!(refusal(&project), @"error: the database /project/db.sqlite3 is read-only; let this user write to it (for SQLite: to the file and to its folder)");
}

#[test]
fn a_folder() {
    let project = site();
    fs::create_dir(project.path("db.sqlite3")).unwrap();
    assert_snapshot!(refusal(&project), @"error: /project/db.sqlite3 is not a file, so it cannot be a database; correct DATABASE_URL");
}

#[test]
fn a_file_that_is_no_database() {
    let project = site();
    project.write("db.sqlite3", "Dear diary,\n".repeat(1000));
    assert_snapshot!(refusal(&project), @"error: /project/db.sqlite3 is not a SQLite database, or it is damaged (file is not a database); correct DATABASE_URL, or put a backup in its place");
    let contents = fs::read_to_string(project.path("db.sqlite3")).unwrap();
    assert!(contents.starts_with("Dear diary"));
}

#[test]
fn a_database_that_was_cut_off() {
    let project = migrated();
    let file = project.path("db.sqlite3");
    let contents = fs::read(&file).unwrap();
    fs::write(&file, &contents[..contents.len() / 2]).unwrap();
    assert_snapshot!(refusal(&project), @"error: /project/db.sqlite3 is not a SQLite database, or it is damaged (database disk image is malformed); correct DATABASE_URL, or put a backup in its place");
}

#[test]
fn a_file_in_a_folder_that_does_not_exist() {
    let project = site().with("DATABASE_URL", "sqlite://data/db.sqlite3");
    assert_snapshot!(refusal(&project), @"error: the folder of the database file /project/data/db.sqlite3 does not exist; create it, or correct DATABASE_URL");
    assert!(!project.path("data").exists());
}

#[test]
fn an_empty_file_is_a_database_without_tables() {
    let project = site();
    project.write("db.sqlite3", "");
    project.done("migrate");
    project.done("migrate --check");
}

#[test]
fn a_server_without_its_tables_warns_and_answers_what_needs_none() {
    let project = site();
    project.done("migrate plain");
    let mut server = project.serve();
    assert_snapshot!(server.wait_for("warning: "), @"warning: the database is not up to date; pages may fail until you run `plain migrate` (not applied: plain.sessions 0001_initial, site 0001_notes)");
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/visits").status, 200);
    assert_eq!(server.request("POST", "/visits", &[]).status, 503);
    server.stop().expect(0);
}

#[test]
fn a_file_that_may_not_be_read() {
    let mut project = migrated();
    project.permit("db.sqlite3", 0o200);
    project.bind_by_permissions();
    assert_snapshot!(refusal(&project), @"error: the database file /project/db.sqlite3 can't be opened (unable to open database file); let this user read and write it and its folder");
}

#[test]
fn a_folder_that_may_not_be_written_to() {
    let mut project = migrated();
    project.bind_by_permissions();
    project.permit("", 0o555);
    assert_snapshot!(refusal(&project), @"error: the database /project/db.sqlite3 is read-only; let this user write to it (for SQLite: to the file and to its folder)");
    let mut project = site();
    project.bind_by_permissions();
    project.permit("", 0o555);
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: the database file /project/db.sqlite3 can't be opened (unable to open database file); let this user read and write it and its folder");
    // For who removes the folder.
    project.permit("", 0o755);
}
