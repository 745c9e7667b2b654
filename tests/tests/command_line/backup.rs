//! `plain backup`

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::support::{migrated, site};

#[test]
fn a_copy_holds_what_was_committed_and_serves_in_the_place_of_the_database() {
    let project = migrated();
    let mut server = project.serve();
    let cookie = server.request("POST", "/visits", &[]);
    let cookie = cookie.cookie().unwrap().to_owned();
    let told = project.done("backup copy.sqlite3");
    assert!(told.starts_with("copy.sqlite3: "), "{told}");
    let copy = fs::metadata(project.path("copy.sqlite3")).unwrap();
    assert_eq!(copy.permissions().mode() & 0o777, 0o600);
    let visits = [("cookie", cookie.as_str())];
    server.request("POST", "/visits", &visits);
    assert_eq!(server.request("GET", "/visits", &visits).body, "2");
    server.stop().expect(0);

    fs::rename(project.path("copy.sqlite3"), project.path("db.sqlite3")).unwrap();
    let mut server = project.serve();
    assert_eq!(server.request("GET", "/visits", &visits).body, "1");
    server.stop().expect(0);
}

#[test]
fn nothing_is_overwritten_and_no_half_copy_is_left() {
    let project = migrated();
    project.write("copy.sqlite3", "precious");
    assert_snapshot!(project.run("backup copy.sqlite3").expect(1).err, @"error: copy.sqlite3 can't be written: it exists already, and a backup overwrites nothing: choose another name (File exists (os error 17))");
    assert_eq!(fs::read(project.path("copy.sqlite3")).unwrap(), b"precious");
    assert_snapshot!(project.run("backup nowhere/copy.sqlite3").expect(1).err, @"error: nowhere/copy.sqlite3 can't be written: its folder does not exist: create it, or choose another (No such file or directory (os error 2))");
}

#[test]
fn without_a_database_there_is_nothing_to_copy() {
    let project = site();
    project.run("backup copy.sqlite3").expect(1);
    assert!(!project.path("copy.sqlite3").exists());
}
