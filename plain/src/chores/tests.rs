//! Chores against a real database, with a clock that stands still until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use tempfile::TempDir;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::runner::{First, Slot};
use super::*;
use crate::db::{ConnectOptions, Database, Kind};
use crate::http::{Error, Result};
use crate::services::Services;
use crate::test::{PostgresServer, is_tested};

const NAME: &str = "app.chores.Work";

/// A clock that moves when it is told to; all clones show the same time.
#[derive(Clone)]
struct TestClock {
    time: watch::Sender<DateTime<Utc>>,
    /// How often someone began to wait.
    waits: watch::Sender<usize>,
}

impl TestClock {
    fn at(time: &str) -> Self {
        Self {
            time: watch::Sender::new(moment(time)),
            waits: watch::Sender::new(0),
        }
    }

    fn advance(&self, by: TimeDelta) {
        self.time.send_modify(|time| *time += by);
    }

    /// Returns once someone began to wait for the `count`th time.
    async fn waited(&self, count: usize) {
        let mut waits = self.waits.subscribe();
        waits
            .wait_for(|waits| *waits >= count)
            .await
            .expect("the clock is still there");
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.time.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (end, mut time) = (self.now() + duration, self.time.subscribe());
        self.waits.send_modify(|waits| *waits += 1);
        Box::pin(async move {
            time.wait_for(|time| *time >= end)
                .await
                .expect("the clock outlives its sleepers");
        })
    }
}

/// A chore that tells when it begins and waits until it may end.
#[derive(Clone)]
struct Work {
    begun: mpsc::UnboundedSender<()>,
    may_end: Arc<Semaphore>,
    ended: Arc<AtomicUsize>,
}

impl Chore for Work {
    fn description(&self) -> &'static str {
        "Works."
    }

    async fn run(&self, _: &Services) -> Result<String> {
        self.begun.send(()).expect("the test still listens");
        self.may_end.acquire().await?.forget();
        let ended = self.ended.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(format!("worked {ended} times"))
    }
}

enum Trouble {
    Error,
    Panic,
}

impl Chore for Trouble {
    fn description(&self) -> &'static str {
        "Fails."
    }

    async fn run(&self, _: &Services) -> Result<String> {
        match self {
            Self::Error => Err(Error::internal("the disk is full\0")),
            Self::Panic => panic!("index {} is out of bounds", 7),
        }
    }
}

struct Setup {
    clock: TestClock,
    database: Database,
    work: Work,
    begun: mpsc::UnboundedReceiver<()>,
    _folder: Option<TempDir>,
}

impl Setup {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.sqlite3");
        let setup = Self::at(ConnectOptions::sqlite_file(path)).await;
        Self {
            _folder: Some(folder),
            ..setup
        }
    }

    async fn at(options: ConnectOptions) -> Self {
        let database = Database::connect(options).await.unwrap();
        let table = include_str!("../../migrations/0001_chores.sql");
        database.query(table).execute().await.unwrap();
        let (sender, begun) = mpsc::unbounded_channel();
        let may_end = Arc::new(Semaphore::new(0));
        let work = Work {
            begun: sender,
            may_end,
            ended: Arc::default(),
        };
        let clock = TestClock::at("2026-01-31T12:30:00Z");
        Self {
            clock,
            database,
            work,
            begun,
            _folder: None,
        }
    }

    /// A process of its own: another holder of leases.
    fn process(&self) -> Runner {
        let services = Services::builder().build();
        Runner::with_clock(services, self.database.clone(), self.clock.clone())
    }

    fn chore(&self) -> ChoreEntry {
        ChoreEntry::new(NAME, "app", self.work.clone())
    }

    fn hourly(&self) -> Schedule {
        Schedule::new(
            &[self.chore()],
            &[(NAME.to_owned(), "@hourly".to_owned())].into(),
        )
        .unwrap()
    }

    /// Notes that the chore was last run at `slot`.
    async fn met(&self, slot: &str) {
        let earlier = "INSERT INTO plain_chores (name, slot) VALUES ($1, $2)";
        let earlier = self.database.query(earlier).bind(NAME).bind(moment(slot));
        earlier.execute().await.unwrap();
    }

    async fn record(&self) -> Record {
        Record::all(&self.database).await.unwrap().remove(0)
    }

    fn ended(&self) -> usize {
        self.work.ended.load(Ordering::SeqCst)
    }

    /// The chore runs in a process that vanishes, and leaves its lease behind.
    async fn vanish_while_running(&mut self, slot: Option<DateTime<Utc>>) {
        let (process, planned) = (self.process(), self.hourly().planned()[0].clone());
        let run = tokio::spawn(async move {
            match slot {
                Some(slot) => drop(process.run_slot(&planned, slot, First::No).await),
                None => drop(process.run(&planned.chore).await),
            }
        });
        self.begun.recv().await.unwrap();
        run.abort();
        run.await.unwrap_err();
    }
}

fn moment(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

#[tokio::test]
async fn one_that_fails_or_panics_does_not_keep_the_others_from_running() {
    let setup = Setup::new().await;
    setup.work.may_end.add_permits(1);
    let chores = [
        ChoreEntry::new("app.chores.Fails", "app", Trouble::Error),
        ChoreEntry::new("app.chores.Panics", "app", Trouble::Panic),
        setup.chore(),
    ];
    let runner = setup.process();
    let mut texts = Vec::new();
    for chore in &chores {
        texts.push(runner.run(chore).await.to_string());
    }
    assert_eq!(
        texts,
        [
            "app.chores.Fails: failed: the disk is full\0",
            "app.chores.Panics: failed: panicked: index 7 is out of bounds",
            "app.chores.Work: worked 1 times",
        ]
    );
    let records = Record::all(&setup.database).await.unwrap();
    assert_eq!(
        records[0].last_error.as_deref(),
        Some("the disk is full\u{fffd}")
    );
    assert_eq!(records[0].last_result, None);
    assert_eq!(records[2].last_result.as_deref(), Some("worked 1 times"));
    assert_eq!(records[2].last_finished_at, Some(setup.clock.now()));
    assert!(records.iter().all(|record| record.leased_by.is_none()));
}

#[test]
fn chores_run_in_the_order_in_which_they_are_named_and_each_once() {
    let entry = |name| ChoreEntry::new(name, "app", Trouble::Error);
    let chores = ["a", "b", "c"].map(entry);
    let order = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let chosen = choose(&chores, &names).unwrap();
        chosen.iter().map(ChoreEntry::name).collect::<Vec<_>>()
    };
    assert_eq!(order(&["c", "a", "c"]), ["c", "a"]);
    assert_eq!(order(&[]), ["a", "b", "c"]);
}

#[tokio::test]
async fn unknown_names_are_all_told_each_with_the_nearest() {
    let setup = Setup::new().await;
    let names = [NAME.to_owned(), "Worc".to_owned(), "Work".to_owned()];
    let errors = choose(&[setup.chore()], &names).unwrap_err();
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "Worc is no chore of an installed package; `plain chores list` shows all names",
            "Work is no chore of an installed package; did you mean app.chores.Work?",
        ]
    );
}

#[tokio::test]
async fn without_its_table_a_run_fails_and_says_what_to_do() {
    let setup = Setup::new().await;
    setup
        .database
        .query("DROP TABLE plain_chores")
        .execute()
        .await
        .unwrap();
    let report = setup.process().run(&setup.chore()).await;
    assert_eq!(
        report.to_string(),
        "app.chores.Work: failed: the table plain_chores is missing; run `plain migrate`"
    );
}

#[tokio::test]
async fn a_chore_runs_in_one_process_at_a_time_however_long_it_takes() {
    let mut setup = Setup::new().await;
    let (first, chore) = (setup.process(), setup.chore());
    let run = tokio::spawn(async move { first.run(&chore).await });
    setup.begun.recv().await.unwrap();

    // Ten lengths of a lease.
    for heartbeat in 1..=30 {
        setup.clock.waited(heartbeat).await;
        setup.clock.advance(TimeDelta::seconds(20));
    }
    setup.clock.waited(31).await;
    let second = setup.process().run(&setup.chore()).await;
    assert_eq!(second.outcome, Outcome::Busy);
    let end = "is running it; wait until it is done (if that process is gone, until 12:41:00 UTC)";
    assert!(second.message.ends_with(end), "{second}");

    setup.work.may_end.add_permits(2);
    let first = run.await.unwrap();
    assert_eq!((first.outcome, first.seconds), (Outcome::Done, 600.0));
    assert_eq!(
        setup.process().run(&setup.chore()).await.outcome,
        Outcome::Done
    );
}

#[tokio::test]
async fn what_a_vanished_process_ran_is_taken_over_when_its_lease_ran_out() {
    let mut setup = Setup::new().await;
    setup.vanish_while_running(None).await;
    setup.work.may_end.add_permits(1);
    setup.clock.advance(TimeDelta::seconds(59));
    assert_eq!(
        setup.process().run(&setup.chore()).await.outcome,
        Outcome::Busy
    );
    setup.clock.advance(TimeDelta::seconds(1));
    assert_eq!(
        setup.process().run(&setup.chore()).await.outcome,
        Outcome::Done
    );
}

#[tokio::test]
async fn a_run_whose_lease_was_taken_over_is_broken_off() {
    let mut setup = Setup::new().await;
    let (process, chore) = (setup.process(), setup.chore());
    let run = tokio::spawn(async move { process.run(&chore).await });
    setup.begun.recv().await.unwrap();
    let thief = "UPDATE plain_chores SET leased_by = 'another'";
    setup.database.query(thief).execute().await.unwrap();
    setup.clock.advance(TimeDelta::seconds(20));
    let report = run.await.unwrap();
    assert_eq!(
        report.to_string(),
        "app.chores.Work: failed: broken off: another process took it over"
    );
    // The task is gone, and the other's lease is as it was.
    assert_eq!(Arc::strong_count(&setup.work.ended), 1);
    assert_eq!(setup.record().await.leased_by.as_deref(), Some("another"));
}

#[tokio::test]
async fn a_process_that_gives_up_leaves_its_chores_to_others_at_once() {
    let mut setup = Setup::new().await;
    let (process, chore) = (setup.process(), setup.chore());
    tokio::select! {
        _ = process.run(&chore) => unreachable!("it may not end"),
        _ = setup.begun.recv() => {}
    }
    process.give_up().await.unwrap();
    let error = setup.record().await.last_error;
    assert_eq!(
        error.as_deref(),
        Some("broken off, since its process was told to stop")
    );
    setup.work.may_end.add_permits(1);
    assert_eq!(
        setup.process().run(&setup.chore()).await.outcome,
        Outcome::Done
    );
}

#[tokio::test]
async fn of_many_processes_one_runs_a_slot() {
    let setup = Setup::new().await;
    setup.work.may_end.add_permits(100);
    let planned = &setup.hourly().planned()[0].clone();
    for hour in 12..15 {
        let slot = moment(&format!("2026-01-31T{hour}:00:00Z"));
        let runs = (0..8).map(|_| {
            let process = setup.process();
            async move { process.run_slot(planned, slot, First::No).await }
        });
        let slots = futures_util::future::join_all(runs).await;
        let ran = slots
            .iter()
            .filter(|slot| matches!(slot, Slot::Ran(_)))
            .count();
        assert_eq!(ran, 1, "{slots:?}");
        assert_eq!(setup.record().await.slot, Some(slot));
        let again = setup.process().run_slot(planned, slot, First::No).await;
        assert!(matches!(again, Slot::Settled), "{again:?}");
    }
}

#[tokio::test]
async fn a_new_chore_waits_for_its_next_moment_even_if_it_ran_by_hand() {
    let setup = Setup::new().await;
    setup.work.may_end.add_permits(2);
    let planned = setup.hourly().planned()[0].clone();
    setup.process().run(&planned.chore).await;
    for (hour, first) in [("12", First::Yes), ("12", First::Yes), ("12", First::No)] {
        let slot = moment(&format!("2026-01-31T{hour}:00:00Z"));
        let outcome = setup.process().run_slot(&planned, slot, first).await;
        assert!(matches!(outcome, Slot::Settled), "{outcome:?}");
    }
    let next = moment("2026-01-31T13:00:00Z");
    let outcome = setup.process().run_slot(&planned, next, First::Yes).await;
    assert!(matches!(outcome, Slot::Ran(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_slot_whose_runs_vanish_is_tried_three_times() {
    let mut setup = Setup::new().await;
    let planned = setup.hourly().planned()[0].clone();
    let slot = moment("2026-01-31T12:00:00Z");
    for _ in 0..3 {
        setup.vanish_while_running(Some(slot)).await;
        let meanwhile = setup.process().run_slot(&planned, slot, First::Yes).await;
        assert!(matches!(meanwhile, Slot::Postponed), "{meanwhile:?}");
        setup.clock.advance(TimeDelta::seconds(60));
    }
    let fourth = setup.process().run_slot(&planned, slot, First::Yes).await;
    assert!(matches!(fourth, Slot::Settled), "{fourth:?}");

    setup.work.may_end.add_permits(1);
    let next = moment("2026-01-31T13:00:00Z");
    let outcome = setup.process().run_slot(&planned, next, First::Yes).await;
    assert!(matches!(outcome, Slot::Ran(_)), "{outcome:?}");
}

#[tokio::test]
async fn two_workers_run_each_hour_once_and_stop_when_told() {
    let mut setup = Setup::new().await;
    setup.work.may_end.add_permits(100);
    // The table knows the chore, so the hour that passed is caught up with.
    setup.met("2026-01-31T09:00:00Z").await;

    let (stop, stopped) = watch::channel(false);
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let worker = Worker::new(setup.process(), &setup.hourly());
            let mut stopped = stopped.clone();
            tokio::spawn(worker.run(async move {
                stopped
                    .wait_for(|stopped| *stopped)
                    .await
                    .expect("the test ends later");
            }))
        })
        .collect();
    setup.begun.recv().await.unwrap();
    for _ in 0..24 {
        while setup.record().await.leased_by.is_some() {
            tokio::task::yield_now().await;
        }
        setup.clock.advance(TimeDelta::hours(1));
        setup.begun.recv().await.unwrap();
    }
    stop.send_replace(true);
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(setup.ended(), 25);
    assert_eq!(
        setup.record().await.slot,
        Some(moment("2026-02-01T12:00:00Z"))
    );
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_lets_a_running_chore_end() {
    let mut setup = Setup::new().await;
    setup.met("2026-01-30T09:00:00Z").await;
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = Worker::new(setup.process(), &setup.hourly());
    let worker = tokio::spawn(worker.run(async { drop(stopped.await) }));
    setup.begun.recv().await.unwrap();
    stop.send(()).unwrap();
    setup.work.may_end.add_permits(1);
    worker.await.unwrap();
    assert_eq!(setup.ended(), 1);
    assert_eq!(setup.record().await.leased_by, None);
}

#[tokio::test]
async fn a_worker_whose_database_is_away_goes_on_and_runs_when_it_is_back() {
    let mut setup = Setup::new().await;
    setup.work.may_end.add_permits(10);
    let rename = |from: &str, to: &str| {
        let sql = format!("ALTER TABLE {from} RENAME TO {to}");
        let query = setup.database.query(crate::db::Sql::trusted(sql));
        async { query.execute().await.unwrap() }
    };
    setup.met("2026-01-30T09:00:00Z").await;
    rename("plain_chores", "away").await;

    let worker = Worker::new(setup.process(), &setup.hourly());
    let worker = tokio::spawn(worker.run(std::future::pending()));
    // It waits for the second time once its first try failed.
    setup.clock.waited(2).await;
    rename("away", "plain_chores").await;
    assert!(setup.begun.is_empty());
    setup.clock.advance(TimeDelta::seconds(30));
    setup.begun.recv().await.unwrap();
    worker.abort();
}

#[tokio::test]
async fn a_worker_outlives_outages_before_and_during_a_run() {
    if !is_tested(Kind::Postgres) {
        return;
    }
    let mut server = PostgresServer::start();
    let options = ConnectOptions::to(server.url("postgres"));
    let mut setup = Setup::at(options).await;
    setup.met("2026-01-31T12:00:00Z").await;
    let worker = Worker::new(setup.process(), &setup.hourly());
    let worker = tokio::spawn(worker.run(std::future::pending()));
    // First it looks whether the last moment was run, then it waits for the next one.
    setup.clock.waited(2).await;

    server.stop();
    setup.clock.advance(TimeDelta::minutes(30));
    // It is due, can't be leased, and is put off.
    setup.clock.waited(4).await;
    server.start_again();
    setup.clock.advance(TimeDelta::seconds(30));
    setup.begun.recv().await.unwrap();

    server.stop();
    setup.work.may_end.add_permits(1);
    while setup.ended() < 1 {
        tokio::task::yield_now().await;
    }
    // The worker, the chore's lease, and the worker again when it is over.
    setup.clock.waited(7).await;
    server.start_again();
    setup.clock.advance(TimeDelta::hours(1));
    setup.begun.recv().await.unwrap();
    setup.work.may_end.add_permits(1);
    while setup.record().await.leased_by.is_some() {
        tokio::task::yield_now().await;
    }
    let record = setup.record().await;
    assert_eq!(record.slot, Some(moment("2026-01-31T14:00:00Z")));
    assert_eq!(record.last_result.as_deref(), Some("worked 2 times"));
    worker.abort();
}
