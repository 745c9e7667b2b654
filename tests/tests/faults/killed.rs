//! The application, or the database, is killed while it writes.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plain::db::Kind;
use plain::test::{PostgresServer, both};
use plain_tests::command_line::Client;
use plain_tests::on_postgres;
use plain_tests::setup::Setup;

use crate::figures::{recovery, tell};
use crate::{SITE, site};

both![after_each_of_20_kills_of_the_application_every_acknowledged_write_is_there];

on_postgres![after_each_of_20_kills_of_the_database_every_acknowledged_write_is_there];

/// How often the application, or the database, is killed.
const ROUNDS: u32 = 20;

/// How many write at the same time.
const WRITERS: usize = 4;

/// One who writes into a session of its own, and starts a new one now and then.
#[derive(Debug, Default)]
struct Writer {
    visitor: Client,
    /// How many writes into the session were acknowledged.
    saved: u32,
    /// How many were sent and not acknowledged: they may be there, or not.
    unknown: u32,
    /// Sessions whose first write was acknowledged.
    others: Vec<Client>,
    all: u32,
}

impl Writer {
    /// Writes until the server is gone, or `is_over`; what is refused does not end it.
    fn write(&mut self, address: &str, is_over: &AtomicBool, written: &AtomicUsize) {
        let mut turn = 0;
        while !is_over.load(Ordering::Relaxed) {
            turn += 1;
            let is_other = turn % 5 == 0;
            let mut other = Client::default();
            let visitor = if is_other {
                &mut other
            } else {
                &mut self.visitor
            };
            match visitor.ask(address, "POST", "/visits") {
                Ok(answer) if answer.status == 200 => {
                    self.all += 1;
                    written.fetch_add(1, Ordering::Relaxed);
                    match is_other {
                        true => self.others.push(other),
                        false => self.saved += 1,
                    }
                }
                Ok(answer) => {
                    assert_eq!(answer.status, 503, "{answer:?}");
                    self.doubt(is_other);
                }
                Err(_) => {
                    self.doubt(is_other);
                    return;
                }
            }
        }
    }

    /// A write was sent that may have arrived. In a session whose key nobody got, nobody looks.
    fn doubt(&mut self, is_other: bool) {
        if !is_other && self.visitor.cookie.is_some() {
            self.unknown += 1;
        }
    }

    /// States that everything which was acknowledged is there.
    fn check(&mut self, address: &str) {
        if self.visitor.cookie.is_some() {
            let stored = visits(&mut self.visitor, address);
            assert!(
                (self.saved..=self.saved + self.unknown).contains(&stored),
                "{} acknowledged, {} unknown, {stored} there",
                self.saved,
                self.unknown
            );
            // What the database still carries out may be seen the next time.
            self.unknown -= stored - self.saved;
            self.saved = stored;
        }
        for mut other in self.others.drain(..) {
            assert_eq!(visits(&mut other, address), 1);
        }
    }
}

#[track_caller]
fn visits(visitor: &mut Client, address: &str) -> u32 {
    let begun = Instant::now();
    loop {
        let (answer, _) = visitor.timed(address, "GET", "/visits");
        // On a busy computer a new connection may take longer than it has.
        if answer.status == 503 && begun.elapsed() < Duration::from_secs(60) {
            continue;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        return answer.body.parse().unwrap();
    }
}

/// Lets all write until `fault`, which is done when `count` writes were acknowledged; what it
/// returns.
fn under_load<T>(
    writers: &mut [Writer],
    address: &str,
    count: usize,
    fault: impl FnOnce() -> T,
) -> T {
    let (is_over, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for writer in writers {
            scope.spawn(|| writer.write(address, &is_over, &written));
        }
        let begun = Instant::now();
        while written.load(Ordering::Relaxed) < count {
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "nothing is written"
            );
            thread::sleep(Duration::from_millis(1));
        }
        let result = fault();
        is_over.store(true, Ordering::Relaxed);
        result
    })
}

/// After how many acknowledged writes the fault comes in a round; another number each time.
fn count_of(round: u32) -> usize {
    20 + (round * 7 % 20) as usize
}

async fn after_each_of_20_kills_of_the_application_every_acknowledged_write_is_there(kind: Kind) {
    let setup = site(kind, "").await;
    let mut writers: [Writer; WRITERS] = Default::default();
    let mut longest = Duration::ZERO;
    for round in 0..ROUNDS {
        let mut server = setup.project.serve();
        let address = server.address();
        for writer in &mut writers {
            writer.check(&address);
        }
        under_load(&mut writers, &address, count_of(round), || {
            server.signal("KILL");
            server.finish();
        });
        let killed = Instant::now();
        let mut server = setup.project.serve();
        let address = server.address();
        longest = longest.max(killed.elapsed());
        for writer in &mut writers {
            writer.check(&address);
        }
        server.signal("KILL");
    }
    let all: u32 = writers.iter().map(|writer| writer.all).sum();
    let outcome = format!("{all} writes acknowledged, none lost");
    let fault = format!("{kind:?}: the application is killed under load");
    tell(fault, ROUNDS as usize, outcome, longest);
}

async fn after_each_of_20_kills_of_the_database_every_acknowledged_write_is_there() {
    let mut postgres = PostgresServer::start();
    let setup = Setup::at(SITE, postgres.url("postgres"), "DATABASE_TIMEOUT = 1\n").migrated();
    let mut server = setup.project.serve();
    let address = server.address();
    let mut writers: [Writer; WRITERS] = Default::default();
    let mut longest = Duration::ZERO;
    for round in 0..ROUNDS {
        under_load(&mut writers, &address, count_of(round), || {
            postgres.kill();
            postgres.start_again();
            // The application finds it again by itself.
            longest = longest.max(recovery(&mut Client::default(), &address));
        });
        for writer in &mut writers {
            writer.check(&address);
        }
    }
    let all: u32 = writers.iter().map(|writer| writer.all).sum();
    let outcome = format!("{all} writes acknowledged, none lost");
    let fault = "Postgres: the database is killed under load";
    tell(fault, ROUNDS as usize, outcome, longest);
    server.stop().expect(0);
}
