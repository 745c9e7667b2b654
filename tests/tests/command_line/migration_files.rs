//! Migrations that do not fit what was applied, or fail.

use insta::assert_snapshot;

use crate::support::{site_with_migrations, tables, with_database};

const ONE: (&str, &str) = ("0001_one.sql", "CREATE TABLE one (x BIGINT);");
const TWO: (&str, &str) = ("0002_two.sql", "CREATE TABLE two (x BIGINT);");
const THREE: (&str, &str) = ("0003_three.sql", "CREATE TABLE three (x BIGINT);");

#[test]
fn a_file_that_was_changed_after_it_was_applied_is_refused_everywhere() {
    let project = site_with_migrations(&[ONE, TWO]);
    project.done("migrate");
    project.write("migrations/0001_one.sql", "CREATE TABLE one (x TEXT);");
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: 0001_one.sql of site was changed after it was applied to this database; undo the change and put it into a new migration");
    let refusal = project.run("migrate --check").expect(1).err;
    assert_eq!(project.run("migrate --plan").expect(1).err, refusal);
    assert_eq!(project.run("migrate --fake").expect(1).err, refusal);
    let list = project.done("migrations list");
    assert!(list.contains("and its file was changed since"), "{list}");
    let preflight = project.run("preflight").expect(1).out;
    assert!(
        preflight.contains("error    database.migrations"),
        "{preflight}"
    );
    // The others of the application are no worse for it.
    project.done("migrate plain.sessions");
}

#[test]
fn other_line_ends_are_no_change() {
    let project = site_with_migrations(&[("0001_one.sql", "CREATE TABLE one (\nx BIGINT\n);\n")]);
    project.done("migrate");
    project.write(
        "migrations/0001_one.sql",
        "CREATE TABLE one (\r\nx BIGINT\r\n);\r\n",
    );
    project.done("migrate --check");
}

#[test]
fn numbers_that_are_missing_or_used_twice_are_refused() {
    let project = site_with_migrations(&[ONE, THREE]);
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: site has no migration 0002, but 0003_three.sql; add the missing file, or number the later ones anew if they were never applied");
    assert!(tables(&project).is_empty());
    let project = site_with_migrations(&[ONE, TWO, ("0002_zwei.sql", "SELECT 1;")]);
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: 0002_two.sql and 0002_zwei.sql of site have the same number; give the newer one the next free number");
    assert!(tables(&project).is_empty());
}

#[test]
fn names_that_are_no_migration_s_are_refused() {
    let project = site_with_migrations(&[ONE, ("two.sql", "SELECT 1;")]);
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: two.sql of site does not have the name of a migration; call it like 0001_initial.sql, or like 0001_initial.sqlite.sql and 0001_initial.postgres.sql where the databases differ: four digits, then lower-case letters, digits and _");
}

#[test]
fn a_migration_that_was_numbered_anew_after_it_was_applied_is_refused() {
    let project = site_with_migrations(&[ONE, TWO]);
    project.done("migrate");
    project.remove("migrations/0002_two.sql");
    project.write(
        "migrations/0002_other.sql",
        "CREATE TABLE other (x BIGINT);",
    );
    project.write("migrations/0003_two.sql", TWO.1);
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: the database is ahead of this program: 0002_two of site was applied to it, but is not among the program's migrations; run the version that has it, or restore a backup from before");
}

#[test]
fn a_migration_that_was_left_out_is_found() {
    let project = site_with_migrations(&[ONE, TWO]);
    project.done("migrate");
    with_database(&project, |database| async move {
        let sql = "DELETE FROM plainmigrations WHERE name = '0001_one'";
        database.query(sql).execute().await.unwrap();
    });
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: 0001_one of site was never applied to this database, but the later 0002_two was; give it a number after all applied ones");
}

#[test]
fn a_database_that_is_ahead_of_the_program_is_refused_and_still_served() {
    let project = site_with_migrations(&[ONE, TWO]);
    project.done("migrate");
    project.remove("migrations/0002_two.sql");
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: the database is ahead of this program: 0002_two of site was applied to it, but is not among the program's migrations; run the version that has it, or restore a backup from before");
    let list = project.done("migrations list");
    assert!(list.contains("and not part of this program"), "{list}");
    // A deployment goes on serving with the old program while the new one migrates.
    let mut server = project.serve();
    assert_eq!(server.get("/").status, 200);
    let warning = server.wait_for("warning: ");
    assert!(warning.contains("ahead of this program"), "{warning}");
    server.stop().expect(0);
}

#[test]
fn nothing_stays_of_a_migration_that_fails_half_way() {
    let broken = "CREATE TABLE two (x BIGINT);\n\
                  INSERT INTO two VALUES (1);\n\
                  \n\
                  INSERT INTO tow VALUES (2);\n";
    let project = site_with_migrations(&[ONE, ("0002_two.sql", broken), THREE]);
    let failed = project.run("migrate").expect(1);
    assert!(
        failed.out.ends_with("Applied site 0001_one\n"),
        "{}",
        failed.out
    );
    assert_snapshot!(failed.err, @"error: 0002_two.sql of site, line 4: no such table: tow; nothing of this migration was kept, so correct the file and migrate again");
    assert_eq!(tables(&project), ["one"]);
    let plan = project.done("migrate --plan");
    assert_eq!(
        plan,
        "Would apply site 0002_two\nWould apply site 0003_three\n"
    );
    // Correcting the file is all that is to be done.
    project.write("migrations/0002_two.sql", broken.replace("tow", "two"));
    project.done("migrate");
    assert_eq!(tables(&project), ["one", "three", "two"]);
}

#[test]
fn nothing_stays_of_a_migration_whose_process_is_killed() {
    let endless = "CREATE TABLE two (x BIGINT);\n\
                   INSERT INTO two WITH RECURSIVE counted(n) AS \
                   (SELECT 1 UNION ALL SELECT n + 1 FROM counted) \
                   SELECT n FROM counted WHERE n < 10;";
    let project = site_with_migrations(&[ONE, ("0002_two.sql", endless)]);
    let mut migrate = project.start("migrate");
    migrate.wait_for("Applied site 0001_one");
    migrate.signal("KILL");
    migrate.finish();
    assert_eq!(tables(&project), ["one"]);
    project.write("migrations/0002_two.sql", TWO.1);
    project.done("migrate");
    assert_eq!(tables(&project), ["one", "two"]);
}

#[test]
fn statements_that_end_the_transaction_are_refused() {
    let sneaky = "CREATE TABLE two (x BIGINT);\nCOMMIT;\nCREATE TABLE three (x BIGINT);\n";
    let project = site_with_migrations(&[ONE, ("0002_two.sql", sneaky)]);
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: 0002_two.sql of site, line 2: COMMIT cannot stand in a migration, since each runs in a transaction of its own; remove the statement");
    assert!(tables(&project).is_empty());
}
