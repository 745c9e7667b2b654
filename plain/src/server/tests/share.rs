//! Clients that never pause, and others on the same thread.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::peer::{Peer, socket};
use super::*;

/// How many press at once.
const PRESSING: usize = 4;

/// A server of one thread, whose `/hold` holds that thread until it is let go. So all that is sent
/// meanwhile is there at the same moment, and no test here depends on how fast anything is.
struct Held {
    server: TestServer,
    holder: Peer,
    begun: Receiver<()>,
    let_go: Sender<()>,
}

impl Held {
    /// Answers other paths by what `answer` says.
    fn new(answer: impl Fn(&str) -> String + Clone + Send + Sync + 'static) -> Self {
        let (says_begun, begun) = channel();
        let (let_go, goes_on) = channel();
        let goes_on = Arc::new(Mutex::new(goes_on));
        let app = move |request: http::Request<Body>, _: Connection| {
            let (answer, begun) = (answer.clone(), says_begun.clone());
            let goes_on = Arc::clone(&goes_on);
            async move {
                let path = request.uri().path();
                if path == "/hold" {
                    begun.send(()).unwrap();
                    goes_on.lock().unwrap().recv().unwrap();
                }
                Response::text(answer(path))
            }
        };
        let settings = ServerSettings {
            server_threads: 1,
            ..ServerSettings::default()
        };
        let server = TestServer::start_with(app, settings);
        let holder = Peer::connect(server.address());
        Self {
            server,
            holder,
            begun,
            let_go,
        }
    }

    /// What an ordinary client is answered that asks last of all, when all that was sent by `press`
    /// waits to be read.
    fn ask_behind(&mut self, press: impl FnOnce()) -> String {
        let mut ordinary = Peer::connect(self.server.address());
        assert_eq!(ordinary.get("/").status(), 200);
        self.holder.ask("GET", "/hold");
        self.begun.recv_timeout(peer::PATIENCE).unwrap();
        press();
        ordinary.ask("GET", "/ordinary");
        self.let_go.send(()).unwrap();
        ordinary.answer().body
    }
}

/// Reads what is there, and counts it.
fn received(streams: &[TcpStream]) -> usize {
    let mut scrap = vec![0; 1 << 20];
    let mut read = |mut stream: &TcpStream| {
        let mut count = 0;
        loop {
            match stream.read(&mut scrap) {
                Ok(read @ 1..) => count += read,
                Ok(_) => return count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return count,
            }
        }
    };
    streams.iter().map(&mut read).sum()
}

#[test]
fn an_ordinary_request_waits_for_some_pings_of_each_who_presses_and_not_for_all() {
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";
    let pressing: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let seen = Arc::clone(&pressing);
    let mut held = Held::new(move |path| match path {
        "/ordinary" => received(&seen.lock().unwrap()).to_string(),
        _ => String::new(),
    });
    for _ in 0..PRESSING {
        let mut stream = socket(held.server.address());
        let start = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        stream.write_all(&[start, PING].concat()).unwrap();
        // The answer to the ping ends with what it held.
        let mut read = Vec::new();
        while !read.ends_with(b"abcdefgh") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            read.extend(byte);
        }
        pressing.lock().unwrap().push(stream);
    }
    let pings = PING.repeat(10_000);
    let answered = held.ask_behind(|| {
        for mut stream in &*pressing.lock().unwrap() {
            stream.write_all(&pings).unwrap();
            stream.set_nonblocking(true).unwrap();
        }
    });
    let answered: usize = answered.parse().unwrap();
    // Less than what each may send before it is let go.
    assert!(answered < PRESSING * 500 * PING.len(), "{answered} bytes");
}

#[test]
fn an_ordinary_request_waits_for_some_requests_of_each_who_presses_and_not_for_all() {
    let begun: Arc<Mutex<usize>> = Arc::default();
    let counted = Arc::clone(&begun);
    let mut held = Held::new(move |path| {
        let mut begun = counted.lock().unwrap();
        *begun += usize::from(path == "/pressing");
        begun.to_string()
    });
    let mut pressing = Vec::new();
    for _ in 0..PRESSING {
        let mut peer = Peer::connect(held.server.address());
        assert_eq!(peer.get("/").status(), 200);
        pressing.push(peer);
    }
    let answered = held.ask_behind(|| {
        for peer in &mut pressing {
            peer.send("GET /pressing HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100));
        }
    });
    let before: usize = answered.parse().unwrap();
    assert!(before <= 3 * PRESSING, "{before} requests");
    for peer in &mut pressing {
        for _ in 0..100 {
            assert_eq!(peer.answer().status(), 200);
        }
    }
}
