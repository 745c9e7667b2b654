//! Work that is done together: what each is told, what is saved, and what one can do to another.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use plain::db::{
    Access, Batch, ConnectOptions, Database, Error, Kind, Result, Transaction, Unavailable, observe,
};
use plain::test::{TestDatabase, both};
use plain_tests::on_postgres;
use tokio::sync::Semaphore;

use crate::items::{add, count, items};

both![
    who_is_alone_waits_for_nobody,
    what_waits_is_done_together_in_order_and_each_gets_its_own_answer,
    what_was_answered_is_saved,
    what_the_database_refuses_fails_alone,
    what_panics_fails_alone_and_in_its_own_task,
    who_leaves_while_waiting_takes_the_work_back,
    who_leaves_while_the_work_is_done_breaks_nothing_off,
    who_waits_too_long_is_turned_away_and_the_work_is_not_done,
    at_most_ten_thousand_wait,
    a_statement_of_a_batch_counts_for_all_whom_it_serves,
    a_last_statement_commits_or_nothing_is_saved,
    a_thread_that_a_handler_blocks_holds_up_nobody_elses_work,
    after_closing_all_is_refused,
];

on_postgres![
    a_batch_that_lost_its_connection_before_the_commit_is_repeated_once,
    reading_is_repeated_on_a_new_connection,
    a_row_that_another_process_holds_is_waited_for_by_none_but_its_own,
    connections_end_with_their_runtime,
];

/// What was done together, and a gate before it is done.
#[derive(Debug, Clone)]
struct Shop {
    batches: Arc<Mutex<Vec<Vec<String>>>>,
    gate: Arc<Semaphore>,
    arrived: Arc<Semaphore>,
}

impl Shop {
    fn new(open: usize) -> Self {
        Self {
            batches: Arc::default(),
            gate: Arc::new(Semaphore::new(open)),
            arrived: Arc::new(Semaphore::new(0)),
        }
    }

    fn item(&self, name: impl Into<String>) -> Item {
        Item {
            name: name.into(),
            shop: self.clone(),
        }
    }

    fn open(&self) {
        self.gate.add_permits(1000);
    }

    /// Waits until a batch stands at the gate.
    async fn arrived(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    fn batches(&self) -> Vec<Vec<String>> {
        self.batches.lock().unwrap().clone()
    }
}

#[derive(Debug)]
struct Item {
    name: String,
    shop: Shop,
}

/// Adds items, and answers with the length of each name.
struct Add;

impl Batch for Add {
    type Entry = Item;
    type Answer = usize;
    const ACCESS: Access = Access::Write;

    async fn run(work: &mut Transaction, items: &[Item]) -> Result<Vec<usize>> {
        let shop = &items[0].shop;
        let names: Vec<_> = items.iter().map(|item| item.name.clone()).collect();
        shop.batches.lock().unwrap().push(names);
        for item in items {
            let insert = work.query("INSERT INTO item (name) VALUES ($1)");
            insert.bind(&item.name).execute().await?;
        }
        shop.arrived.add_permits(1);
        shop.gate.acquire().await.unwrap().forget();
        assert!(items.iter().all(|item| item.name != "bomb"), "it went off");
        Ok(items.iter().map(|item| item.name.len()).collect())
    }
}

/// Looks items up: how many there are of each name.
struct Count;

impl Batch for Count {
    type Entry = Item;
    type Answer = i64;
    const ACCESS: Access = Access::Read;

    async fn run(work: &mut Transaction, items: &[Item]) -> Result<Vec<i64>> {
        let shop = &items[0].shop;
        shop.arrived.add_permits(1);
        shop.gate.acquire().await.unwrap().forget();
        let mut counts = Vec::new();
        for item in items {
            let count = work.query("SELECT count(*) FROM item WHERE name = $1");
            counts.push(count.bind(&item.name).scalar().await?);
        }
        Ok(counts)
    }
}

/// Polls each of `work` once, so that all wait in their order.
fn begin<F: Future>(work: &mut [Pin<Box<F>>]) {
    let mut context = Context::from_waker(Waker::noop());
    for work in work {
        assert!(work.as_mut().poll(&mut context).is_pending());
    }
}

async fn who_is_alone_waits_for_nobody(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(1));
    assert_eq!(db.batched::<Add>(shop.item("spoon")).await.unwrap(), 5);
    assert_eq!(count(&db).await, 1);
    assert_eq!(shop.batches(), [["spoon"]]);
}

/// Begins a batch with "first" alone, and lets `names` wait behind it until `meanwhile` is over.
async fn behind<T>(
    db: &Database,
    shop: &Shop,
    names: &[&str],
    meanwhile: impl AsyncFnOnce() -> T,
) -> Vec<Result<usize>> {
    let mut first = tokio::spawn({
        let (db, item) = (db.clone(), shop.item("first"));
        async move { db.batched::<Add>(item).await }
    });
    tokio::select! {
        () = shop.arrived() => {}
        ended = &mut first => panic!("it did not come to the gate: {ended:?}"),
    }
    let waiting = names.iter().map(|name| db.batched::<Add>(shop.item(*name)));
    let mut waiting: Vec<_> = waiting.map(Box::pin).collect();
    begin(&mut waiting);
    meanwhile().await;
    shop.open();
    let answers = join_all(waiting).await;
    assert_eq!(first.await.unwrap().unwrap(), 5);
    answers
}

async fn what_waits_is_done_together_in_order_and_each_gets_its_own_answer(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(0));
    let answers = behind(&db, &shop, &["a", "bb", "ccc"], async || ()).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, [1, 2, 3]);
    assert_eq!(shop.batches(), [vec!["first"], vec!["a", "bb", "ccc"]]);
    assert_eq!(count(&db).await, 4);
}

async fn what_was_answered_is_saved(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(1_000_000));
    let (other, shop) = (db.another().await, &shop);
    let work = (0..200).map(|number| {
        let (db, other) = (&*db, &other);
        async move {
            let name = format!("{number}");
            db.batched::<Add>(shop.item(&name)).await.unwrap();
            let seen = other.query("SELECT count(*) FROM item WHERE name = $1");
            assert_eq!(seen.bind(&name).scalar::<i64>().await.unwrap(), 1);
        }
    });
    join_all(work).await;
    assert!(shop.batches().len() < 200, "some were done together");
}

async fn what_the_database_refuses_fails_alone(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(0));
    let answers = behind(&db, &shop, &["a", "first", "b"], async || ()).await;
    assert!(
        matches!(answers[1], Err(Error::Unique { .. })),
        "{answers:?}"
    );
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert_eq!(count(&db).await, 3);
}

async fn what_panics_fails_alone_and_in_its_own_task(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(0));
    let work = |name: &str| {
        let (db, item) = (db.clone(), shop.item(name));
        Box::pin(async move { db.batched::<Add>(item).await })
    };
    let first = tokio::spawn(work("first"));
    shop.arrived().await;
    let mut waiting = ["a", "bomb", "b"].map(work);
    begin(&mut waiting);
    let [before, bomb, after] = waiting.map(tokio::spawn);
    shop.open();
    for answer in [first, before, after] {
        answer.await.unwrap().unwrap();
    }
    let payload = bomb.await.unwrap_err().into_panic();
    assert_eq!(payload.downcast_ref(), Some(&"it went off"));
    assert_eq!(shop.batches()[1], ["a", "bomb", "b"]);
    assert_eq!(count(&db).await, 3);
}

async fn who_leaves_while_waiting_takes_the_work_back(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(0));
    let answers = behind(&db, &shop, &["a"], async || {
        let mut leaver = [Box::pin(db.batched::<Add>(shop.item("leaver")))];
        begin(&mut leaver);
        drop(leaver);
    })
    .await;
    assert!(answers[0].is_ok());
    assert_eq!(shop.batches(), [["first"], ["a"]]);
    assert_eq!(count(&db).await, 2);
}

async fn who_leaves_while_the_work_is_done_breaks_nothing_off(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(0));
    let mut leaver = [Box::pin(db.batched::<Add>(shop.item("leaver")))];
    begin(&mut leaver);
    shop.arrived().await;
    let mut waiting = [Box::pin(db.batched::<Add>(shop.item("a")))];
    begin(&mut waiting);
    drop(leaver);
    shop.open();
    let [waiting] = waiting;
    waiting.await.unwrap();
    assert_eq!(shop.batches(), [["leaver"], ["a"]]);
    assert_eq!(count(&db).await, 2);
}

/// The same database with another patience, which new connections have, too.
async fn with_timeout(db: &TestDatabase, seconds: u64) -> Database {
    let url = db.url();
    let options = ConnectOptions::to(url.expose()).timeout(Duration::from_secs(seconds));
    Database::connect(options).await.unwrap()
}

async fn who_waits_too_long_is_turned_away_and_the_work_is_not_done(kind: Kind) {
    let (test, shop) = (items(kind).await, Shop::new(0));
    let db = with_timeout(&test, 2).await;
    behind(&db, &shop, &[], async || {
        let error = db.batched::<Add>(shop.item("late")).await.unwrap_err();
        assert!(error.is_unavailable());
        assert_eq!(
            error.to_string(),
            "no database connection was free within 2 s; find what keeps them busy, or raise \
             DATABASE_TIMEOUT"
        );
    })
    .await;
    db.batched::<Add>(shop.item("next")).await.unwrap();
    assert_eq!(shop.batches(), [["first"], ["next"]]);
}

async fn at_most_ten_thousand_wait(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(0));
    let mut first = [Box::pin(db.batched::<Count>(shop.item("spoon")))];
    begin(&mut first);
    shop.arrived().await;
    let waiting = (0..10_000).map(|_| Box::pin(db.batched::<Count>(shop.item("spoon"))));
    let mut waiting: Vec<_> = waiting.collect();
    begin(&mut waiting);
    let refused = db.batched::<Count>(shop.item("spoon")).await.unwrap_err();
    assert!(refused.is_unavailable());
    assert!(matches!(
        refused,
        Error::Unavailable(Unavailable::Crowded { waiting: 10_000 })
    ));
    waiting.truncate(3);
    shop.open();
    for answer in join_all(waiting).await {
        assert_eq!(answer.unwrap(), 0);
    }
}

async fn a_statement_of_a_batch_counts_for_all_whom_it_serves(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(0));
    let mut first = [Box::pin(db.batched::<Count>(shop.item("first")))];
    begin(&mut first);
    shop.arrived().await;
    let mut waiting =
        ["a", "b"].map(|name| Box::pin(observe(db.batched::<Count>(shop.item(name)))));
    begin(&mut waiting);
    shop.open();
    for (answer, statements) in join_all(waiting).await {
        assert_eq!(answer.unwrap(), 0);
        assert_eq!(statements.len(), 2, "{statements:?}");
    }
}

async fn a_last_statement_commits_or_nothing_is_saved(kind: Kind) {
    struct Pair;

    impl Batch for Pair {
        type Entry = &'static str;
        type Answer = u64;
        const ACCESS: Access = Access::Write;

        async fn run(work: &mut Transaction, names: &[&'static str]) -> Result<Vec<u64>> {
            let insert = "INSERT INTO item (name) VALUES ($1)";
            let one = work.query(insert).bind("one").execute().await?;
            let last = work.query_and_commit(insert).bind(names[0]);
            let answer = one + last.execute().await?;
            let after = work.query("DELETE FROM item").execute().await;
            assert!(matches!(after, Err(Error::Ended)), "{after:?}");
            Ok(vec![answer; names.len()])
        }
    }
    let db = items(kind).await;
    let refused = db.batched::<Pair>("one").await.unwrap_err();
    assert!(refused.is_unique_violation(), "{refused}");
    assert_eq!(count(&db).await, 0);
    assert_eq!(db.batched::<Pair>("two").await.unwrap(), 2);
    assert_eq!(count(&db).await, 2);
    add(&db, "three").await.unwrap();
}

async fn a_thread_that_a_handler_blocks_holds_up_nobody_elses_work(kind: Kind) {
    let (test, shop) = (items(kind).await, Shop::new(1000));
    let db = &with_timeout(&test, 120).await;
    let (blocked, is_blocked) = mpsc::channel();
    let (unblock, until) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let shop = &shop;
        scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let mut work = pin!(db.batched::<Add>(shop.item("of the blocked")));
                let mut context = Context::from_waker(Waker::noop());
                assert!(work.as_mut().poll(&mut context).is_pending());
                // Its batch is begun.
                tokio::task::yield_now().await;
                blocked.send(()).unwrap();
                until.recv().unwrap();
                work.await.unwrap();
            });
        });
        // Ends the other's wait also where something here fails.
        scope.spawn(move || {
            is_blocked.recv().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let work = db.batched::<Add>(shop.item("of another"));
                let answer = tokio::time::timeout(Duration::from_secs(60), work).await;
                assert_eq!(answer.expect("not held up").unwrap(), 10);
                let look = db.batched::<Count>(shop.item("of another"));
                let answer = tokio::time::timeout(Duration::from_secs(60), look).await;
                assert_eq!(answer.expect("not held up").unwrap(), 1);
            });
            unblock.send(()).unwrap();
        });
    });
    assert_eq!(count(db).await, 2);
}

async fn after_closing_all_is_refused(kind: Kind) {
    let (db, shop) = (items(kind).await, Shop::new(10));
    db.batched::<Add>(shop.item("spoon")).await.unwrap();
    db.close().await;
    let refused = db.batched::<Add>(shop.item("fork")).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(Unavailable::Closed)));
    let refused = db.batched::<Count>(shop.item("fork")).await.unwrap_err();
    assert!(refused.is_unavailable());
}

/// Ends all connections to the database but the one that asks.
async fn cut_all(db: &Database) -> i64 {
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    db.query(cut).scalar().await.expect("they are cut")
}

async fn a_batch_that_lost_its_connection_before_the_commit_is_repeated_once() {
    /// Has its connection cut once, between two statements.
    struct Unlucky;

    impl Batch for Unlucky {
        type Entry = (Database, Arc<Mutex<u32>>);
        type Answer = ();
        const ACCESS: Access = Access::Write;

        async fn run(work: &mut Transaction, entries: &[Self::Entry]) -> Result<Vec<()>> {
            let insert = "INSERT INTO item (name) VALUES ($1)";
            work.query(insert).bind("one").execute().await?;
            let (other, runs) = &entries[0];
            let run = {
                let mut runs = runs.lock().unwrap();
                *runs += 1;
                *runs
            };
            if run == 1 {
                assert!(cut_all(other).await >= 1);
            }
            work.query(insert).bind("two").execute().await?;
            Ok(vec![(); entries.len()])
        }
    }
    let db = items(Kind::Postgres).await;
    let (other, runs) = (db.another().await, Arc::new(Mutex::new(0)));
    let entry = (other, Arc::clone(&runs));
    db.batched::<Unlucky>(entry).await.unwrap();
    assert_eq!((count(&db).await, *runs.lock().unwrap()), (2, 2));
}

async fn reading_is_repeated_on_a_new_connection() {
    let (db, shop) = (items(Kind::Postgres).await, Shop::new(1000));
    let other = db.another().await;
    for _ in 0..3 {
        assert_eq!(db.batched::<Count>(shop.item("spoon")).await.unwrap(), 0);
        assert!(cut_all(&other).await >= 1);
    }
}

async fn a_row_that_another_process_holds_is_waited_for_by_none_but_its_own() {
    struct Price;

    impl Batch for Price {
        type Entry = &'static str;
        type Answer = u64;
        const ACCESS: Access = Access::Write;

        async fn run(work: &mut Transaction, names: &[&'static str]) -> Result<Vec<u64>> {
            let mut changed = Vec::new();
            for name in names {
                let update = work.query("UPDATE item SET price = 1 WHERE name = $1");
                changed.push(update.bind(*name).execute().await?);
            }
            Ok(changed)
        }
    }
    let test = items(Kind::Postgres).await;
    for name in ["free", "held"] {
        add(&test, name).await.unwrap();
    }
    let (db, other) = (with_timeout(&test, 120).await, test.another().await);
    let mut holding = other.begin().await.unwrap();
    let update = holding.query("UPDATE item SET price = 2 WHERE name = 'held'");
    update.execute().await.unwrap();
    let mut waiting = ["held", "free", "held"].map(|name| Box::pin(db.batched::<Price>(name)));
    begin(&mut waiting);
    let [held, free, again] = waiting;
    let free = tokio::time::timeout(Duration::from_secs(60), free).await;
    assert_eq!(free.expect("not held up").unwrap(), 1);
    holding.commit().await.unwrap();
    assert_eq!((held.await.unwrap(), again.await.unwrap()), (1, 1));
}

async fn connections_end_with_their_runtime() {
    let (db, shop) = (items(Kind::Postgres).await, Shop::new(1000));
    let connections = async || -> i64 {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
        db.query(count).scalar().await.unwrap()
    };
    let before = connections().await;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.unwrap();
            let add = db.batched::<Add>(shop.item("spoon"));
            runtime.block_on(add).unwrap();
        });
    });
    let deadline = Instant::now() + Duration::from_secs(10);
    // The server hears of it a moment later.
    while connections().await > before {
        assert!(Instant::now() < deadline, "a connection is left");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(db.batched::<Count>(shop.item("spoon")).await.unwrap(), 1);
}
