//! Stopping under load.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::pressed;

/// What became of the requests of one client.
#[derive(Default)]
struct Tally {
    answered: BTreeSet<u64>,
    /// Not a byte of an answer came, and the connection was closed.
    untouched: usize,
    /// An answer began and did not end.
    cut: usize,
}

/// What came of one request.
enum Outcome {
    Answered { closes: bool },
    Untouched,
    Cut,
}

fn ask(stream: &mut TcpStream, number: u64) -> Outcome {
    let request = format!("GET /task/{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    if stream.write_all(request.as_bytes()).is_err() {
        return Outcome::Untouched;
    }
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece) {
            Ok(length) if length > 0 => read.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(_) | Err(_) if read.is_empty() => return Outcome::Untouched,
            Ok(_) | Err(_) => return Outcome::Cut,
        }
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body == number.to_string()
        {
            assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
            let closes = head.to_lowercase().contains("connection: close");
            return Outcome::Answered { closes };
        }
    }
}

/// Asks until nobody listens any more, on connections for `most` requests each.
fn client(address: &str, next: &AtomicU64, answered: &AtomicU64, most: u64) -> Tally {
    let mut tally = Tally::default();
    while let Ok(mut stream) = TcpStream::connect(address) {
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        for _ in 0..most {
            let number = next.fetch_add(1, Relaxed);
            match ask(&mut stream, number) {
                Outcome::Answered { closes } => {
                    answered.fetch_add(1, Relaxed);
                    tally.answered.insert(number);
                    if closes {
                        break;
                    }
                }
                Outcome::Untouched => {
                    tally.untouched += 1;
                    break;
                }
                Outcome::Cut => {
                    tally.cut += 1;
                    break;
                }
            }
        }
    }
    tally
}

#[test]
fn what_was_begun_is_answered_by_a_server_that_is_told_to_stop_under_load() {
    const CLIENTS: u64 = 16;
    let project = pressed("SERVER_GRACEFUL_TIMEOUT = 60\n");
    for round in 0..3 {
        let mut server = project.serve();
        let address = server.address();
        let mut idle = TcpStream::connect(&address).unwrap();
        idle.set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let (next, answered) = (AtomicU64::new(1), AtomicU64::new(0));
        let (tallies, finished, took) = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    // Half of them keep their connections, half open one for each request.
                    let most = if number % 2 == 0 { u64::MAX } else { 1 };
                    let (address, next, answered) = (&address, &next, &answered);
                    scope.spawn(move || client(address, next, answered, most))
                })
                .collect();
            let started = Instant::now();
            while answered.load(Relaxed) < 300 {
                assert!(
                    started.elapsed() < Duration::from_secs(120),
                    "it answers too little"
                );
                thread::sleep(Duration::from_millis(1));
            }
            server.signal("TERM");
            let told = Instant::now();
            // Closed at once, without a word.
            assert_eq!(idle.read(&mut [0; 1]).unwrap(), 0);
            let finished = server.finish().expect(0);
            let took = told.elapsed();
            let tallies: Vec<_> = clients
                .into_iter()
                .map(|client| client.join().unwrap())
                .collect();
            (tallies, finished, took)
        });
        let begun: BTreeSet<u64> = { finished.err.lines() }
            .filter_map(|line| {
                line.split_once("begun ")?
                    .1
                    .split_whitespace()
                    .next()?
                    .parse()
                    .ok()
            })
            .collect();
        let answered: BTreeSet<u64> = { tallies.iter() }
            .flat_map(|tally| tally.answered.iter().copied())
            .collect();
        assert_eq!(begun, answered, "round {round}");
        assert!(answered.len() >= 300);
        assert_eq!(tallies.iter().map(|tally| tally.cut).sum::<usize>(), 0);
        // A client may have asked just when its idle connection was closed: it sees that nobody
        // began to answer, and may ask again elsewhere (RFC 9112 section 9.3.1).
        let untouched: usize = tallies.iter().map(|tally| tally.untouched).sum();
        assert!(
            untouched as u64 <= CLIENTS,
            "{untouched} requests were not looked at"
        );
        assert!(!finished.err.contains("ERROR"), "{}", finished.err);
        println!(
            "fault: SIGTERM under load; {} requests begun, all answered; over after {took:.1?}",
            begun.len()
        );
    }
}

/// Asks until it is `over`, on connections that are kept. A request that nobody began to answer is
/// sent again, as any client of HTTP may (RFC 9112 section 9.3.1).
fn keep_asking(
    address: SocketAddr,
    next: &AtomicU64,
    answered: &AtomicU64,
    over: &AtomicBool,
) -> BTreeSet<u64> {
    let connect = || {
        let stream = TcpStream::connect(address).unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        stream
    };
    let (mut stream, mut done) = (connect(), BTreeSet::new());
    while !over.load(Relaxed) {
        let number = next.fetch_add(1, Relaxed);
        while !done.contains(&number) {
            match ask(&mut stream, number) {
                Outcome::Answered { closes } => {
                    answered.fetch_add(1, Relaxed);
                    done.insert(number);
                    if closes {
                        stream = connect();
                    }
                }
                Outcome::Untouched => stream = connect(),
                Outcome::Cut => panic!("the answer to {number} was cut off"),
            }
        }
    }
    done
}

/// Tells the clients that it is over, also where the test fails.
struct EndWhenDropped<'a>(&'a AtomicBool);

impl Drop for EndWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn clients_that_keep_their_connections_lose_no_request_when_servers_take_turns_on_a_socket() {
    const CLIENTS: usize = 8;
    const TURNS: usize = 4;
    let project = pressed("SERVER_GRACEFUL_TIMEOUT = 60\n");
    // As systemd has it: the socket outlives the servers, so that there is always one to connect to.
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let start = || project.serve_on(socket.try_clone().unwrap());
    let (next, answered, over) = (AtomicU64::new(1), AtomicU64::new(0), AtomicBool::new(false));
    let (done, log) = thread::scope(|scope| {
        let clients =
            [(); CLIENTS].map(|()| scope.spawn(|| keep_asking(address, &next, &answered, &over)));
        let end = EndWhenDropped(&over);
        let mut server = start();
        let mut log = String::new();
        for _ in 0..TURNS {
            let wanted = answered.load(Relaxed) + 100;
            let started = Instant::now();
            while answered.load(Relaxed) < wanted {
                assert!(
                    started.elapsed() < Duration::from_secs(120),
                    "it answers too little"
                );
                thread::sleep(Duration::from_millis(1));
            }
            let old = std::mem::replace(&mut server, start());
            log += &old.stop().expect(0).err;
        }
        drop(end);
        let done = clients.map(|client| client.join().unwrap());
        log += &server.stop().expect(0).err;
        (done.into_iter().flatten().collect::<BTreeSet<_>>(), log)
    });
    // Each of them was answered, and none was begun twice.
    assert_eq!(done, (1..next.load(Relaxed)).collect());
    assert_eq!(log.matches("begun ").count(), done.len());
    assert!(!log.contains("ERROR"), "{log}");
}
