//! How far a handler that holds its thread disturbs others.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::peer::Peer;
use super::*;

/// A handler that holds its thread for `/hold`, until it is released.
fn holding() -> (impl Handler, Receiver<()>, Sender<()>) {
    let (arrived, arrivals) = channel();
    let (release, released) = channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let handler = move |request: http::Request<Body>, _: Connection| {
        let (arrived, released): (Sender<()>, Arc<Mutex<Receiver<()>>>) =
            (arrived.clone(), released.clone());
        async move {
            if request.uri().path() == "/hold" {
                arrived.send(()).unwrap();
                // Fails when the test is over.
                let _ = released.lock().unwrap().recv();
            }
            Response::text("done")
        }
    };
    (handler, arrivals, release)
}

#[test]
fn new_connections_go_to_the_threads_that_are_free() {
    let (handler, arrivals, release) = holding();
    let server = TestServer::start(handler);
    let mut before: Vec<_> = (0..8).map(|_| Peer::connect(server.address())).collect();
    for peer in &mut before {
        assert_eq!(peer.get("/").status(), 200);
    }
    let mut holder = Peer::connect(server.address());
    holder.ask("GET", "/hold");
    arrivals.recv().unwrap();
    for _ in 0..50 {
        assert_eq!(Peer::connect(server.address()).get("/").status(), 200);
    }
    // Those that were open on the thread that is held wait for it, and are answered then.
    for peer in &mut before {
        peer.ask("GET", "/");
    }
    release.send(()).unwrap();
    for peer in &mut before {
        assert_eq!(peer.answer().status(), 200);
    }
    assert_eq!(holder.answer().status(), 200);
}

#[test]
fn all_threads_have_some_of_the_connections() {
    let settings = ServerSettings {
        server_threads: 2,
        ..ServerSettings::default()
    };
    let app = |_: http::Request<Body>, _: Connection| async {
        let thread = std::thread::current();
        Response::text(thread.name().unwrap_or_default().to_owned())
    };
    let server = TestServer::start_with(app, settings);
    let (mut peers, mut threads) = (Vec::new(), HashSet::new());
    // A thread that the system lets wait takes none of the first.
    while threads.len() < 2 && peers.len() < 1000 {
        let mut peer = Peer::connect(server.address());
        threads.insert(peer.get("/").body);
        peers.push(peer);
    }
    assert_eq!(threads.len(), 2, "{threads:?}");
}
