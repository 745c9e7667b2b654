//! `plain worker`, and the chores that a server runs beside.

use plain_tests::command_line::Project;

use crate::support::{migrated, migrated_with, with_database};

/// Only the chore that waits is on schedule, and is not due again while the test runs.
const YEARLY: &str = "
[CHORES_SCHEDULE]
\"plain.sessions.chores.ClearExpired\" = \"never\"
\"site.chores.Wait\" = \"@yearly\"
";

/// A site whose chore was last run years ago, as if no worker had run since.
pub(crate) fn overdue(settings: &str) -> Project {
    let project = migrated_with(&format!("{settings}{YEARLY}"));
    with_database(&project, |database| async move {
        let long_ago = chrono::Utc::now() - chrono::TimeDelta::days(800);
        let sql = "INSERT INTO plain_chores (name, slot) VALUES ('site.chores.Wait', $1)";
        database.query(sql).bind(long_ago).execute().await.unwrap();
    });
    project
}

#[test]
fn of_two_workers_one_runs_what_is_due_and_once() {
    let mut project = overdue("LOG_LEVEL = \"debug\"\n");
    let gate = project.gate();
    let mut first = project.start("worker");
    let waiting = gate.wait_for("chore");
    let mut second = project.start("worker");
    second.wait_for("another process runs it");
    drop(waiting);
    first.wait_for("waited");
    for worker in [first, second] {
        let finished = worker.stop().expect(0);
        assert!(
            finished
                .out
                .starts_with("1 chore on schedule; the next run is at "),
            "{}",
            finished.out
        );
    }
    // It is settled for a worker that comes later, too.
    let mut third = project.start("worker");
    third.wait_for("1 chore on schedule");
    third.stop().expect(0);
    assert!(gate.is_free());
}

#[test]
fn a_worker_that_is_stopped_lets_its_chore_end() {
    let mut project = overdue("");
    let gate = project.gate();
    let mut worker = project.start("worker");
    let waiting = gate.wait_for("chore");
    worker.signal("TERM");
    worker.wait_for("asked to stop");
    drop(waiting);
    let finished = worker.finish().expect(0);
    assert!(finished.err.contains("waited"), "{}", finished.err);
}

#[test]
fn the_second_signal_breaks_the_chore_off_and_gives_it_back() {
    let mut project = overdue("");
    let gate = project.gate();
    let mut worker = project.start("worker");
    let _waiting = gate.wait_for("chore");
    worker.signal("INT");
    worker.wait_for("asked to stop");
    worker.signal("TERM");
    worker.finish().expect(1);
    let list = project.done("chores list --json");
    assert!(
        list.contains("broken off, since its process was told to stop"),
        "{list}"
    );
    let again = project.start("chores run site.chores.Wait");
    drop(gate.wait_for("chore"));
    again.finish().expect(0);
}

#[test]
fn a_server_runs_what_is_due_unless_it_is_switched_off() {
    let mut project = overdue("");
    let gate = project.gate();
    let mut server = project.serve();
    let waiting = gate.wait_for("chore");
    // The visitors do not wait for it.
    assert_eq!(server.get("/").body, "home");
    server.signal("TERM");
    server.wait_for("asked to stop");
    drop(waiting);
    let log = server.finish().expect(0).err;
    assert!(log.contains("waited"), "{log}");

    let mut project = overdue("CHORES_IN_SERVER = false\n");
    let gate = project.gate();
    let mut server = project.serve();
    assert_eq!(server.get("/").body, "home");
    server.stop().expect(0);
    assert!(gate.is_free());
}

#[test]
fn a_worker_without_a_schedule_says_so() {
    let project = migrated().with(
        "PLAIN_CHORES_SCHEDULE",
        r#"{"plain.sessions.chores.ClearExpired": "never"}"#,
    );
    let mut worker = project.start("worker");
    let warning = worker.wait_for("warning: ");
    assert_eq!(
        warning,
        "warning: no chore has a schedule; set one in CHORES_SCHEDULE"
    );
    worker.stop().expect(0);
}
