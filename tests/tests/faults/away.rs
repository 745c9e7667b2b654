//! The database goes away while the application serves, and comes back.

use std::thread;
use std::time::{Duration, Instant};

use plain::db::Kind;
use plain::test::{PostgresServer, both};
use plain_tests::command_line::{Answer, Client, Process};
use plain_tests::on_postgres;
use plain_tests::proxy::Proxy;
use plain_tests::setup::Setup;

use crate::figures::{recovery, tell};
use crate::{SITE, site};

on_postgres![
    while_the_server_is_stopped_pages_that_need_it_are_503_and_others_go_on,
    while_the_network_swallows_everything_pages_that_need_it_are_503_in_time,
    a_network_that_swallows_everything_is_given_up_within_the_limits_that_are_set_by_default,
    a_slow_network_only_takes_longer,
];

both![while_another_process_writes_who_only_reads_goes_on];

/// Short times, so that what is bounded by them is seen to be.
const SHORT: &str = "DATABASE_TIMEOUT = 2\nDATABASE_STATEMENT_TIMEOUT = 4\n";

/// What an answer may take where all limits are a few seconds: a connection's check, a statement and a
/// new connection, one after the other, on a computer that is busy.
const BOUND: Duration = Duration::from_secs(30);

/// The same by the limits that are set by default: what a statement and a new connection may take.
const DEFAULT_BOUND: Duration = Duration::from_secs(20);

#[track_caller]
fn assert_away(answer: &Answer, time: Duration) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(answer.cookie(), None);
    assert!(time < BOUND, "{time:?}");
}

/// States that the pages which need the database are away, and the others are not.
#[track_caller]
fn assert_only_what_needs_it_is_away(address: &str, visitor: &mut Client) {
    for (method, target) in [("GET", "/visits"), ("POST", "/visits"), ("GET", "/notes")] {
        let (answer, time) = visitor.timed(address, method, target);
        assert_away(&answer, time);
    }
    let (answer, time) = Client::default().timed(address, "POST", "/visits");
    assert_away(&answer, time);
    for (target, body) in [("/", "home"), ("/visits", "0")] {
        // A visitor without a session has nothing to be loaded.
        let (answer, _) = Client::default().timed(address, "GET", target);
        assert_eq!((answer.status, &*answer.body), (200, body));
    }
}

async fn while_the_server_is_stopped_pages_that_need_it_are_503_and_others_go_on() {
    let mut postgres = PostgresServer::start();
    let setup = Setup::at(SITE, postgres.url("postgres"), SHORT).migrated();
    let mut server = setup.project.serve();
    let address = server.address();
    let mut visitor = Client::default();
    let mut longest = Duration::ZERO;
    for round in 1..=3 {
        let (answer, _) = visitor.timed(&address, "POST", "/visits");
        assert_eq!(answer.status, 200, "{answer:?}");
        postgres.stop();
        assert_only_what_needs_it_is_away(&address, &mut visitor);
        postgres.start_again();
        // On a busy computer a new connection may take longer than it has.
        let begun = Instant::now();
        let answer = loop {
            let (answer, time) = visitor.timed(&address, "GET", "/visits");
            if answer.status == 200 {
                break answer;
            }
            assert_away(&answer, time);
            assert!(begun.elapsed() < BOUND, "it does not come back");
        };
        longest = longest.max(begun.elapsed());
        assert_eq!(answer.body, round.to_string());
    }
    tell("PostgreSQL is stopped and started", 3, "none lost", longest);
    let log = server.stop().expect(0).err;
    let place = format!("127.0.0.1:{}", postgres.port());
    // A connection that was in use when the server went says so first; who connects anew is refused.
    let mut errors = log.lines().filter(|line| line.contains("ERROR"));
    assert!(errors.clone().all(|line| line.contains(&place)), "{log}");
    assert!(
        errors.any(|line| line.contains("check that it runs")),
        "{log}"
    );
}

/// A site that runs with `settings`, a proxy between it and its database, and a visitor whose first
/// visit is saved.
async fn behind_a_proxy(settings: &str) -> (Setup, Proxy, Process, Client) {
    let mut setup = site(Kind::Postgres, settings).await;
    let proxy = Proxy::before(setup.url());
    setup.connect_by(proxy.url());
    let mut server = setup.project.serve();
    let mut visitor = Client::default();
    let (answer, _) = visitor.timed(&server.address(), "POST", "/visits");
    assert_eq!(answer.status, 200, "{answer:?}");
    (setup, proxy, server, visitor)
}

async fn while_the_network_swallows_everything_pages_that_need_it_are_503_in_time() {
    let (_setup, proxy, mut server, mut visitor) = behind_a_proxy(SHORT).await;
    let address = server.address();
    proxy.stall();
    assert_only_what_needs_it_is_away(&address, &mut visitor);
    proxy.open();
    let (answer, time) = visitor.timed(&address, "POST", "/visits");
    assert_eq!(answer.status, 200, "{answer:?}");
    tell("the network swallows everything", 1, "none lost", time);
    let (answer, _) = visitor.timed(&address, "GET", "/visits");
    // What was sent when nothing came back may have arrived all the same, and was not acknowledged.
    let visits: u32 = answer.body.parse().unwrap();
    assert!((2..=3).contains(&visits), "{visits}");
    server.stop().expect(0);
}

async fn a_network_that_swallows_everything_is_given_up_within_the_limits_that_are_set_by_default()
{
    // No limit is set here: a statement has 10 s, and a new connection 5 s.
    let (_setup, proxy, mut server, mut visitor) = behind_a_proxy("").await;
    let address = server.address();
    proxy.stall();
    // All at the same time, so that the test takes no longer than the longest.
    let waits = thread::scope(|scope| {
        let asked = [("GET", "/visits"), ("POST", "/visits"), ("GET", "/notes")];
        let asked = asked.map(|(method, target)| {
            let (mut visitor, address) = (visitor.clone(), &address);
            scope.spawn(move || visitor.timed(address, method, target))
        });
        let (answer, _) = Client::default().timed(&address, "GET", "/");
        assert_eq!((answer.status, &*answer.body), (200, "home"));
        asked.map(|one| one.join().unwrap())
    });
    for (answer, time) in &waits {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(*time < DEFAULT_BOUND, "{time:?}");
    }
    proxy.open();
    let longest = waits.iter().map(|(_, time)| *time).max().unwrap();
    let fault = format!("the same with the limits by default, given up within {longest:.1?}");
    tell(fault, 1, "none lost", recovery(&mut visitor, &address));
    server.stop().expect(0);
}

async fn a_slow_network_only_takes_longer() {
    let mut setup = site(Kind::Postgres, "").await;
    let proxy = Proxy::before(setup.url());
    setup.connect_by(proxy.url());
    let mut server = setup.project.serve();
    let address = server.address();
    proxy.slow(Duration::from_millis(30));
    let mut visitor = Client::default();
    for visits in 1..=3 {
        let (answer, _) = visitor.timed(&address, "POST", "/visits");
        assert_eq!(answer.status, 200, "{answer:?}");
        let (answer, time) = visitor.timed(&address, "GET", "/visits");
        assert_eq!(answer.body, visits.to_string());
        assert!(time > Duration::from_millis(60), "{time:?}");
    }
    server.stop().expect(0);
}

async fn while_another_process_writes_who_only_reads_goes_on(kind: Kind) {
    let setup = site(kind, SHORT).await;
    let mut server = setup.project.serve();
    let address = server.address();
    let mut visitor = Client::default();
    assert_eq!(visitor.timed(&address, "POST", "/visits").0.status, 200);
    let other = setup.database().await;
    let mut held = other.begin().await.unwrap();
    let touch = "UPDATE plainsessions_session SET owner = owner";
    held.query(touch).execute().await.unwrap();

    let (answer, _) = visitor.timed(&address, "GET", "/visits");
    assert_eq!((answer.status, &*answer.body), (200, "1"));
    let (answer, time) = visitor.timed(&address, "POST", "/visits");
    assert_away(&answer, time);
    held.rollback();
    let (answer, time) = visitor.timed(&address, "POST", "/visits");
    assert_eq!(answer.status, 200, "{answer:?}");
    tell(
        format!("{kind:?}: another process holds what is to be written"),
        1,
        "none lost",
        time,
    );
    let (answer, _) = visitor.timed(&address, "GET", "/visits");
    assert_eq!(answer.body, "2");
    let log = server.stop().expect(0).err;
    let reason = match kind {
        Kind::Sqlite => "another process keeps the database",
        Kind::Postgres => "another transaction was in the way",
    };
    assert!(log.contains(reason), "{log}");
}
