//! `plain chores`.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{migrated, site};

#[test]
fn chores_are_listed_with_their_schedule_and_how_they_last_went() {
    let project = migrated();
    let list = project.done("chores list");
    let titles = list.lines().next().unwrap();
    assert_eq!(
        titles
            .split("  ")
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>(),
        [
            "CHORE",
            "SCHEDULE (UTC)",
            "NEXT RUN",
            "LAST RUN",
            "DESCRIPTION"
        ]
    );
    project
        .run("chores run site.chores.Count site.chores.Fail")
        .expect(1);
    let list: Value = serde_json::from_str(&project.done("chores list --json")).unwrap();
    let of = |name: &str| {
        let chores = list.as_array().unwrap();
        chores
            .iter()
            .find(|chore| chore["name"] == name)
            .unwrap()
            .clone()
    };
    let clear = of("plain.sessions.chores.ClearExpired");
    assert_eq!(clear["package"], "plain.sessions");
    assert_eq!(clear["schedule"], "17 4 * * *");
    assert!(clear["next_run_at"].is_string());
    assert_eq!(clear["last"], Value::Null);
    assert_eq!(of("site.chores.Count")["last"]["last_result"], "0 notes");
    let failed = of("site.chores.Fail");
    assert_eq!(failed["last"]["last_error"], "the printer is out of paper");
    assert_eq!(failed["schedule"], Value::Null);
}

#[test]
fn one_chore_is_run_by_its_name() {
    let project = migrated();
    assert_snapshot!(project.done("chores run plain.sessions.chores.ClearExpired"), @"plain.sessions.chores.ClearExpired: 0 expired sessions deleted");
    assert_snapshot!(project.done("chores run site.chores.Count"), @"site.chores.Count: 0 notes");
}

#[test]
fn chores_that_fail_or_panic_do_not_stop_the_others_and_make_the_status_1() {
    let project = migrated();
    let finished = project.run("chores run").expect(1);
    assert_snapshot!(finished.out, @"
    plain.sessions.chores.ClearExpired: 0 expired sessions deleted
    site.chores.Fail: failed: the printer is out of paper
    site.chores.Panic: failed: panicked: the printer is on fire
    site.chores.Count: 0 notes
    site.chores.Wait: waited
    ");
    let json = project.run("chores run --json").expect(1).out;
    let reports: Value = serde_json::from_str(&json).unwrap();
    let outcomes: Vec<_> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["outcome"])
        .collect();
    assert_eq!(outcomes, ["done", "failed", "failed", "done", "done"]);
}

#[test]
fn a_dry_run_shows_what_would_run_without_a_database() {
    let project = site();
    let words = "chores run --dry-run site.chores.Count site.chores.Fail site.chores.Count";
    assert_snapshot!(project.done(words), @"
    site.chores.Count: would run. Counts the notes.
    site.chores.Fail: would run. Fails.
    ");
    assert_eq!(project.done("chores run --dry-run").lines().count(), 5);
    assert!(!project.path("db.sqlite3").exists());
}

#[test]
fn a_name_that_no_chore_has_runs_nothing() {
    let project = migrated();
    let words = "chores run site.chores.Count site.chores.Fial ClearExpired";
    let finished = project.run(words).expect(2);
    assert_eq!(finished.out, "");
    assert_snapshot!(finished.err, @"
    error: site.chores.Fial is no chore of an installed package; did you mean site.chores.Fail?
    error: ClearExpired is no chore of an installed package; did you mean plain.sessions.chores.ClearExpired?
    ");
}

#[test]
fn before_the_tables_exist_every_chore_says_what_to_do() {
    let project = site();
    project.done("migrate plain.sessions");
    assert_snapshot!(project.run("chores run site.chores.Count").expect(1).out, @"site.chores.Count: failed: the table plain_chores is missing; run `plain migrate`");
    assert_eq!(project.done("chores list").lines().count(), 6);
}

#[test]
fn a_chore_that_another_process_runs_is_not_run_twice() {
    let mut project = migrated();
    let gate = project.gate();
    let first = project.start("chores run site.chores.Wait");
    let waiting = gate.wait_for("chore");
    let second = project
        .run("chores run site.chores.Wait site.chores.Count")
        .expect(1);
    let [wait, count] = second.out.lines().collect::<Vec<_>>()[..] else {
        panic!("{}", second.out);
    };
    assert_eq!(count, "site.chores.Count: 0 notes");
    assert!(
        wait.starts_with("site.chores.Wait: not run: process "),
        "{wait}"
    );
    assert!(
        wait.contains(" is running it; wait until it is done"),
        "{wait}"
    );
    let list = project.done("chores list");
    let line = list
        .lines()
        .find(|line| line.starts_with("site.chores.Wait"))
        .unwrap();
    assert!(line.contains("running now"), "{line}");
    assert!(gate.is_free());
    drop(waiting);
    assert_eq!(first.finish().expect(0).out, "site.chores.Wait: waited\n");
    // It can be run again at once.
    let again = project.start("chores run site.chores.Wait");
    drop(gate.wait_for("chore"));
    again.finish().expect(0);
}

#[test]
fn a_chore_that_is_broken_off_is_given_back_at_once() {
    let mut project = migrated();
    let gate = project.gate();
    let first = project.start("chores run site.chores.Wait");
    let waiting = gate.wait_for("chore");
    first.signal("INT");
    assert_snapshot!(first.finish().expect(1).err, @"site.chores.Wait: broken off");
    drop(waiting);
    let again = project.start("chores run site.chores.Wait");
    drop(gate.wait_for("chore"));
    again.finish().expect(0);
}
