//! `plain migrate` and `plain migrations list`.

use insta::assert_snapshot;

use crate::support::{migrated, site, site_with_migrations, tables};

#[test]
fn one_package_is_migrated_and_the_second_time_there_is_nothing_to_do() {
    let project = site();
    assert_snapshot!(project.done("migrate plain.sessions"), @"Applied plain.sessions 0001_initial");
    assert_snapshot!(project.done("migrate plain.sessions"), @"Nothing to migrate: plain.sessions is up to date.");
    assert_snapshot!(project.done("migrate"), @"
    Applied plain 0001_chores
    Applied site 0001_notes
    ");
    assert_snapshot!(project.done("migrate"), @"Nothing to migrate: every installed package is up to date.");
}

#[test]
fn a_package_or_a_migration_that_does_not_exist_is_answered_with_the_nearest() {
    let project = site();
    assert_snapshot!(project.run("migrate plain.sesions").expect(1).err, @"error: no installed package is called `plain.sesions`; did you mean `plain.sessions`?");
    assert_snapshot!(project.run("migrate spare").expect(1).err, @"error: no installed package is called `spare`; known: `plain`, `plain.sessions`, `site`");
    assert_snapshot!(project.run("migrate site 0001_nots").expect(1).err, @"error: site has no migration `0001_nots`; did you mean `0001_notes`?");
    assert_snapshot!(project.run("migrate site 0002").expect(1).err, @"error: site has no migration `0002`; known: `0001_notes`");
    assert!(!tables(&project).contains(&"site_note".to_owned()));
}

#[test]
fn a_plan_shows_what_would_be_done_and_does_not_do_it() {
    let project = site();
    project.done("migrate plain");
    assert_snapshot!(project.done("migrate --plan"), @"
    Would apply plain.sessions 0001_initial
    Would apply site 0001_notes
    ");
    assert_snapshot!(project.done("migrate --plan"), @"
    Would apply plain.sessions 0001_initial
    Would apply site 0001_notes
    ");
    project.done("migrate");
    assert_snapshot!(project.done("migrate --plan"), @"Nothing to migrate: every installed package is up to date.");
}

#[test]
fn all_is_pending_where_there_is_no_database_and_only_migrating_creates_it() {
    let project = site();
    let missing =
        "there is no database file /project/db.sqlite3; run `plain migrate` to create it\n";
    let plan = project.run("migrate --plan").expect(0);
    assert_eq!(plan.err, missing);
    assert_snapshot!(plan.out, @"
    Would apply plain 0001_chores
    Would apply plain.sessions 0001_initial
    Would apply site 0001_notes
    ");
    let check = project.run("migrate --check site").expect(1);
    assert_eq!(check.err, missing);
    assert_snapshot!(check.out, @"Not applied: site 0001_notes");
    let list = project.run("migrations list").expect(0);
    assert_eq!(list.err, missing);
    assert_snapshot!(list.out, @"
    PACKAGE         MIGRATION     STATE
    plain           0001_chores   pending
    plain.sessions  0001_initial  pending
    site            0001_notes    pending
    ");
    project.run("migrate --plan spare").expect(1);
    assert!(!project.path("db.sqlite3").exists());
}

#[test]
fn a_check_ends_with_1_where_something_is_pending() {
    let project = site();
    project.done("migrate plain");
    assert_snapshot!(project.run("migrate --check").expect(1).out, @"
    Not applied: plain.sessions 0001_initial
    Not applied: site 0001_notes
    ");
    assert_snapshot!(project.run("migrate --check plain").expect(0).out, @"Nothing to migrate: plain is up to date.");
    project.done("migrate");
    assert_snapshot!(project.run("migrate --check").expect(0).out, @"Nothing to migrate: every installed package is up to date.");
}

#[test]
fn what_is_recorded_only_is_not_run() {
    let project = site();
    assert_snapshot!(project.done("migrate --fake site"), @"Recorded site 0001_notes as applied, without running it");
    assert_eq!(tables(&project), [""; 0]);
    assert_snapshot!(project.done("migrate site"), @"Nothing to migrate: site is up to date.");
    project.run("migrate --fake --plan").expect(2);
}

#[test]
fn a_migration_is_applied_up_to_the_one_that_is_named_and_not_in_reverse() {
    let project = site_with_migrations(&[
        ("0001_one.sql", "CREATE TABLE one (x BIGINT);"),
        ("0002_two.sql", "CREATE TABLE two (x BIGINT);"),
    ]);
    assert_snapshot!(project.done("migrate site 0001"), @"Applied site 0001_one");
    assert_eq!(tables(&project), ["one"]);
    assert_snapshot!(project.done("migrate site 0002_two"), @"Applied site 0002_two");
    assert_snapshot!(project.run("migrate site 0001_one").expect(1).err, @"error: site is at 0002_two, which is later than 0001_one, and migrations are not applied in reverse; write a new migration that undoes what is not wanted");
}

#[test]
fn the_list_shows_what_is_applied_and_what_is_not() {
    let project = site();
    project.done("migrate plain.sessions");
    let list = project.done("migrations list");
    let states: Vec<_> = list
        .lines()
        .map(|line| line.split_whitespace().take(3).collect::<Vec<_>>())
        .collect();
    assert_eq!(
        states,
        [
            ["PACKAGE", "MIGRATION", "STATE"],
            ["plain", "0001_chores", "pending"],
            ["plain.sessions", "0001_initial", "applied"],
            ["site", "0001_notes", "pending"],
        ]
    );
}

#[test]
fn processes_that_migrate_at_once_wait_and_each_migration_is_applied_once() {
    // It holds the lock long enough for the others to meet it.
    let slow = "CREATE TABLE numbers (n BIGINT);\n\
                INSERT INTO numbers WITH RECURSIVE counted(n) AS \
                (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 300000) \
                SELECT n FROM counted;";
    let project = site_with_migrations(&[
        ("0001_numbers.sql", slow),
        ("0002_more.sql", "CREATE TABLE more (x BIGINT);"),
    ]);
    let processes: Vec<_> = (0..4).map(|_| project.start("migrate")).collect();
    let outs = processes.into_iter().map(|it| it.finish().expect(0).out);
    let outs: Vec<String> = outs.collect();
    let mut applied: Vec<&str> = outs
        .iter()
        .flat_map(|out| out.lines())
        .filter(|line| line.starts_with("Applied "))
        .collect();
    applied.sort_unstable();
    assert_eq!(
        applied,
        [
            "Applied plain 0001_chores",
            "Applied plain.sessions 0001_initial",
            "Applied site 0001_numbers",
            "Applied site 0002_more",
        ]
    );
    assert!(outs.iter().all(|out| !out.is_empty()), "{outs:?}");
}

#[test]
fn what_was_migrated_is_in_the_one_file_of_the_database() {
    let project = migrated();
    assert!(!project.path("db.sqlite3-wal").exists());
    // What someone does who makes a backup.
    let copy = site();
    std::fs::copy(project.path("db.sqlite3"), copy.path("db.sqlite3")).unwrap();
    assert_eq!(tables(&copy), ["site_note"]);
}
