//! What holds for SQLite files alone; what both databases promise is tested on both, from outside.

use std::time::Duration;

use chrono::{TimeZone, Utc};
use tempfile::TempDir;

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

/// How many items the file alone has, without its write-ahead log.
async fn in_the_file(folder: &TempDir) -> Result<i64> {
    let alone = folder.path().join("alone.sqlite3");
    std::fs::copy(folder.path().join("db.sqlite3"), &alone).expect("a copy");
    let db = Database::connect(ConnectOptions::sqlite_file(alone)).await?;
    let counted = db.query("SELECT count(*) FROM item").scalar().await;
    db.close().await;
    counted
}

#[tokio::test]
async fn what_was_committed_is_in_the_file_after_a_checkpoint() {
    let (db, folder) = database_with_items().await;
    add(&db, "spoon").await.expect("an item");
    assert!(in_the_file(&folder).await.is_err());
    db.checkpoint().await.expect("a checkpoint");
    assert_eq!(in_the_file(&folder).await.expect("items"), 1);
    // Beside one that writes, which neither waits for the other.
    let mut transaction = db.begin().await.expect("a transaction");
    let insert = transaction.query("INSERT INTO item (name) VALUES ('fork')");
    insert.execute().await.expect("an item");
    db.checkpoint().await.expect("a checkpoint");
    transaction.commit().await.expect("a commit");
    assert_eq!(in_the_file(&folder).await.expect("items"), 1);
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
    insta::assert_snapshot!(text, @"cannot connect to the database postgres://shop:***@[address]/shop: Connection refused (os error 111); check that it runs and that DATABASE_URL is right");
}

#[tokio::test]
async fn waiting_for_the_writer_is_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = ConnectOptions::sqlite_file(folder.path().join("db"));
    let db = Database::connect(options.timeout(Duration::from_secs(2)))
        .await
        .expect("it");
    let held = db.begin().await.expect("a transaction");

    let refused = db
        .query("CREATE TABLE item (id)")
        .execute()
        .await
        .expect_err("too long");
    assert!(refused.is_unavailable());
    insta::assert_snapshot!(refused, @"no database connection was free within 2 s; find what keeps them busy, or raise DATABASE_TIMEOUT");
    drop(held);
    db.query("CREATE TABLE item (id)")
        .execute()
        .await
        .expect("free again");
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
