//! Nothing can be written to the database.

use std::path::PathBuf;
use std::process::Command;

use plain::db::{ConnectOptions, Database, Kind, Sql};
use plain_tests::command_line::{Client, Project};
use plain_tests::obstacle::not_tested;
use plain_tests::on_postgres;
use plain_tests::setup::{READY, Setup};

use crate::figures::tell;
use crate::{SITE, site};

on_postgres![a_database_that_turned_read_only_is_503_for_who_writes_until_it_is_writable];

/// Makes the database read-only, or writable again, and ends the connections that began before.
async fn set_read_only(setup: &Setup, is_read_only: bool) {
    // What is set for this connection counts more than what is set for the database.
    let url = format!(
        "{}?options[default_transaction_read_only]=off",
        setup.url().expose()
    );
    let database = Database::connect(ConnectOptions::to(url)).await.unwrap();
    let name = "SELECT current_database()::text";
    let name: String = database.query(name).scalar().await.unwrap();
    let alter = format!("ALTER DATABASE {name} SET default_transaction_read_only = {is_read_only}");
    database.query(Sql::trusted(alter)).execute().await.unwrap();
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let _: i64 = database.query(cut).scalar().await.unwrap();
    database.close().await;
}

async fn a_database_that_turned_read_only_is_503_for_who_writes_until_it_is_writable() {
    let setup = site(Kind::Postgres, "").await;
    let mut server = setup.project.serve();
    let address = server.address();
    let mut visitor = Client::default();
    assert_eq!(visitor.timed(&address, "POST", "/visits").0.status, 200);
    set_read_only(&setup, true).await;
    for target in ["/visits", "/notes"] {
        let (answer, _) = visitor.timed(&address, "POST", target);
        let retry = answer.header("retry-after");
        assert_eq!((answer.status, retry), (503, Some("5")), "{target}");
    }
    assert_eq!(visitor.timed(&address, "GET", "/visits").0.body, "1");
    assert_eq!(visitor.timed(&address, "GET", "/notes").0.body, "0");
    set_read_only(&setup, false).await;
    let (answer, time) = visitor.timed(&address, "POST", "/notes");
    assert_eq!(answer.status, 200, "{answer:?}");
    tell("Postgres: it is read-only", 1, "none lost", time);
    assert_eq!(visitor.timed(&address, "POST", "/visits").0.status, 200);
    assert_eq!(visitor.timed(&address, "GET", "/visits").0.body, "2");
    let log = server.stop().expect(0).err;
    assert!(
        log.contains("is read-only; let this user write to it"),
        "{log}"
    );
}

#[test]
fn a_sqlite_file_that_may_not_be_written_stops_the_start_and_says_so() {
    let mut project = Project::new(SITE, READY);
    project.done("migrate");
    project.permit("db.sqlite3", 0o444);
    project.bind_by_permissions();
    let refused = project.run("server --bind 127.0.0.1:0").expect(1).err;
    assert_eq!(
        refused,
        "error: the database /project/db.sqlite3 is read-only; let this user write to it (for SQLite: to the file and to its folder)\n"
    );
    project.permit("db.sqlite3", 0o644);
    let mut server = project.serve();
    assert_eq!(server.request("POST", "/visits", &[]).status, 200);
}

/// The files of a database that nobody can change, as on a disk that the system has made read-only
/// after an error; they can be changed again when it is dropped.
struct Immutable {
    files: [PathBuf; 2],
}

impl Immutable {
    /// Those of `project`; `None` where that can't be done, which is said.
    fn make(project: &Project) -> Option<Self> {
        let files = ["db.sqlite3", "db.sqlite3-wal"].map(|name| project.path(name));
        // Also for what was done before it went wrong.
        let made = Self { files };
        if made.change("+i") {
            return Some(made);
        }
        not_tested(
            "a SQLite file that turns read-only",
            "`chattr +i` is not permitted here; run this test as root, with TMPDIR on ext4",
        );
        None
    }

    fn change(&self, change: &str) -> bool {
        let changed = Command::new("chattr")
            .arg(change)
            .args(&self.files)
            .output();
        changed.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        self.change("-i");
    }
}

#[test]
fn a_sqlite_file_that_turned_read_only_is_503_for_who_writes_until_it_is_writable() {
    let project = Project::new(SITE, READY);
    project.done("migrate");
    let mut server = project.serve();
    let address = server.address();
    let mut visitor = Client::default();
    assert_eq!(visitor.timed(&address, "POST", "/visits").0.status, 200);
    let Some(immutable) = Immutable::make(&project) else {
        return;
    };
    for target in ["/visits", "/notes"] {
        let (answer, _) = visitor.timed(&address, "POST", target);
        let retry = answer.header("retry-after");
        assert_eq!((answer.status, retry), (503, Some("5")), "{target}");
    }
    assert_eq!(visitor.timed(&address, "GET", "/visits").0.body, "1");
    drop(immutable);
    let (answer, time) = visitor.timed(&address, "POST", "/notes");
    assert_eq!(answer.status, 200, "{answer:?}");
    tell("Sqlite: it is read-only", 1, "none lost", time);
    assert_eq!(visitor.timed(&address, "POST", "/visits").0.status, 200);
    assert_eq!(visitor.timed(&address, "GET", "/visits").0.body, "2");
    let log = server.stop().expect(0).err;
    assert!(log.contains("/project/db.sqlite3"), "{log}");
}
