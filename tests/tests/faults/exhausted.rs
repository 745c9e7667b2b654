//! All connections to the database are in use.

use std::thread;
use std::time::{Duration, Instant};

use plain::db::Kind;
use plain::test::both;
use plain_tests::command_line::{Answer, Client};

use crate::figures::tell;
use crate::site;

both![who_waits_for_a_connection_waits_a_bounded_time_and_nothing_piles_up];

/// How many come while no connection is free.
const CROWD: usize = 60;

async fn who_waits_for_a_connection_waits_a_bounded_time_and_nothing_piles_up(kind: Kind) {
    let settings = "DATABASE_TIMEOUT = 3\nDATABASE_READ_CONNECTIONS = 2\n";
    let mut setup = site(kind, settings).await;
    let gate = setup.project.gate();
    let mut server = setup.project.serve();
    let address = server.address();
    let mut visitor = Client::default();
    assert_eq!(visitor.timed(&address, "POST", "/visits").0.status, 200);

    // SQLite has one connection that writes; those that read are free. On PostgreSQL sessions have
    // connections of their own.
    let (held, method, target) = match kind {
        Kind::Sqlite => (1, "POST", "/visits"),
        Kind::Postgres => (2, "GET", "/notes"),
    };
    let holding: Vec<_> = (0..held)
        .map(|_| {
            (
                server.send("GET", "/hold", &[]),
                gate.wait_for("transaction"),
            )
        })
        .collect();

    let begun = Instant::now();
    let waits = thread::scope(|scope| {
        let crowd: Vec<_> = (0..CROWD)
            .map(|_| {
                let (mut visitor, address) = (visitor.clone(), &*address);
                scope.spawn(move || visitor.timed(address, method, target))
            })
            .collect();
        let (answer, _) = Client::default().timed(&address, "GET", "/");
        assert_eq!((answer.status, &*answer.body), (200, "home"));
        let reading = visitor.timed(&address, "GET", "/visits").0.status;
        assert_eq!(reading, 200);
        crowd
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect::<Vec<_>>()
    });
    let all = begun.elapsed();
    let longest = waits.iter().map(|(_, time)| *time).max().unwrap();
    for (answer, _) in &waits {
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("5"))
        );
    }
    // Each waits three seconds, all at the same time; one after the other it would be three minutes.
    assert!(
        all < Duration::from_secs(60),
        "{all:?}, the longest wait {longest:?}"
    );

    for (stream, waiting) in holding {
        drop(waiting);
        assert_eq!(Answer::read(stream).body, "held");
    }
    let (answer, time) = visitor.timed(&address, "POST", "/visits");
    assert_eq!(answer.status, 200, "{answer:?}");
    let fault =
        format!("{kind:?}: no connection is free; {CROWD} waited {longest:.1?} at the most");
    tell(fault, 1, "none lost", time);
    // Nobody who was refused has been carried out meanwhile.
    assert_eq!(visitor.timed(&address, "GET", "/visits").0.body, "2");
    let log = server.stop().expect(0).err;
    assert!(
        log.contains("no database connection was free within 3 s; find what keeps them busy, or raise DATABASE_TIMEOUT"),
        "{log}"
    );
}
