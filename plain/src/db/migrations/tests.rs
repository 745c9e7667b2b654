//! The promises of the migrations, kept on SQLite files.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::db::{ConnectOptions, Database, Error};
use crate::embedded::{File, Folder};

fn folder(files: &[(&'static str, &'static str)]) -> Folder {
    let files = files.iter().map(|&(path, text)| File {
        path,
        contents: text.as_bytes(),
    });
    Folder {
        path: "",
        files: Vec::leak(files.collect()),
    }
}

async fn open(folder: &TempDir) -> Database {
    let options = ConnectOptions::sqlite_file(folder.path().join("db.sqlite3"));
    Database::connect(options).await.expect("a database")
}

/// A database, and what makes a migrator of the package "shop" for it.
struct Fixture {
    db: Database,
    folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            db: open(&folder).await,
            folder,
        }
    }

    fn migrator(&self, files: &[(&'static str, &'static str)]) -> Migrator {
        Migrator::new(self.db.clone(), [("shop", folder(files))]).expect("a migrator")
    }

    async fn apply(&self, files: &[(&'static str, &'static str)]) -> Vec<String> {
        let applied = self
            .migrator(files)
            .apply(&Target::All, |_| ())
            .await
            .expect("applied");
        applied.iter().map(MigrationId::to_string).collect()
    }

    async fn refusal(&self, files: &[(&'static str, &'static str)]) -> String {
        let result = self.migrator(files).apply(&Target::All, |_| ()).await;
        result.expect_err("refused").to_string()
    }

    async fn tables(&self) -> Vec<String> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let rows: Vec<(String,)> = self.db.query(sql).fetch_all().await.expect("tables");
        rows.into_iter().map(|(name,)| name).collect()
    }
}

const A: (&str, &str) = ("0001_a.sql", "CREATE TABLE a (x INTEGER);");
const B: (&str, &str) = ("0002_b.sql", "CREATE TABLE b (x INTEGER);");
const C: (&str, &str) = ("0003_c.sql", "CREATE TABLE c (x INTEGER);");

#[tokio::test]
async fn what_is_pending_is_applied_once_in_installation_order() {
    let fixture = Fixture::new().await;
    let packages = [
        ("z", folder(&[A, B])),
        ("a", folder(&[("0001_d.sql", "SELECT 1")])),
    ];
    let migrator = Migrator::new(fixture.db.clone(), packages).expect("a migrator");
    let names = |ids: Vec<MigrationId>| ids.iter().map(MigrationId::to_string).collect::<Vec<_>>();

    let plan = names(migrator.plan(&Target::All).await.expect("a plan"));
    assert_eq!(plan, ["z 0001_a", "z 0002_b", "a 0001_d"]);
    assert!(fixture.tables().await.is_empty(), "a plan changes nothing");

    let mut events = Vec::new();
    let applied = migrator
        .apply(&Target::All, |event| events.push(event))
        .await
        .expect("applied");
    assert_eq!(
        events[..2],
        [
            Event::Applying(applied[0].clone()),
            Event::Applied(applied[0].clone())
        ]
    );
    assert_eq!(names(applied), plan);
    assert_eq!(fixture.tables().await, ["a", "b", "plainmigrations"]);

    let again = migrator
        .apply(&Target::All, |_| panic!("nothing happens"))
        .await
        .expect("nothing");
    assert!(again.is_empty());
}

#[tokio::test]
async fn a_new_file_is_applied_after_those_that_were() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.apply(&[A]).await, ["shop 0001_a"]);
    assert_eq!(
        fixture.apply(&[A, B, C]).await,
        ["shop 0002_b", "shop 0003_c"]
    );
}

#[tokio::test]
async fn a_target_is_a_package_or_a_migration_by_name_or_number() {
    let fixture = Fixture::new().await;
    let packages = [
        ("shop", folder(&[A, B, C])),
        ("other", folder(&[("0001_o.sql", "SELECT 1")])),
    ];
    let migrator = Migrator::new(fixture.db.clone(), packages).expect("a migrator");
    let apply = async |target: Target| {
        let result = migrator.apply(&target, |_| ()).await;
        result
            .map(|ids| ids.len())
            .map_err(|error| error.to_string())
    };
    let to = |name: &str| Target::Migration("shop".to_owned(), name.to_owned());

    assert_eq!(apply(to("0002_b")).await, Ok(2));
    assert_eq!(apply(to("0002")).await, Ok(0));
    insta::assert_snapshot!(apply(to("0001_a")).await.expect_err("refused"), @"shop is at 0002_b, which is later than 0001_a, and migrations are not applied in reverse; write a new migration that undoes what is not wanted");
    insta::assert_snapshot!(apply(to("0002_d")).await.expect_err("refused"), @"shop has no migration `0002_d`; did you mean `0002_b`?");
    insta::assert_snapshot!(apply(to("initial")).await.expect_err("refused"), @"shop has no migration `initial`; known: `0001_a`, `0002_b`, `0003_c`");
    assert_eq!(apply(Target::Package("shop".to_owned())).await, Ok(1));
    assert_eq!(apply(Target::Package("shop".to_owned())).await, Ok(0));
    insta::assert_snapshot!(apply(Target::Package("shp".to_owned())).await.expect_err("refused"), @"no installed package is called `shp`; did you mean `shop`?");
    assert_eq!(apply(Target::All).await, Ok(1));
}

#[tokio::test]
async fn a_record_that_does_not_agree_with_the_files_stops_everything() {
    let fixture = Fixture::new().await;
    fixture.apply(&[A, B]).await;

    let changed = ("0001_a.sql", "CREATE TABLE a (x INTEGER, y INTEGER);");
    insta::assert_snapshot!(fixture.refusal(&[changed, B, C]).await, @"0001_a.sql of shop was changed after it was applied to this database; undo the change and put it into a new migration");
    insta::assert_snapshot!(fixture.refusal(&[A]).await, @"the database is ahead of this program: 0002_b of shop was applied to it, but is not among the program's migrations; run the version that has it, or restore a backup from before");
    insta::assert_snapshot!(fixture.refusal(&[A, ("0002_other.sql", "SELECT 1")]).await, @"the database is ahead of this program: 0002_b of shop was applied to it, but is not among the program's migrations; run the version that has it, or restore a backup from before");

    let forget = "DELETE FROM plainmigrations WHERE name = '0001_a'";
    fixture.db.query(forget).execute().await.expect("removed");
    insta::assert_snapshot!(fixture.refusal(&[A, B, C]).await, @"0001_a of shop was never applied to this database, but the later 0002_b was; give it a number after all applied ones");
    assert_eq!(fixture.tables().await, ["a", "b", "plainmigrations"]);
}

#[tokio::test]
async fn a_migration_that_fails_half_way_leaves_nothing_and_those_before_it_stay() {
    let fixture = Fixture::new().await;
    let half = (
        "0002_b.sql",
        "-- Two tables.\nCREATE TABLE b (x INTEGER);\n\nINSERT INTO a VALUES (1);\nCREATE TABLE\n b (y);\n",
    );
    insta::assert_snapshot!(fixture.refusal(&[A, half, C]).await, @"0002_b.sql of shop, line 5: table b already exists; nothing of this migration was kept, so correct the file and migrate again");
    assert_eq!(fixture.tables().await, ["a", "plainmigrations"]);
    let rows: i64 = fixture
        .db
        .query("SELECT count(*) FROM a")
        .scalar()
        .await
        .expect("a count");
    assert_eq!(rows, 0);

    let mended = (
        "0002_b.sql",
        "CREATE TABLE b (x INTEGER); INSERT INTO a VALUES (1);",
    );
    assert_eq!(
        fixture.apply(&[A, mended, C]).await,
        ["shop 0002_b", "shop 0003_c"]
    );
}

#[tokio::test]
async fn errors_in_a_file_are_named_with_their_line() {
    let fixture = Fixture::new().await;
    let refusal = async |sql: &'static str| fixture.refusal(&[("0001_a.sql", sql)]).await;
    insta::assert_snapshot!(refusal("SELECT 1;\nCREATE TABEL a (x);").await, @r#"0001_a.sql of shop, line 2: near "TABEL": syntax error; nothing of this migration was kept, so correct the file and migrate again"#);
    insta::assert_snapshot!(refusal("\nINSERT INTO missing VALUES (1)").await, @"0001_a.sql of shop, line 2: no such table: missing; nothing of this migration was kept, so correct the file and migrate again");
    insta::assert_snapshot!(refusal("CREATE TABLE a (x UNIQUE);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1);").await, @"0001_a.sql of shop, line 3: UNIQUE constraint failed: a.x; nothing of this migration was kept, so correct the file and migrate again");
    insta::assert_snapshot!(refusal("CREATE TABLE a (x);\nVACUUM;").await, @"0001_a.sql of shop, line 2: cannot VACUUM from within a transaction; each migration runs in a transaction of its own, so run this statement by hand");
    insta::assert_snapshot!(refusal("SELECT 'never closed;").await, @r#"0001_a.sql of shop, line 1: unrecognized token: "'never closed;"; nothing of this migration was kept, so correct the file and migrate again"#);
    let control = |sql: &'static str| {
        let packages = [("shop", folder(&[("0001_a.sql", sql)]))];
        Migrator::new(fixture.db.clone(), packages)
            .expect_err("refused")
            .to_string()
    };
    insta::assert_snapshot!(control("CREATE TABLE a (x);\nCOMMIT;"), @"0001_a.sql of shop, line 2: COMMIT cannot stand in a migration, since each runs in a transaction of its own; remove the statement");
    insta::assert_snapshot!(control("PRAGMA foreign_keys = OFF;"), @"0001_a.sql of shop, line 1: PRAGMA foreign_keys cannot stand in a migration, since each runs in a transaction of its own; remove the statement");
    assert!(fixture.tables().await.is_empty());
}

#[tokio::test]
async fn a_file_may_hold_several_statements_triggers_comments_and_odd_texts() {
    let fixture = Fixture::new().await;
    let sql = "-- a; comment\r\nCREATE TABLE a (x TEXT, n INTEGER DEFAULT 0); /* and; another */\r\n\
               CREATE TRIGGER t AFTER INSERT ON a WHEN new.n = 0 BEGIN\r\n\
                 UPDATE a SET n = CASE WHEN 1 THEN 2 END WHERE x = new.x;\r\n\
                 INSERT INTO a VALUES ('from; trigger', 1);\r\nEND;\r\n\
               INSERT INTO a (x) VALUES ('it''s; $1 ? \"fine\"'); -- the end";
    fixture.apply(&[("0001_a.sql", sql)]).await;
    let rows: Vec<(String, i64)> = fixture
        .db
        .query("SELECT x, n FROM a")
        .fetch_all()
        .await
        .expect("rows");
    let expected = [("it's; $1 ? \"fine\"", 2), ("from; trigger", 1)];
    assert_eq!(rows, expected.map(|(x, n)| (x.to_owned(), n)));
}

#[tokio::test]
async fn an_empty_file_is_a_migration_too() {
    let fixture = Fixture::new().await;
    assert_eq!(
        fixture
            .apply(&[("0001_a.sql", ""), ("0002_b.sql", "-- later")])
            .await
            .len(),
        2
    );
}

#[tokio::test]
async fn faking_records_without_running() {
    let fixture = Fixture::new().await;
    let faked = fixture
        .migrator(&[A, B])
        .fake(&Target::All, |_| ())
        .await
        .expect("faked");
    assert_eq!(faked.len(), 2);
    assert_eq!(fixture.tables().await, ["plainmigrations"]);
    assert_eq!(fixture.apply(&[A, B, C]).await, ["shop 0003_c"]);
}

#[tokio::test]
async fn the_status_shows_what_a_plan_would_refuse() {
    let fixture = Fixture::new().await;
    let state = async |files: &[(&'static str, &'static str)]| {
        let rows = fixture.migrator(files).status().await.expect("a status");
        let text = |row: Status| {
            let state = match row.state {
                State::Pending => "pending",
                State::Applied(_) => "applied",
                State::Changed(_) => "changed",
                State::Unknown(_) => "unknown",
            };
            format!("{}: {state}", row.id)
        };
        rows.into_iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(state(&[A]).await, ["shop 0001_a: pending"]);
    fixture.apply(&[A, B, C]).await;
    assert_eq!(
        state(&[("0001_a.sql", "SELECT 1"), B]).await,
        [
            "shop 0001_a: changed",
            "shop 0002_b: applied",
            "shop 0003_c: unknown"
        ]
    );
}

#[test]
fn two_that_migrate_one_file_at_once_apply_each_migration_once() {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let barrier = Arc::new(Barrier::new(2));
    // Each handle has connections of its own, as another process has.
    let threads = [(), ()].map(|()| {
        let (folder, barrier) = (Arc::clone(&folder), Arc::clone(&barrier));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                barrier.wait();
                let db = open(&folder).await;
                let files = self::folder(&[A, B, C]);
                let migrator = Migrator::new(db, [("shop", files)]).expect("a migrator");
                barrier.wait();
                migrator
                    .apply(&Target::All, |_| ())
                    .await
                    .expect("applied")
                    .len()
            })
        })
    });
    let applied: usize = threads
        .into_iter()
        .map(|it| it.join().expect("no panic"))
        .sum();
    assert_eq!(applied, 3);
}

#[tokio::test]
async fn another_writer_is_waited_for_and_the_wait_is_told_and_bounded() {
    let fixture = Fixture::new().await;
    let options = ConnectOptions::sqlite_file(fixture.folder.path().join("db.sqlite3"));
    let db = Database::connect(options.timeout(Duration::from_millis(5)))
        .await
        .expect("it");
    let migrator = Migrator::new(db.clone(), [("shop", folder(&[A]))]).expect("a migrator");

    let held = db.begin().await.expect("a transaction");
    let short = migrator.clone().wait(Duration::ZERO);
    let refused = short
        .apply(&Target::All, |_| ())
        .await
        .expect_err("too long");
    assert!(
        matches!(&refused, MigrationError::Database(error) if error.is_unavailable()),
        "{refused}"
    );

    let mut held = Some(held);
    let mut events = Vec::new();
    let applied = migrator.apply(&Target::All, |event| {
        held = None;
        events.push(event);
    });
    assert_eq!(applied.await.expect("applied").len(), 1);
    assert_eq!(events[0], Event::Waiting);
}

#[tokio::test]
async fn a_migration_that_is_cancelled_leaves_nothing() {
    use futures_util::FutureExt;
    let fixture = Fixture::new().await;
    let migrator = fixture.migrator(&[A, B]);
    for polls in 0..8 {
        let mut work = Box::pin(migrator.apply(&Target::All, |_| ()));
        for _ in 0..polls {
            if (&mut work).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(work);
        let tables = fixture.tables().await;
        let status = migrator.status().await.expect("a status");
        let applied = status
            .iter()
            .filter(|row| row.state != State::Pending)
            .count();
        let made = tables
            .iter()
            .filter(|name| *name != "plainmigrations")
            .count();
        assert_eq!(applied, made, "tables and records agree: {tables:?}");
    }
    migrator.apply(&Target::All, |_| ()).await.expect("applied");
    assert_eq!(fixture.tables().await, ["a", "b", "plainmigrations"]);
}

#[tokio::test]
async fn a_database_without_a_record_of_migrations_is_not_an_error_but_a_broken_one_is() {
    let fixture = Fixture::new().await;
    let table = "CREATE TABLE plainmigrations (something TEXT)";
    fixture.db.query(table).execute().await.expect("a table");
    let refused = fixture
        .migrator(&[A])
        .plan(&Target::All)
        .await
        .expect_err("refused");
    assert!(
        matches!(&refused, MigrationError::Database(Error::Statement { .. })),
        "{refused}"
    );
}
