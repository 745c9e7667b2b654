//! There is no room left for what is to be written.

use std::process::Command;

use plain::db::{ConnectOptions, Database, DatabaseUrl, Kind, Sql};
use plain::test::PostgresServer;
use plain_tests::command_line::{Answer, Client, Process, Project};
use plain_tests::on_postgres;
use plain_tests::setup::Setup;

use crate::figures::tell;
use crate::small_disk::SmallDisk;
use crate::{SITE, site};

on_postgres![a_full_tablespace_of_a_server_is_503_until_there_is_room];

/// Writes until it is refused; what was acknowledged before, as visitors who have one visit each.
#[track_caller]
fn write_until_refused(address: &str) -> (Vec<Client>, Answer) {
    let mut saved = Vec::new();
    for _ in 0..20_000 {
        let mut visitor = Client::default();
        let (answer, _) = visitor.timed(address, "POST", "/visits");
        if answer.status != 200 {
            return (saved, answer);
        }
        saved.push(visitor);
    }
    panic!("the disk was never full");
}

/// States that a full disk costs only what could not be written, and that all is well when `clear`
/// has made room.
#[track_caller]
fn assert_survives(
    fault: &str,
    mut server: Process,
    fill: impl FnOnce(),
    clear: impl FnOnce(&Process),
    told: &str,
) {
    let address = server.address();
    let mut before = Client::default();
    assert_eq!(before.timed(&address, "POST", "/visits").0.status, 200);
    fill();
    let (mut saved, refused) = write_until_refused(&address);
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("5"))
    );
    assert_eq!(refused.cookie(), None);
    // Who reads goes on, and so do pages without a database.
    assert_eq!(before.timed(&address, "GET", "/visits").0.body, "1");
    assert_eq!(Client::default().timed(&address, "GET", "/").0.status, 200);
    clear(&server);
    let (answer, time) = before.timed(&address, "POST", "/visits");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(before.timed(&address, "GET", "/visits").0.body, "2");
    for visitor in &mut saved {
        assert_eq!(visitor.timed(&address, "GET", "/visits").0.body, "1");
    }
    let outcome = format!("{} writes acknowledged before, none lost", saved.len() + 1);
    tell(fault, 1, outcome, time);
    let log = server.stop().expect(0).err;
    assert!(log.contains(told), "{log}");
}

#[test]
fn a_full_disk_of_a_sqlite_file_is_503_until_there_is_room() {
    let Some(disk) = SmallDisk::mount("2m") else {
        return;
    };
    let url = DatabaseUrl::sqlite_file(disk.path("db.sqlite3"));
    let setup = Setup::at(SITE, url, "").migrated();
    let place = disk.path("db.sqlite3").display().to_string();
    let told = format!("there is no room left for the database {place}; free some space");
    assert_survives(
        "Sqlite: the disk is full",
        setup.project.serve(),
        || disk.fill(),
        |_| disk.clear(),
        &told,
    );
}

#[tokio::test]
async fn a_sqlite_file_that_may_not_grow_any_more_is_503_until_it_may() {
    let setup = site(Kind::Sqlite, "").await;
    // As for a user whose files may only have a certain size, in units of 512 bytes. The signal that
    // comes with it is ignored, as it is by default where a service manager starts a server.
    let script = r#"trap "" XFSZ; ulimit -S -f 600; exec "$0" server --bind 127.0.0.1:0"#;
    let shell = Project::at("sh", setup.folder());
    let server = shell.start_words(["-c", script, SITE]);
    let lift = |server: &Process| {
        let pid = server.id().to_string();
        let lifted = Command::new("prlimit")
            .args(["--fsize=unlimited", "--pid", &pid])
            .status();
        assert!(lifted.unwrap().success());
    };
    assert_survives(
        "Sqlite: the file may not grow",
        server,
        || (),
        lift,
        "does not answer: disk I/O error; check its disk",
    );
}

async fn a_full_tablespace_of_a_server_is_503_until_there_is_room() {
    let Some(disk) = SmallDisk::mount("16m") else {
        return;
    };
    let postgres = PostgresServer::start();
    std::fs::create_dir(disk.path("space")).unwrap();
    postgres.give(&disk.path("space"));
    let admin = Database::connect(ConnectOptions::to(postgres.url("postgres")))
        .await
        .unwrap();
    let space = disk.path("space").display().to_string();
    for sql in [
        format!("CREATE TABLESPACE small LOCATION '{space}'"),
        "CREATE DATABASE shop TABLESPACE small".to_owned(),
    ] {
        admin.query(Sql::trusted(sql)).execute().await.unwrap();
    }
    let setup = Setup::at(SITE, postgres.url("shop"), "").migrated();
    let told = "there is no room left for the database postgres://postgres:***@127.0.0.1:";
    assert_survives(
        "Postgres: the disk is full",
        setup.project.serve(),
        || disk.fill(),
        |_| disk.clear(),
        told,
    );
}
