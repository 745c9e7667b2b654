//! What a client, and the application, may take their time for.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Instant;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::peer::{PATIENCE, Peer};
use super::*;

/// Says so when it is dropped.
struct Dropped(Sender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// An application whose every page is `page`, given what is to be dropped with it.
fn serving<A>(
    change: impl FnOnce(&mut ServerSettings),
    page: fn(Dropped) -> A,
) -> (TestServer, std::sync::mpsc::Receiver<()>)
where
    A: Future<Output = Response> + Send + 'static,
{
    let (sender, dropped) = channel();
    let mut settings = ServerSettings {
        server_threads: 1,
        ..ServerSettings::default()
    };
    change(&mut settings);
    let app = move |_: http::Request<Body>, _: Connection| page(Dropped(sender.clone()));
    (TestServer::start_with(app, settings), dropped)
}

/// A page that has no end.
async fn endless(guard: Dropped) -> Response {
    let pieces = stream::repeat_with(move || {
        let _guard = &guard;
        Ok::<_, std::io::Error>(Bytes::from_static(&[0; 65_536]))
    });
    Response::text(Body::stream(pieces))
}

#[test]
fn a_handler_that_never_returns_is_dropped_and_answered_for_with_503() {
    let (server, dropped) = serving(
        |settings| settings.server_request_timeout = 0.1,
        |guard| async move {
            let _guard = guard;
            std::future::pending().await
        },
    );
    let mut peer = Peer::connect(server.address());
    for _ in 0..2 {
        let answer = peer.get("/");
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.header("retry-after"), Some("10"));
        dropped.recv_timeout(PATIENCE).unwrap();
    }
}

#[test]
fn an_answer_that_has_begun_may_take_longer_than_the_application_may_for_its_head() {
    let (server, dropped) = serving(
        |settings| settings.server_request_timeout = 0.05,
        |guard| async move {
            let pieces = stream::iter(["ab", "cd"]).then(move |piece| {
                let _guard = &guard;
                async move {
                    tokio::time::sleep(Duration::from_millis(150)).await;
                    Ok::<_, std::io::Error>(Bytes::from(piece))
                }
            });
            Response::text(Body::sized_stream(4, pieces))
        },
    );
    let mut peer = Peer::connect(server.address());
    let answer = peer.get("/");
    assert_eq!((answer.status(), answer.body.as_str()), (200, "abcd"));
    // The stream itself was moved into its futures' maker, and goes when the body does.
    dropped.recv_timeout(PATIENCE).unwrap();
    assert_eq!(peer.get("/").body, "abcd");
}

fn upload(peer: &mut Peer, length: usize) {
    peer.send(format!(
        "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
    ));
}

#[test]
fn an_upload_that_stops_half_way_is_answered_with_408() {
    let server = quick(|settings| settings.server_body_timeout = 0.1);
    let mut peer = Peer::connect(server.address());
    upload(&mut peer, 10);
    peer.send("half");
    let answer = peer.answer();
    assert_eq!((answer.status(), answer.body.as_str()), (408, "slow"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(peer.rest(), "");
}

#[test]
fn a_long_upload_is_no_slow_handler_as_long_as_it_goes_on() {
    let server = quick(|settings| settings.server_request_timeout = 0.3);
    let mut peer = Peer::connect(server.address());
    upload(&mut peer, 5);
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(150));
        peer.send("x");
    }
    let answer = peer.answer();
    assert_eq!((answer.status(), answer.body.as_str()), (200, "5"));
}

#[test]
fn a_connection_waits_for_its_next_request_for_a_time_of_its_own() {
    let server = quick(|settings| settings.server_keep_alive_timeout = 0.1);
    let mut peer = Peer::connect(server.address());
    assert_eq!(peer.get("/").status(), 200);
    let started = Instant::now();
    assert_eq!(peer.rest(), "");
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "SERVER_HEADER_TIMEOUT was waited for"
    );
}

#[test]
fn a_client_that_never_reads_is_let_go() {
    let (server, dropped) = serving(|settings| settings.server_write_timeout = 0.2, endless);
    let mut peer = Peer::connect(server.address());
    peer.ask("GET", "/");
    dropped.recv_timeout(PATIENCE).unwrap();
}

/// What the client takes a byte at a time does not count before it is a good part of what waits for it
/// in the system, so that a least rate follows from the longest pause.
#[test]
fn a_client_that_takes_a_byte_now_and_then_is_let_go() {
    let (server, dropped) = serving(|settings| settings.server_write_timeout = 0.5, endless);
    let mut peer = Peer::connect(server.address());
    peer.ask("GET", "/");
    let started = Instant::now();
    let mut trickle = peer.another();
    while dropped.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
        assert!(started.elapsed() < PATIENCE);
        std::io::Read::read_exact(&mut trickle, &mut [0]).unwrap();
    }
}

#[test]
fn when_there_is_no_room_idle_connections_are_closed_and_new_ones_wait() {
    let server = quick(|settings| {
        settings.server_max_connections = 2;
        settings.server_request_timeout = 0.0;
    });
    let mut busy = Peer::connect(server.address());
    busy.ask("GET", "/never");
    let mut idle = Peer::connect(server.address());
    assert_eq!(idle.get("/").status(), 200);
    let mut third = Peer::connect(server.address());
    assert_eq!(third.get("/").status(), 200);
    assert_eq!(idle.rest(), "");
    let mut silent = Peer::connect(server.address());
    assert_eq!(third.rest(), "");
    let mut fourth = Peer::connect(server.address());
    assert_eq!(fourth.get("/").status(), 200);
    assert_eq!(silent.rest(), "");
}

#[test]
fn ten_thousand_requests_in_one_go_are_answered_one_by_one() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut writer = peer.another();
    let writing = std::thread::spawn(move || {
        use std::io::Write;
        writer.write_all(&request.repeat(10_000)).unwrap();
    });
    for _ in 0..10_000 {
        assert_eq!(peer.answer().status(), 200);
    }
    writing.join().unwrap();
}
