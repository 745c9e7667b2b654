//! `plain backup`

use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;
use std::time::Duration;
use std::{array, fs, iter, thread};

use insta::assert_snapshot;
use plain_tests::command_line::Client;

use crate::support::{migrated, site, with_database};

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
fn a_copy_made_while_visitors_write_is_whole_and_holds_all_that_was_acknowledged_before() {
    let project = migrated();
    let mut server = project.serve();
    let address = &server.address();
    let (told, heard) = mpsc::channel();
    let (visitors, before, meanwhile) = thread::scope(|scope| {
        // With it the visitors end, whatever happens in here.
        let heard = heard;
        let visiting: [_; 4] = array::from_fn(|number| {
            let told = told.clone();
            scope.spawn(move || {
                let mut visitor = Client::default();
                loop {
                    let answer = visitor.ask(address, "POST", "/visits").unwrap();
                    assert_eq!(answer.status, 200);
                    if told.send(number).is_err() {
                        return visitor;
                    }
                }
            })
        });
        let mut before = [0; 4];
        while before.contains(&0) || before.iter().sum::<usize>() < 100 {
            before[heard.recv_timeout(Duration::from_secs(60)).unwrap()] += 1;
        }
        heard.try_iter().for_each(|number| before[number] += 1);
        project.done("backup copy.sqlite3");
        let meanwhile = heard.try_iter().count();
        drop(heard);
        (visiting.map(|it| it.join().unwrap()), before, meanwhile)
    });
    assert!(meanwhile > 0, "they write on during the backup");
    server.stop().expect(0);

    // As the guide says: the copy in the place of the database, and nothing else of its name.
    fs::rename(project.path("copy.sqlite3"), project.path("db.sqlite3")).unwrap();
    for other in ["db.sqlite3-wal", "db.sqlite3-shm"] {
        assert!(
            !project.path(other).exists(),
            "a server that stopped leaves one file"
        );
    }
    let whole: String = with_database(&project, |database| async move {
        database
            .query("PRAGMA integrity_check")
            .scalar()
            .await
            .unwrap()
    });
    assert_eq!(whole, "ok");
    let mut server = project.serve();
    let address = server.address();
    for (mut visitor, before) in iter::zip(visitors, before) {
        let visits = visitor.ask(&address, "GET", "/visits").unwrap().body;
        assert!(
            visits.parse::<usize>().unwrap() >= before,
            "{visits} of {before}"
        );
    }
    let written = Client::default().ask(&address, "POST", "/visits").unwrap();
    assert_eq!(written.status, 200);
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
