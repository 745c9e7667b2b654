//! Connections to the database end in the middle of what is done on them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plain::db::Kind;
use plain_tests::command_line::Client;
use plain_tests::on_postgres;
use plain_tests::proxy::{Moment, Proxy};

use crate::figures::{recovery, tell};
use crate::site;

on_postgres![
    a_connection_that_is_cut_while_it_saves_is_never_reported_as_saved,
    under_a_load_of_writes_with_connections_cut_at_random_no_acknowledged_write_is_lost,
];

/// What the value of a page says.
#[track_caller]
fn visits(visitor: &mut Client, address: &str) -> u32 {
    let (answer, _) = visitor.timed(address, "GET", "/visits");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.parse().unwrap()
}

/// Cuts all connections, and lets the application notice it, by pages that only read.
fn renew(proxy: &Proxy, address: &str) {
    proxy.cut();
    while Client::default().timed(address, "GET", "/notes").0.status != 200 {}
    // Sessions have connections of their own.
    while Client::default().timed(address, "POST", "/visits").0.status != 200 {}
}

async fn a_connection_that_is_cut_while_it_saves_is_never_reported_as_saved() {
    // With one thread it is known which connections the next request uses.
    let mut setup = site(Kind::Postgres, "SERVER_THREADS = 1\n").await;
    let proxy = Proxy::before(setup.url());
    setup.connect_by(proxy.url());
    let gate = setup.project.gate();
    let mut server = setup.project.serve();
    let address = server.address();
    let database = setup.database().await;
    let rows = async || -> i64 {
        let count = "SELECT count(*) FROM plainsessions_session";
        database.query(count).scalar().await.unwrap()
    };

    for moment in [Moment::Asked, Moment::Answered] {
        // A new session.
        renew(&proxy, &address);
        let before = rows().await;
        // What stands in it is sent when the statement is carried out, after it was prepared.
        proxy.cut_at(r#"{"visits":1}"#, moment);
        let mut visitor = Client::default();
        let (answer, _) = visitor.timed(&address, "POST", "/visits");
        assert!(!proxy.is_waiting(), "it was not cut: {moment:?}");
        assert_eq!((answer.status, answer.cookie()), (503, None), "{moment:?}");
        // Nobody knows whether it is there when only its answer was lost; nobody was told that it is.
        let at_most = before + i64::from(moment == Moment::Answered);
        assert!((before..=at_most).contains(&rows().await), "{moment:?}");

        // One that is there, by one statement.
        let (answer, _) = visitor.timed(&address, "POST", "/visits");
        assert_eq!(answer.status, 200, "{answer:?}");
        let before = visits(&mut visitor, &address);
        let is_saved = moment == Moment::Answered;
        let text = format!(r#"{{"visits":{}}}"#, before + 1);
        renew(&proxy, &address);
        proxy.cut_at(&text, moment);
        let (answer, _) = visitor.timed(&address, "POST", "/visits");
        assert!(!proxy.is_waiting(), "it was not cut: {moment:?}");
        assert_eq!(answer.status, 503, "{moment:?}");
        let mut before = visits(&mut visitor, &address);
        assert_eq!(format!(r#"{{"visits":{before}}}"#) == text, is_saved);

        // One that somebody else changes meanwhile, in a transaction.
        // What was not told to commit is done again, once.
        for (text, status, is_saved) in [
            ("UPDATE plainsessions_session SET", 200, true),
            ("COMMIT", 503, is_saved),
        ] {
            renew(&proxy, &address);
            let slow = {
                let (mut visitor, address) = (visitor.clone(), address.clone());
                thread::spawn(move || visitor.timed(&address, "PATCH", "/visits"))
            };
            let waiting = gate.wait_for("visit");
            let later = database.query(
                "UPDATE plainsessions_session SET expires_at = expires_at + interval '1 second'",
            );
            later.execute().await.unwrap();
            proxy.cut_at(text, moment);
            drop(waiting);
            let (answer, _) = slow.join().unwrap();
            assert!(!proxy.is_waiting(), "it was not cut: {text} {moment:?}");
            assert_eq!(answer.status, status, "{text} {moment:?}");
            let after = visits(&mut visitor, &address);
            assert_eq!(after, before + u32::from(is_saved), "{text} {moment:?}");
            before = after;
        }
    }
    server.stop().expect(0);
}

/// Visitors who write at the same time.
const VISITORS: usize = 4;

/// How often all connections are cut.
const CUTS: usize = 60;

async fn under_a_load_of_writes_with_connections_cut_at_random_no_acknowledged_write_is_lost() {
    let mut setup = site(Kind::Postgres, "").await;
    let proxy = Proxy::before(setup.url());
    setup.connect_by(proxy.url());
    let mut server = setup.project.serve();
    let address = server.address();
    let (is_over, saved) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (visitors, cut) = thread::scope(|scope| {
        let writers = [(); VISITORS].map(|()| scope.spawn(|| write(&address, &is_over, &saved)));
        let mut cut = 0;
        for more in (1..8).cycle().take(CUTS) {
            let wanted = saved.load(Ordering::Relaxed) + more;
            let begun = Instant::now();
            while saved.load(Ordering::Relaxed) < wanted {
                assert!(
                    begun.elapsed() < Duration::from_secs(60),
                    "nothing is saved"
                );
                thread::yield_now();
            }
            cut += proxy.cut();
        }
        is_over.store(true, Ordering::Relaxed);
        (writers.map(|writer| writer.join().unwrap()), cut)
    });
    proxy.cut();
    let recovery = recovery(&mut Client::default(), &address);
    let mut refused = 0;
    for mut visitor in visitors {
        let stored = visits(&mut visitor.client, &address);
        let (from, to) = (visitor.saved, visitor.saved + visitor.refused);
        assert!(
            (from..=to).contains(&stored),
            "{from} to {to}, and {stored} are there"
        );
        refused += visitor.refused;
    }
    // Else nothing was tried.
    assert!(cut >= CUTS && refused > 0, "{cut} cut, {refused} refused");
    let saved = saved.load(Ordering::Relaxed);
    let outcome = format!("{saved} writes acknowledged, {refused} refused, none lost");
    tell("connections are cut under load", cut, outcome, recovery);
    server.stop().expect(0);
}

/// One who writes into one session.
#[derive(Default)]
struct Writer {
    client: Client,
    /// How many writes were acknowledged.
    saved: u32,
    /// How many were refused, which may be there all the same.
    refused: u32,
}

fn write(address: &str, is_over: &AtomicBool, saved: &AtomicUsize) -> Writer {
    let mut writer = Writer::default();
    while !is_over.load(Ordering::Relaxed) {
        let (answer, _) = writer.client.timed(address, "POST", "/visits");
        match answer.status {
            200 => {
                writer.saved += 1;
                saved.fetch_add(1, Ordering::Relaxed);
            }
            503 if writer.client.cookie.is_some() => writer.refused += 1,
            // Nobody knows the key of what may be there now.
            503 => {}
            _ => panic!("{answer:?}"),
        }
    }
    writer
}
