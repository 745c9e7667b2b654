//! How a server stops.

use std::io::Read;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tokio::sync::Semaphore;

use super::peer::Peer;
use super::*;
use crate::http::{Body, Connection, Response};
use crate::test::TestServer;

/// A handler that says when a request for `/slow` has arrived, and answers it when it is released.
fn gated() -> (impl Handler, Receiver<()>, Arc<Semaphore>) {
    let (arrived, arrivals) = channel();
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let handler = move |request: http::Request<Body>, _: Connection| {
        let (arrived, held): (Sender<()>, _) = (arrived.clone(), held.clone());
        async move {
            if request.uri().path() == "/slow" {
                arrived.send(()).unwrap();
                held.acquire().await.unwrap().forget();
            }
            Response::text("done")
        }
    };
    (handler, arrivals, gate)
}

/// Waits until `server` accepts nobody any more.
fn refuses(server: &TestServer) {
    let started = Instant::now();
    while TcpStream::connect_timeout(&server.address(), LOST).is_ok() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "still accepting"
        );
    }
}

#[test]
fn a_server_that_stops_answers_what_is_in_flight_and_closes_idle_connections_at_once() {
    let (handler, arrivals, gate) = gated();
    let server = TestServer::start(handler);
    let mut idle = Peer::connect(server.address());
    assert_eq!(idle.get("/").status(), 200);
    let mut silent = Peer::connect(server.address());
    let mut busy = Peer::connect(server.address());
    busy.ask("GET", "/slow");
    arrivals.recv().unwrap();

    server.shutdown().finish();
    assert_eq!(idle.rest(), "");
    assert_eq!(silent.rest(), "");
    refuses(&server);

    gate.add_permits(1);
    let answer = busy.answer();
    assert_eq!((answer.status(), answer.body.as_str()), (200, "done"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(server.wait(), Stopped::Finished);
}

#[test]
fn a_request_that_was_waiting_to_be_accepted_is_answered_by_a_server_that_stops() {
    let settings = ServerSettings {
        server_bind: "127.0.0.1:0".to_owned(),
        ..ServerSettings::default()
    };
    let server = Server::bind(&settings).unwrap();
    let mut waiting = Peer::connect(server.address().unwrap());
    waiting.ask("GET", "/");
    server.shutdown().finish();
    let server = TestServer::run(server, gated().0);
    assert_eq!(waiting.answer().status(), 200);
    assert_eq!(server.wait(), Stopped::Finished);
}

#[test]
fn who_has_only_just_come_to_a_server_that_stops_may_still_ask() {
    let server = TestServer::start(gated().0);
    let mut peer = Peer::connect(server.address());
    server.shutdown().finish();
    refuses(&server);
    let answer = peer.get("/");
    assert_eq!((answer.status(), answer.body.as_str()), (200, "done"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(server.wait(), Stopped::Finished);
}

#[test]
fn after_the_deadline_what_is_left_is_dropped_and_counted() {
    let (handler, arrivals, _gate) = gated();
    let settings = ServerSettings {
        server_graceful_timeout: 0.05,
        ..ServerSettings::default()
    };
    let server = TestServer::start_with(handler, settings);
    let mut busy = Peer::connect(server.address());
    busy.ask("GET", "/slow");
    arrivals.recv().unwrap();
    server.shutdown().finish();
    assert_eq!(server.wait(), Stopped::Ended { connections: 1 });
    assert_eq!(busy.rest(), "");
}

#[test]
fn a_server_that_has_nothing_to_answer_finishes_whatever_the_deadline() {
    let settings = ServerSettings {
        server_graceful_timeout: 0.0,
        ..ServerSettings::default()
    };
    let server = TestServer::start_with(gated().0, settings);
    server.shutdown().finish();
    assert_eq!(server.wait(), Stopped::Finished);
}

#[test]
fn the_second_request_to_stop_ends_it_at_once() {
    let (handler, arrivals, _gate) = gated();
    let server = TestServer::start(handler);
    let mut busy = Peer::connect(server.address());
    busy.ask("GET", "/slow");
    arrivals.recv().unwrap();
    let started = Instant::now();
    server.shutdown().escalate();
    server.shutdown().escalate();
    assert_eq!(server.wait(), Stopped::Ended { connections: 1 });
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "it waited for the deadline"
    );
}

#[test]
fn a_handler_that_blocks_its_thread_does_not_hold_up_the_end() {
    let (arrived, arrivals) = channel();
    let (release, released) = channel::<()>();
    let released = Arc::new(std::sync::Mutex::new(released));
    let handler = move |_: http::Request<Body>, _: Connection| {
        let (arrived, released): (Sender<()>, _) = (arrived.clone(), released.clone());
        async move {
            arrived.send(()).unwrap();
            // Fails when the test is over.
            let _ = released.lock().unwrap().recv();
            Response::text("")
        }
    };
    let server = TestServer::start(handler);
    // A client that leaves before its request is read is not answered at all.
    let mut peer = Peer::connect(server.address());
    peer.ask("GET", "/");
    arrivals.recv().unwrap();
    server.shutdown().end();
    assert!(matches!(server.wait(), Stopped::Ended { .. }));
    drop(release);
}

#[test]
fn whoever_could_still_connect_to_a_server_that_stops_is_answered() {
    for _ in 0..25 {
        let server = TestServer::start(gated().0);
        let address = server.address();
        let coming = Coming::start(move || TcpStream::connect_timeout(&address, LOST));
        server.shutdown().finish();
        assert_eq!(server.wait(), Stopped::Finished);
        coming.end();
    }
}

/// After so long a client takes it that nobody listens.
const LOST: Duration = Duration::from_millis(100);

/// Clients that ask on a new connection each time, until nobody listens any more.
pub(super) struct Coming([JoinHandle<()>; 8]);

impl Coming {
    pub(super) fn start<S: Read + Write>(
        connect: impl Fn() -> io::Result<S> + Clone + Send + 'static,
    ) -> Self {
        Self([(); 8].map(|()| {
            let connect = connect.clone();
            thread::spawn(move || {
                while let Ok(stream) = connect() {
                    let answer = ask(stream);
                    assert!(answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 ")));
                }
            })
        }))
    }

    /// Waits for them; each connection must have had its answer.
    pub(super) fn end(self) {
        for client in self.0 {
            client.join().unwrap();
        }
    }
}

fn ask(mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
