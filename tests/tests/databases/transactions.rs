//! Transactions, and who waits for whom.

use std::sync::{Arc, mpsc};

use futures_util::FutureExt;
use plain::db::{Error, Kind, Result};
use plain::test::{TestDatabase, both};
use tokio::sync::Notify;

use crate::items::{add, count, items};

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

both![
    fifty_writers_on_several_runtimes_all_get_their_turn,
    handles_of_two_processes_wait_for_each_other,
    readers_go_on_during_a_transaction_and_see_what_was_committed,
    a_transaction_that_is_dropped_leaves_nothing,
    work_that_is_cancelled_at_any_await_leaves_the_writer_to_the_next,
    a_failed_statement_gives_up_its_transaction,
    a_commit_that_fails_saves_nothing_and_frees_the_writer,
    who_waits_for_the_writer_is_served_when_it_is_free,
];

async fn fifty_writers_on_several_runtimes_all_get_their_turn(kind: Kind) {
    // The runtime on which the database was opened is gone from here on.
    let db = on_own_runtime(async move || {
        let db = TestDatabase::empty(kind).await;
        db.query("CREATE TABLE counter (n BIGINT NOT NULL)")
            .execute()
            .await
            .expect("a table");
        db.query("INSERT INTO counter VALUES (0)")
            .execute()
            .await
            .expect("a row");
        db
    })
    .join()
    .expect("opened");
    // On SQLite a transaction has the only turn to write from its beginning.
    let read = match kind {
        Kind::Sqlite => "SELECT n FROM counter",
        Kind::Postgres => "SELECT n FROM counter FOR UPDATE",
    };

    let writers: Vec<_> = (0..5)
        .map(|_| {
            let db = (*db).clone();
            on_own_runtime(async move || {
                let writes = (0..10).map(|_| async {
                    // Reads first and writes what it read plus one, so a lost turn shows.
                    db.transaction(async |transaction| -> Result<u64> {
                        let n: i64 = transaction.query(read).scalar().await?;
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

    let n: i64 = db
        .query("SELECT n FROM counter")
        .scalar()
        .await
        .expect("a number");
    assert_eq!(n, 50);
}

async fn handles_of_two_processes_wait_for_each_other(kind: Kind) {
    let one = items(kind).await;
    let other = one.another().await;

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

async fn readers_go_on_during_a_transaction_and_see_what_was_committed(kind: Kind) {
    let db = items(kind).await;
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

async fn a_transaction_that_is_dropped_leaves_nothing(kind: Kind) {
    let db = items(kind).await;
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

async fn work_that_is_cancelled_at_any_await_leaves_the_writer_to_the_next(kind: Kind) {
    let db = items(kind).await;
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

async fn a_failed_statement_gives_up_its_transaction(kind: Kind) {
    let db = items(kind).await;
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
    assert_eq!(
        next.to_string(),
        "the transaction was given up since one of its statements failed, and nothing of it is saved; begin a new one"
    );
    assert!(matches!(transaction.commit().await, Err(Error::Aborted)));
    assert_eq!(count(&db).await, 0);
}

async fn a_commit_that_fails_saves_nothing_and_frees_the_writer(kind: Kind) {
    let db = TestDatabase::empty(kind).await;
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

async fn who_waits_for_the_writer_is_served_when_it_is_free(kind: Kind) {
    let db = items(kind).await;
    let held = db.begin().await.expect("a transaction");
    let asked = Arc::new(Notify::new());
    let waiting = tokio::spawn({
        let (db, asked) = ((*db).clone(), Arc::clone(&asked));
        async move {
            asked.notify_one();
            add(&db, "spoon").await
        }
    });
    asked.notified().await;
    drop(held);
    waiting.await.expect("no panic").expect("added");
}
