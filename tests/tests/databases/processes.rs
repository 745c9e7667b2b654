//! Several processes of an application on one database, of either kind.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use plain::db::Kind;
use plain::test::both;
use plain_tests::command_line::{Client, NoAnswer};
use plain_tests::setup::Setup;

use crate::SITE;

both![
    migrations_that_begin_at_once_are_each_applied_by_one,
    a_chore_that_is_begun_at_once_runs_once,
    what_is_due_is_run_by_one_of_the_servers,
    sessions_written_in_one_process_are_read_in_all,
    a_rolling_restart_loses_no_request,
];

async fn migrations_that_begin_at_once_are_each_applied_by_one(kind: Kind) {
    for _ in 0..3 {
        let setup = Setup::new(SITE, kind, "").await;
        let processes = [(); 4].map(|()| setup.project.start("migrate"));
        let said = processes
            .map(|process| process.finish().expect(0).out)
            .concat();
        for migration in [
            "plain 0001_chores",
            "plain.sessions 0001_initial",
            "site 0001_notes",
        ] {
            let count = said.matches(&format!("Applied {migration}\n")).count();
            assert_eq!(count, 1, "{migration}: {said}");
        }
    }
}

async fn a_chore_that_is_begun_at_once_runs_once(kind: Kind) {
    let mut setup = Setup::new(SITE, kind, "").await.migrated();
    let gate = setup.project.gate();
    let first = setup.project.start("chores run site.chores.Wait");
    let waiting = gate.wait_for("chore");
    let others = [(); 2].map(|()| setup.project.start("chores run site.chores.Wait"));
    for other in others {
        let said = other.finish().expect(1).out;
        assert!(
            said.contains("is running it; wait until it is done"),
            "{said}"
        );
    }
    drop(waiting);
    assert_eq!(first.finish().expect(0).out, "site.chores.Wait: waited\n");
    assert!(gate.is_free());
}

async fn what_is_due_is_run_by_one_of_the_servers(kind: Kind) {
    let schedule = "LOG_LEVEL = \"debug\"\n\
                    [CHORES_SCHEDULE]\n\
                    \"plain.sessions.chores.ClearExpired\" = \"never\"\n\
                    \"site.chores.Wait\" = \"@yearly\"\n";
    let mut setup = Setup::new(SITE, kind, schedule).await.migrated();
    let long_ago = Utc::now() - TimeDelta::days(800);
    let sql = "INSERT INTO plain_chores (name, slot) VALUES ('site.chores.Wait', $1)";
    let database = setup.database().await;
    database.query(sql).bind(long_ago).execute().await.unwrap();
    let gate = setup.project.gate();
    let mut first = setup.project.serve();
    let waiting = gate.wait_for("chore");
    let mut second = setup.project.serve();
    second.wait_for("another process runs it");
    drop(waiting);
    first.wait_for("waited");
    for server in [first, second] {
        server.stop().expect(0);
    }
    assert!(gate.is_free());
}

async fn sessions_written_in_one_process_are_read_in_all(kind: Kind) {
    const EACH: u32 = 40;
    let setup = Setup::new(SITE, kind, "").await.migrated();
    let mut servers = [(); 3].map(|()| setup.project.serve());
    let addresses = servers.each_mut().map(|server| server.address());
    let mut visitor = Client::default();
    assert_eq!(
        visitor.timed(&addresses[0], "POST", "/visits").0.status,
        200
    );
    for address in &addresses {
        assert_eq!(visitor.timed(address, "GET", "/visits").0.body, "1");
    }
    // One session, changed in all of them at the same time: each change counts.
    thread::scope(|scope| {
        for address in &addresses {
            let mut visitor = visitor.clone();
            scope.spawn(move || {
                for _ in 0..EACH {
                    let (answer, _) = visitor.timed(address, "POST", "/visits");
                    assert_eq!(answer.status, 200, "{answer:?}");
                }
            });
        }
    });
    for address in &addresses {
        let (answer, _) = visitor.timed(address, "GET", "/visits");
        assert_eq!(answer.body, (3 * EACH + 1).to_string());
    }
    for server in servers {
        let log = server.stop().expect(0).err;
        assert!(!log.contains("ERROR"), "{log}");
    }
}

/// Who sends requests while the servers are replaced.
const VISITORS: usize = 4;

/// How often each of the two servers is replaced.
const REPLACEMENTS: usize = 3;

async fn a_rolling_restart_loses_no_request(kind: Kind) {
    let setup = Setup::new(SITE, kind, "").await.migrated();
    let mut servers = [(); 2].map(|()| Some(setup.project.serve()));
    let addresses = servers
        .each_mut()
        .map(|server| server.as_mut().unwrap().address());
    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let begun = Instant::now();
    let retries = thread::scope(|scope| {
        let visitors =
            [(); VISITORS].map(|()| scope.spawn(|| visit(&addresses, &is_over, &answered)));
        for turn in 0..2 * REPLACEMENTS {
            let place = turn % 2;
            wait_for_requests(&answered, 50);
            let old = servers[place].take().unwrap();
            let log = old.stop().expect(0).err;
            assert!(!log.contains("ERROR"), "{log}");
            let command = format!("server --bind {}", addresses[place]);
            let mut new = setup.project.start(&command);
            new.wait_for("Listening on ");
            servers[place] = Some(new);
        }
        wait_for_requests(&answered, 50);
        is_over.store(true, Ordering::Relaxed);
        visitors
            .map(|visitor| visitor.join().unwrap())
            .iter()
            .sum::<usize>()
    });
    let answered = answered.load(Ordering::Relaxed);
    println!(
        "{kind:?}: {} restarts, {answered} requests answered in {:?}, none lost; {retries} were sent \
         to the other server, since nobody listened",
        2 * REPLACEMENTS,
        begun.elapsed()
    );
}

/// Waits until the visitors have had `count` more answers.
fn wait_for_requests(answered: &AtomicUsize, count: usize) {
    let wanted = answered.load(Ordering::Relaxed) + count;
    let deadline = Instant::now() + Duration::from_secs(60);
    while answered.load(Ordering::Relaxed) < wanted {
        assert!(Instant::now() < deadline, "nothing is answered");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends requests to the servers in turn, as what balances a load does: where nobody listens, the
/// other one is asked. Every request that was sent has to be answered well. How often nobody listened.
fn visit(addresses: &[String; 2], is_over: &AtomicBool, answered: &AtomicUsize) -> usize {
    let mut visitor = Client::default();
    let (mut turn, mut saved, mut retries) = (0, 0, 0);
    while !is_over.load(Ordering::Relaxed) {
        turn += 1;
        let is_write = turn % 2 == 0;
        let method = if is_write { "POST" } else { "GET" };
        let answer = match visitor.ask(&addresses[turn / 2 % 2], method, "/visits") {
            Err(NoAnswer::Refused(_)) => {
                retries += 1;
                visitor.ask(&addresses[(turn / 2 + 1) % 2], method, "/visits")
            }
            answer => answer,
        };
        let answer = answer.unwrap_or_else(|error| panic!("a request was lost: {error:?}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        match is_write {
            true => saved += 1,
            false => assert_eq!(answer.body, saved.to_string()),
        }
        answered.fetch_add(1, Ordering::Relaxed);
    }
    retries
}
