//! Migrations.

use std::time::Duration;

use plain::db::migrations::{Event, MigrationError, MigrationId, Migrator, State, Status, Target};
use plain::db::{ConnectOptions, Database, Error, Kind};
use plain::embedded::{File, Folder};
use plain::test::{TestDatabase, both};

use crate::either;

both![
    two_that_migrate_at_once_apply_each_migration_once,
    what_is_pending_is_applied_once_in_installation_order,
    a_new_file_is_applied_after_those_that_were,
    a_target_is_a_package_or_a_migration_by_name_or_number,
    a_record_that_does_not_agree_with_the_files_stops_everything,
    a_migration_that_fails_half_way_leaves_nothing_and_those_before_it_stay,
    errors_in_a_file_are_named_with_their_line,
    a_file_may_hold_several_statements_triggers_comments_and_odd_texts,
    an_empty_file_is_a_migration_too,
    faking_records_without_running,
    the_status_shows_what_a_plan_would_refuse,
    another_writer_is_waited_for_and_the_wait_is_told_and_bounded,
    a_migration_that_is_cancelled_leaves_nothing,
    a_database_without_a_record_of_migrations_is_not_an_error_but_a_broken_one_is,
];

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

/// A database, and what makes a migrator of the package "shop" for it.
struct Fixture {
    db: TestDatabase,
}

impl Fixture {
    async fn new(kind: Kind) -> Self {
        let db = TestDatabase::empty(kind).await;
        Self { db }
    }

    fn migrator(&self, files: &[(&'static str, &'static str)]) -> Migrator {
        Migrator::new(Database::clone(&self.db), [("shop", folder(files))]).expect("a migrator")
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
        let sql = match self.db.kind() {
            Kind::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
            Kind::Postgres => {
                "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            }
        };
        let rows: Vec<(String,)> = self.db.query(sql).fetch_all().await.expect("tables");
        rows.into_iter().map(|(name,)| name).collect()
    }
}

const A: (&str, &str) = ("0001_a.sql", "CREATE TABLE a (x INTEGER);");

const B: (&str, &str) = ("0002_b.sql", "CREATE TABLE b (x INTEGER);");

const C: (&str, &str) = ("0003_c.sql", "CREATE TABLE c (x INTEGER);");

async fn what_is_pending_is_applied_once_in_installation_order(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    let packages = [
        ("z", folder(&[A, B])),
        ("a", folder(&[("0001_d.sql", "SELECT 1")])),
    ];
    let migrator = Migrator::new(Database::clone(&fixture.db), packages).expect("a migrator");
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

async fn a_new_file_is_applied_after_those_that_were(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    assert_eq!(fixture.apply(&[A]).await, ["shop 0001_a"]);
    assert_eq!(
        fixture.apply(&[A, B, C]).await,
        ["shop 0002_b", "shop 0003_c"]
    );
}

async fn a_target_is_a_package_or_a_migration_by_name_or_number(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    let packages = [
        ("shop", folder(&[A, B, C])),
        ("other", folder(&[("0001_o.sql", "SELECT 1")])),
    ];
    let migrator = Migrator::new(Database::clone(&fixture.db), packages).expect("a migrator");
    let apply = async |target: Target| {
        let result = migrator.apply(&target, |_| ()).await;
        result
            .map(|ids| ids.len())
            .map_err(|error| error.to_string())
    };
    let to = |name: &str| Target::Migration("shop".to_owned(), name.to_owned());

    assert_eq!(apply(to("0002_b")).await, Ok(2));
    assert_eq!(apply(to("0002")).await, Ok(0));
    assert_eq!(
        apply(to("0001_a")).await.expect_err("refused").to_string(),
        "shop is at 0002_b, which is later than 0001_a, and migrations are not applied in reverse; write a new migration that undoes what is not wanted"
    );
    assert_eq!(
        apply(to("0002_d")).await.expect_err("refused").to_string(),
        "shop has no migration `0002_d`; did you mean `0002_b`?"
    );
    assert_eq!(
        apply(to("initial")).await.expect_err("refused").to_string(),
        "shop has no migration `initial`; known: `0001_a`, `0002_b`, `0003_c`"
    );
    assert_eq!(apply(Target::Package("shop".to_owned())).await, Ok(1));
    assert_eq!(apply(Target::Package("shop".to_owned())).await, Ok(0));
    assert_eq!(
        apply(Target::Package("shp".to_owned()))
            .await
            .expect_err("refused")
            .to_string(),
        "no installed package is called `shp`; did you mean `shop`?"
    );
    assert_eq!(apply(Target::All).await, Ok(1));
}

async fn a_record_that_does_not_agree_with_the_files_stops_everything(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    fixture.apply(&[A, B]).await;

    let changed = ("0001_a.sql", "CREATE TABLE a (x INTEGER, y INTEGER);");
    assert_eq!(
        fixture.refusal(&[changed, B, C]).await.to_string(),
        "0001_a.sql of shop was changed after it was applied to this database; undo the change and put it into a new migration"
    );
    assert_eq!(
        fixture.refusal(&[A]).await.to_string(),
        "the database is ahead of this program: 0002_b of shop was applied to it, but is not among the program's migrations; run the version that has it, or restore a backup from before"
    );
    assert_eq!(
        fixture
            .refusal(&[A, ("0002_other.sql", "SELECT 1")])
            .await
            .to_string(),
        "the database is ahead of this program: 0002_b of shop was applied to it, but is not among the program's migrations; run the version that has it, or restore a backup from before"
    );

    let forget = "DELETE FROM plainmigrations WHERE name = '0001_a'";
    fixture.db.query(forget).execute().await.expect("removed");
    assert_eq!(
        fixture.refusal(&[A, B, C]).await.to_string(),
        "0001_a of shop was never applied to this database, but the later 0002_b was; give it a number after all applied ones"
    );
    assert_eq!(fixture.tables().await, ["a", "b", "plainmigrations"]);
}

async fn a_migration_that_fails_half_way_leaves_nothing_and_those_before_it_stay(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    let half = (
        "0002_b.sql",
        "-- Two tables.\nCREATE TABLE b (x INTEGER);\n\nINSERT INTO a VALUES (1);\nCREATE TABLE\n b (y INTEGER);\n",
    );
    assert_eq!(
        fixture.refusal(&[A, half, C]).await.to_string(),
        either(
            kind,
            "0002_b.sql of shop, line 5: table b already exists; nothing of this migration was kept, so correct the file and migrate again",
            "0002_b.sql of shop, line 5: relation \"b\" already exists; nothing of this migration was kept, so correct the file and migrate again",
        )
    );
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

async fn errors_in_a_file_are_named_with_their_line(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    let end = "nothing of this migration was kept, so correct the file and migrate again";
    let by_hand = "each migration runs in a transaction of its own, so run this statement by hand";
    for (sql, sqlite, postgres, end) in [
        (
            "SELECT 1;\nCREATE TABEL a (x INTEGER);",
            "line 2: near \"TABEL\": syntax error",
            "line 2: syntax error at or near \"TABEL\"",
            end,
        ),
        (
            "\nINSERT INTO missing VALUES (1)",
            "line 2: no such table: missing",
            "line 2: relation \"missing\" does not exist",
            end,
        ),
        (
            "CREATE TABLE a (x INTEGER UNIQUE);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1);",
            "line 3: UNIQUE constraint failed: a.x",
            "line 3: duplicate key value violates unique constraint \"a_x_key\"",
            end,
        ),
        (
            "CREATE TABLE a (x INTEGER);\nVACUUM;",
            "line 2: cannot VACUUM from within a transaction",
            "line 2: VACUUM cannot run inside a transaction block",
            by_hand,
        ),
        (
            "SELECT 'never closed;",
            "line 1: unrecognized token: \"'never closed;\"",
            "line 1: unterminated quoted string at or near \"'never closed;\"",
            end,
        ),
    ] {
        let refusal = fixture.refusal(&[("0001_a.sql", sql)]).await;
        let said = either(kind, sqlite, postgres);
        assert_eq!(refusal, format!("0001_a.sql of shop, {said}; {end}"));
    }
    let control = |sql: &'static str| {
        let packages = [("shop", folder(&[("0001_a.sql", sql)]))];
        Migrator::new(Database::clone(&fixture.db), packages)
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(
        control("CREATE TABLE a (x INTEGER);\nCOMMIT;"),
        "0001_a.sql of shop, line 2: COMMIT cannot stand in a migration, since each runs in a transaction of its own; remove the statement"
    );
    assert_eq!(
        control("PRAGMA foreign_keys = OFF;"),
        "0001_a.sql of shop, line 1: PRAGMA foreign_keys cannot stand in a migration, since each runs in a transaction of its own; remove the statement"
    );
    assert!(fixture.tables().await.is_empty());
}

async fn a_file_may_hold_several_statements_triggers_comments_and_odd_texts(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    let sql = "-- a; comment\r\nCREATE TABLE a (x TEXT, n INTEGER DEFAULT 0); /* and; another */\r\n\
               CREATE TRIGGER t AFTER INSERT ON a WHEN new.n = 0 BEGIN\r\n\
                 UPDATE a SET n = CASE WHEN 1 THEN 2 END WHERE x = new.x;\r\n\
                 INSERT INTO a VALUES ('from; trigger', 1);\r\nEND;\r\n\
               INSERT INTO a (x) VALUES ('it''s; $1 ? \"fine\"'); -- the end";
    let postgres = "-- a; comment\r\nCREATE TABLE a (x TEXT, n BIGINT DEFAULT 0); /* and; another */\r\n\
                    CREATE FUNCTION f() RETURNS trigger AS $body$\r\nBEGIN\r\n\
                      UPDATE a SET n = CASE WHEN true THEN 2 END WHERE x = new.x;\r\n\
                      INSERT INTO a VALUES ('from; trigger', 1);\r\nRETURN NULL;\r\nEND;\r\n$body$ \
                      LANGUAGE plpgsql;\r\n\
                    CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW WHEN (new.n = 0) \
                      EXECUTE FUNCTION f();\r\n\
                    INSERT INTO a (x) VALUES ('it''s; $1 ? \"fine\"'); -- the end";
    let sql = either(kind, sql, postgres);
    fixture.apply(&[("0001_a.sql", sql)]).await;
    let rows: Vec<(String, i64)> = fixture
        .db
        .query("SELECT x, n FROM a ORDER BY n DESC")
        .fetch_all()
        .await
        .expect("rows");
    let expected = [("it's; $1 ? \"fine\"", 2), ("from; trigger", 1)];
    assert_eq!(rows, expected.map(|(x, n)| (x.to_owned(), n)));
}

async fn an_empty_file_is_a_migration_too(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    assert_eq!(
        fixture
            .apply(&[("0001_a.sql", ""), ("0002_b.sql", "-- later")])
            .await
            .len(),
        2
    );
}

async fn faking_records_without_running(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    let faked = fixture
        .migrator(&[A, B])
        .fake(&Target::All, |_| ())
        .await
        .expect("faked");
    assert_eq!(faked.len(), 2);
    assert_eq!(fixture.tables().await, ["plainmigrations"]);
    assert_eq!(fixture.apply(&[A, B, C]).await, ["shop 0003_c"]);
}

async fn the_status_shows_what_a_plan_would_refuse(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    let state = async |files: &[(&'static str, &'static str)]| {
        let rows = fixture.migrator(files).status().await.expect("a status");
        let text = |row: Status| {
            let state = match row.state {
                State::Pending => "pending",
                State::Applied(_) => "applied",
                State::Changed(_) => "changed",
                State::Unknown(_) => "unknown",
                other => panic!("an unexpected state: {other:?}"),
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

async fn two_that_migrate_at_once_apply_each_migration_once(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    // Each handle has connections of its own, as another process has.
    let migrators = futures_util::future::join_all((0..4).map(|_| async {
        let db = fixture.db.another().await;
        Migrator::new(db, [("shop", folder(&[A, B, C]))]).expect("a migrator")
    }));
    let runs = migrators.await.into_iter().map(|migrator| async move {
        let applied = migrator.apply(&Target::All, |_| ()).await;
        applied.expect("applied").len()
    });
    let applied: usize = futures_util::future::join_all(runs).await.iter().sum();
    assert_eq!(applied, 3);
}

async fn another_writer_is_waited_for_and_the_wait_is_told_and_bounded(kind: Kind) {
    let fixture = Fixture::new(kind).await;
    let options = ConnectOptions::to(fixture.db.url());
    let db = Database::connect(options.timeout(Duration::from_secs(2)))
        .await
        .expect("it");
    let migrator = Migrator::new(db.clone(), [("shop", folder(&[A]))]).expect("a migrator");

    let mut held = db.begin().await.expect("a transaction");
    if kind == Kind::Postgres {
        // What keeps others from migrating, as history.rs has it; on SQLite any writer does.
        let lock = held.query("SELECT 1 FROM pg_advisory_xact_lock($1)");
        let lock = lock.bind(0x0070_6c61_696e_i64).execute();
        lock.await.expect("locked");
    }
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

async fn a_migration_that_is_cancelled_leaves_nothing(kind: Kind) {
    use futures_util::FutureExt;
    let fixture = Fixture::new(kind).await;
    fixture.apply(&[A]).await;
    let migrator = fixture.migrator(&[A, B, C]);
    // One statement, since a commit that was under way goes on, and could come between two.
    let counts = match kind {
        Kind::Sqlite => {
            "SELECT (SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'b', 'c')), \
             (SELECT count(*) FROM plainmigrations)"
        }
        Kind::Postgres => {
            "SELECT (SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b', 'c')), \
             (SELECT count(*) FROM plainmigrations)"
        }
    };
    for polls in 0..8 {
        let mut work = Box::pin(migrator.apply(&Target::All, |_| ()));
        for _ in 0..polls {
            if (&mut work).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(work);
        let (made, recorded): (i64, i64) =
            fixture.db.query(counts).fetch_one().await.expect("counts");
        assert_eq!(made, recorded, "tables and records agree");
    }
    migrator.apply(&Target::All, |_| ()).await.expect("applied");
    assert_eq!(fixture.tables().await, ["a", "b", "c", "plainmigrations"]);
}

async fn a_database_without_a_record_of_migrations_is_not_an_error_but_a_broken_one_is(kind: Kind) {
    let fixture = Fixture::new(kind).await;
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
