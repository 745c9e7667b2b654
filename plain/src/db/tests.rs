//! The promises of a database, kept on SQLite files.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeZone, Utc};
use futures_util::FutureExt;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::*;

async fn database() -> (Database, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(&folder).await;
    (db, folder)
}

async fn open(folder: &TempDir) -> Database {
    let path = folder.path().join("db.sqlite3");
    Database::connect(ConnectOptions::sqlite_file(path))
        .await
        .expect("a database")
}

async fn database_with_items() -> (Database, TempDir) {
    let (db, folder) = database().await;
    let table = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
                 price INTEGER CHECK (price >= 0))";
    db.query(table).execute().await.expect("a table");
    (db, folder)
}

async fn count(db: &Database) -> i64 {
    db.query("SELECT count(*) FROM item")
        .scalar()
        .await
        .expect("a count")
}

async fn add(db: &Database, name: &str) -> Result<u64> {
    db.query("INSERT INTO item (name) VALUES ($1)")
        .bind(name)
        .execute()
        .await
}

/// A runtime of its own on a thread of its own, as the server has one for each core.
fn on_own_runtime<T: Send + 'static>(
    work: impl AsyncFnOnce() -> T + Send + 'static,
) -> std::thread::JoinHandle<T> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(work())
    })
}

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Everything {
    id: i64,
    yes: bool,
    half: f64,
    text: String,
    bytes: Vec<u8>,
    json: serde_json::Value,
    time: DateTime<Utc>,
    missing: Option<String>,
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let (db, _folder) = database().await;
    db.query(
        "CREATE TABLE everything (id INTEGER PRIMARY KEY, yes BOOLEAN, half REAL, text TEXT,
         bytes BLOB, json TEXT, time TEXT, missing TEXT)",
    )
    .execute()
    .await
    .expect("a table");
    let json = serde_json::json!({"list": [1, 2.5, null], "text": "ü"});
    let time = Utc::now().trunc_subsecs(6);

    let insert = "INSERT INTO everything VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *";
    let stored: Everything = db
        .query(insert)
        .bind(7)
        .bind(true)
        .bind(0.5)
        .bind("a 'text'")
        .bind(vec![0, 255])
        .bind(json.clone())
        .bind(time)
        .bind(None::<&str>)
        .fetch_one()
        .await
        .expect("a row");

    let text = "a 'text'".to_owned();
    let bytes = vec![0, 255];
    let expected = Everything {
        id: 7,
        yes: true,
        half: 0.5,
        text,
        bytes,
        json,
        time,
        missing: None,
    };
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn times_are_stored_in_one_width_so_that_their_order_is_that_of_the_texts() {
    let (db, _folder) = database().await;
    let time = Utc
        .with_ymd_and_hms(2026, 1, 31, 8, 15, 0)
        .single()
        .expect("a time");
    let stored: String = db
        .query("SELECT $1")
        .bind(time)
        .scalar()
        .await
        .expect("a text");
    assert_eq!(stored, "2026-01-31T08:15:00.000000Z");
    let later: bool = db
        .query("SELECT $1 < $2")
        .bind(time)
        .bind(time + Duration::from_micros(1))
        .scalar()
        .await
        .expect("a comparison");
    assert!(later);
}

#[tokio::test]
async fn what_one_of_the_databases_could_not_hold_is_refused() {
    let (db, _folder) = database().await;
    let refusal = async |value: Value| {
        let refused = db.query("SELECT $1").bind(value).execute().await;
        refused.expect_err("refused").to_string()
    };
    insta::assert_snapshot!(refusal(f64::NAN.into()).await, @"a value cannot be stored: $1: NaN is not a number that it can hold; bind another value");
    insta::assert_snapshot!(refusal("a\0b".into()).await, @"a value cannot be stored: $1: a text cannot hold a NUL character; bind another value");
    insta::assert_snapshot!(refusal(DateTime::<Utc>::MAX_UTC.into()).await, @"a value cannot be stored: $1: a time must lie in the years 0 to 9999; bind another value");
    let number = Value::try_from(u64::MAX).expect_err("refused");
    insta::assert_snapshot!(number, @"a value cannot be stored: 18446744073709551615 is larger than 9223372036854775807, the largest number it can hold; bind another value");
}

#[tokio::test]
async fn refusals_of_the_database_say_what_to_do() {
    let (db, _folder) = database_with_items().await;
    add(&db, "spoon").await.expect("added");

    let unique = add(&db, "spoon").await.expect_err("refused");
    assert!(unique.is_unique_violation());
    insta::assert_snapshot!(unique, @"a row with the same item.name exists already; choose another value");

    let check = db
        .query("INSERT INTO item (name, price) VALUES ('fork', -1)")
        .execute()
        .await;
    insta::assert_snapshot!(check.expect_err("refused"), @"a constraint of the table does not hold: CHECK constraint failed: price >= 0; correct the values");

    let missing = db
        .query("SELECT * FROM basket")
        .execute()
        .await
        .expect_err("refused");
    assert!(missing.is_missing_table() && !missing.is_unavailable());
    insta::assert_snapshot!(missing, @"the table `basket` does not exist; run `plain migrate` to create the tables of the installed packages");

    let statement = db.query("SELECT colour FROM item").execute().await;
    insta::assert_snapshot!(statement.expect_err("refused"), @"the database refused a statement: no such column: colour; correct the statement: SELECT colour FROM item");

    let none = db
        .query("SELECT id FROM item WHERE id = 9")
        .scalar::<i64>()
        .await;
    insta::assert_snapshot!(none.expect_err("refused"), @"no row was found; ask with fetch_optional where none is a possible answer (the statement: SELECT id FROM item WHERE id = 9)");

    let decode = db.query("SELECT name FROM item").scalar::<i64>().await;
    insta::assert_snapshot!(decode.expect_err("refused"), @"a row does not fit its Rust type: error occurred while decoding column 0: mismatched types; Rust type `i64` (as SQL type `INTEGER`) is not compatible with SQL type `TEXT`; compare the type's fields with the columns of: SELECT name FROM item");

    let control = db.query("BEGIN").execute().await;
    insta::assert_snapshot!(control.expect_err("refused"), @"`BEGIN` cannot be sent as a statement; use Database::begin and Transaction::commit, and drop the transaction to roll it back");
}

#[tokio::test]
async fn a_place_without_a_usable_database_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let refusal = async |name: &str, create: Create| {
        let options = ConnectOptions::sqlite_file(path(name)).create(create);
        let refused = Database::connect(options)
            .await
            .expect_err("refused")
            .to_string();
        refused.replace(&folder.path().display().to_string(), "[folder]")
    };

    insta::assert_snapshot!(refusal("new.sqlite3", Create::Never).await, @"there is no database file [folder]/new.sqlite3; run `plain migrate` to create it");
    assert!(!path("new.sqlite3").exists());

    insta::assert_snapshot!(refusal("none/new.sqlite3", Create::IfMissing).await, @"the folder of the database file [folder]/none/new.sqlite3 does not exist; create it, or correct DATABASE_URL");

    std::fs::create_dir(path("folder")).expect("a folder");
    insta::assert_snapshot!(refusal("folder", Create::IfMissing).await, @"[folder]/folder is not a file, so it cannot be a database; correct DATABASE_URL");

    let text = "This is a letter and not a database, however long it is. ".repeat(100);
    std::fs::write(path("letter.txt"), text).expect("a file");
    insta::assert_snapshot!(refusal("letter.txt", Create::IfMissing).await, @"[folder]/letter.txt is not a SQLite database, or it is damaged (file is not a database); correct DATABASE_URL, or put a backup in its place");

    std::fs::write(path("closed.sqlite3"), "").expect("a file");
    let mut permissions = std::fs::metadata(path("closed.sqlite3"))
        .expect("it")
        .permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(path("closed.sqlite3"), permissions).expect("set");
    insta::assert_snapshot!(refusal("closed.sqlite3", Create::Never).await, @"the database [folder]/closed.sqlite3 is read-only; let this user write to it (for SQLite: to the file and to its folder)");
}

#[tokio::test]
async fn a_write_through_a_reader_is_refused_and_the_reader_stays_usable() {
    let (db, _folder) = database_with_items().await;
    // By its first word this is a read; the reader itself refuses the write in it.
    let write = "EXPLAIN QUERY PLAN SELECT 1; DELETE FROM item";
    let refused = db.query(write).execute().await.expect_err("refused");
    assert!(matches!(refused, Error::ReadOnly { .. }), "{refused}");
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    let options = ConnectOptions::sqlite_file(folder.path().join("unused"))
        .url(format!("postgres://shop:secret@{address}/shop"))
        .timeout(Duration::from_secs(2));
    let refused = Database::connect(options)
        .await
        .expect_err("nobody is there");
    assert!(refused.is_unavailable());
    let text = refused
        .to_string()
        .replace(&address.to_string(), "[address]");
    insta::assert_snapshot!(text, @"cannot connect to the database postgres://shop:***@[address]/shop: error communicating with database: Connection refused (os error 111); check that it runs and that DATABASE_URL is right");
}

#[test]
fn fifty_writers_on_several_runtimes_all_get_their_turn() {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let db = on_own_runtime({
        let folder = Arc::clone(&folder);
        async move || {
            let db = open(&folder).await;
            db.query("CREATE TABLE counter (n INTEGER NOT NULL)")
                .execute()
                .await
                .expect("a table");
            db.query("INSERT INTO counter VALUES (0)")
                .execute()
                .await
                .expect("a row");
            db
        }
    })
    // The runtime on which the database was opened is gone from here on.
    .join()
    .expect("opened");

    let writers: Vec<_> = (0..5)
        .map(|_| {
            let db = db.clone();
            on_own_runtime(async move || {
                let writes = (0..10).map(|_| async {
                    // Reads first and writes what it read plus one, so a lost turn shows.
                    db.transaction(async |transaction| -> Result<u64> {
                        let n: i64 = transaction.query("SELECT n FROM counter").scalar().await?;
                        transaction
                            .query("UPDATE counter SET n = $1")
                            .bind(n + 1)
                            .execute()
                            .await
                    })
                    .await
                });
                futures_util::future::try_join_all(writes).await.map(|_| ())
            })
        })
        .collect();
    for writer in writers {
        writer.join().expect("no panic").expect("no error");
    }

    let db = db.clone();
    let read = async move || db.query("SELECT n FROM counter").scalar::<i64>().await;
    assert_eq!(
        on_own_runtime(read)
            .join()
            .expect("no panic")
            .expect("a number"),
        50
    );
}

#[tokio::test]
async fn handles_of_two_processes_on_one_file_wait_for_each_other() {
    let (one, folder) = database_with_items().await;
    let other = open(&folder).await;

    let mut held = one.begin().await.expect("a transaction");
    held.query("INSERT INTO item (name) VALUES ('held')")
        .execute()
        .await
        .expect("added");
    let (started, waiting) = mpsc::channel();
    let second = on_own_runtime(async move || {
        started.send(()).expect("heard");
        add(&other, "waited").await
    });
    waiting.recv().expect("started");
    held.commit().await.expect("committed");

    second
        .join()
        .expect("no panic")
        .expect("added after the other one");
    assert_eq!(count(&one).await, 2);
}

#[tokio::test]
async fn readers_go_on_during_a_transaction_and_see_what_was_committed() {
    let (db, _folder) = database_with_items().await;
    let mut transaction = db.begin().await.expect("a transaction");
    transaction
        .query("INSERT INTO item (name) VALUES ('new')")
        .execute()
        .await
        .expect("added");

    assert_eq!(count(&db).await, 0);
    let inside: i64 = transaction
        .query("SELECT count(*) FROM item")
        .scalar()
        .await
        .expect("a count");
    assert_eq!(inside, 1);
    transaction.commit().await.expect("committed");
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing() {
    let (db, _folder) = database_with_items().await;
    let mut transaction = db.begin().await.expect("a transaction");
    transaction
        .query("INSERT INTO item (name) VALUES ('new')")
        .execute()
        .await
        .expect("added");
    drop(transaction);

    // Would fail, or be rolled back itself, if the writer were still in the old transaction.
    add(&db, "next").await.expect("added");
    let names: Vec<(String,)> = db
        .query("SELECT name FROM item")
        .fetch_all()
        .await
        .expect("rows");
    assert_eq!(names, [("next".to_owned(),)]);
}

#[tokio::test]
async fn work_that_is_cancelled_at_any_await_leaves_the_writer_to_the_next() {
    let (db, _folder) = database_with_items().await;
    for polls in 0..12 {
        let mut work = Box::pin(db.transaction(async |transaction| -> Result<()> {
            for name in ["a", "b", "c"] {
                let insert = "INSERT INTO item (name) VALUES ($1)";
                transaction.query(insert).bind(name).execute().await?;
            }
            std::future::pending::<()>().await;
            Ok(())
        }));
        for _ in 0..polls {
            assert!((&mut work).now_or_never().is_none(), "it never ends");
            tokio::task::yield_now().await;
        }
        drop(work);
        let saved = add(&db, "next").await;
        saved.expect("the writer is free");
        let removed = db
            .query("DELETE FROM item")
            .execute()
            .await
            .expect("removed");
        assert_eq!(removed, 1, "after {polls} polls");
    }
}

#[tokio::test]
async fn statements_that_are_cancelled_do_not_use_up_the_connections() {
    let (db, _folder) = database_with_items().await;
    for _ in 0..100 {
        let mut read = Box::pin(db.query("SELECT count(*) FROM item").scalar::<i64>());
        let _ = (&mut read).now_or_never();
        drop(read);
        let mut write = Box::pin(db.query("DELETE FROM item").execute());
        let _ = (&mut write).now_or_never();
    }
    assert_eq!(count(&db).await, 0);
    add(&db, "spoon").await.expect("added");
}

#[tokio::test]
async fn a_failed_statement_gives_up_its_transaction() {
    let (db, _folder) = database_with_items().await;
    let mut transaction = db.begin().await.expect("a transaction");
    let insert = "INSERT INTO item (name) VALUES ('spoon')";
    transaction.query(insert).execute().await.expect("added");
    transaction
        .query(insert)
        .execute()
        .await
        .expect_err("added twice");

    let next = transaction
        .query("SELECT 1")
        .execute()
        .await
        .expect_err("given up");
    insta::assert_snapshot!(next, @"the transaction was given up since one of its statements failed, and nothing of it is saved; begin a new one");
    assert!(matches!(transaction.commit().await, Err(Error::Aborted)));
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_commit_that_fails_saves_nothing_and_frees_the_writer() {
    let (db, _folder) = database().await;
    db.query("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        .execute()
        .await
        .expect("a table");
    let child =
        "CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)";
    db.query(child).execute().await.expect("a table");

    let mut transaction = db.begin().await.expect("a transaction");
    transaction
        .query("INSERT INTO child VALUES (7)")
        .execute()
        .await
        .expect("deferred");
    let refused = transaction
        .commit()
        .await
        .expect_err("there is no parent 7");
    assert!(matches!(refused, Error::Constraint { .. }), "{refused}");

    db.query("INSERT INTO parent VALUES (7)")
        .execute()
        .await
        .expect("the writer is free");
    let children: i64 = db
        .query("SELECT count(*) FROM child")
        .scalar()
        .await
        .expect("a count");
    assert_eq!(children, 0);
}

#[tokio::test]
async fn waiting_for_the_writer_is_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = ConnectOptions::sqlite_file(folder.path().join("db"));
    let db = Database::connect(options.timeout(Duration::from_millis(20)))
        .await
        .expect("it");
    let held = db.begin().await.expect("a transaction");

    let refused = db
        .query("CREATE TABLE item (id)")
        .execute()
        .await
        .expect_err("too long");
    assert!(refused.is_unavailable());
    insta::assert_snapshot!(refused, @"no database connection was free within 0.02 s; find what keeps them busy, or raise DATABASE_TIMEOUT");
    drop(held);
    db.query("CREATE TABLE item (id)")
        .execute()
        .await
        .expect("free again");
}

#[tokio::test]
async fn who_waits_for_the_writer_is_served_when_it_is_free() {
    let (db, _folder) = database_with_items().await;
    let held = db.begin().await.expect("a transaction");
    let asked = Arc::new(Notify::new());
    let waiting = tokio::spawn({
        let (db, asked) = (db.clone(), Arc::clone(&asked));
        async move {
            asked.notify_one();
            add(&db, "spoon").await
        }
    });
    asked.notified().await;
    drop(held);
    waiting.await.expect("no panic").expect("added");
}

#[tokio::test]
async fn a_closed_database_leaves_one_file_and_answers_no_more() {
    let (db, folder) = database_with_items().await;
    add(&db, "spoon").await.expect("added");
    assert_eq!(count(&db).await, 1);
    db.close().await;

    let refused = db.query("SELECT 1").execute().await.expect_err("closed");
    assert!(refused.is_unavailable());
    insta::assert_snapshot!(refused, @"the database was closed, since the process is stopping; connect again");
    let files: Vec<_> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(count(&open(&folder).await).await, 1);
}

#[tokio::test]
async fn an_observer_sees_the_statements_but_not_the_frame_of_a_transaction() {
    let (db, _folder) = database_with_items().await;
    let ((), statements) = observe(async {
        let mut transaction = db.begin().await.expect("a transaction");
        transaction
            .query("INSERT INTO item (name) VALUES ('a'), ('b')")
            .execute()
            .await
            .expect("it");
        transaction.commit().await.expect("committed");
        let (_, inner) = observe(count(&db)).await;
        assert_eq!(inner.len(), 1);
        db.query("SELECT nonsense")
            .execute()
            .await
            .expect_err("refused");
    })
    .await;
    let seen: Vec<_> = statements
        .iter()
        .map(|it| (it.sql.as_str(), it.rows))
        .collect();
    assert_eq!(
        seen,
        [
            ("INSERT INTO item (name) VALUES ('a'), ('b')", Some(2)),
            ("SELECT count(*) FROM item", Some(1)),
            ("SELECT nonsense", None),
        ]
    );
}

#[tokio::test]
async fn the_file_is_kept_as_promised() {
    let (db, _folder) = database().await;
    let mut writer = db.begin().await.expect("a transaction");
    let mut pragma =
        async |sql: &'static str| writer.query(sql).scalar::<String>().await.expect("a text");
    assert_eq!(
        pragma("SELECT journal_mode FROM pragma_journal_mode").await,
        "wal"
    );
    let mut pragma =
        async |sql: &'static str| writer.query(sql).scalar::<i64>().await.expect("a number");
    assert_eq!(
        pragma("SELECT synchronous FROM pragma_synchronous").await,
        2
    );
    assert_eq!(
        pragma("SELECT foreign_keys FROM pragma_foreign_keys").await,
        1
    );
    assert_eq!(
        pragma("SELECT timeout FROM pragma_busy_timeout").await,
        5000
    );
}

#[tokio::test]
async fn what_a_handler_awaits_can_move_between_threads() {
    fn is_send<T: Send>(work: T) -> T {
        work
    }
    let (db, _folder) = database_with_items().await;
    let work = is_send(async {
        add(&db, "spoon").await?;
        db.transaction(async |transaction| -> Result<()> {
            let name = "fork".to_owned();
            transaction
                .query("INSERT INTO item (name) VALUES ($1)")
                .bind(&name)
                .execute()
                .await?;
            Ok(())
        })
        .await
    });
    is_send(work).await.expect("done");
}
