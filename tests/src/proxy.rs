//! A proxy between an application and its database, which a test can cut, slow and stop.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use plain::db::DatabaseUrl;

/// How long is waited for what must happen.
const LIMIT: Duration = Duration::from_secs(60);

/// A proxy; its connections end when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    to: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    way: Way,
    trap: Option<Trap>,
    connections: Vec<Connection>,
    over: bool,
}

/// What becomes of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    /// Each piece is on its way for so long.
    Slow(Duration),
    /// Nothing is handed on, and nothing is closed: a cable was pulled.
    Stalled,
    /// All connections are closed, also new ones.
    Closed,
}

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the server gets what was waited for.
    Asked,
    /// When the server has answered it, before the application gets the answer.
    Answered,
}

#[derive(Debug, Clone)]
struct Trap {
    text: String,
    moment: Moment,
}

#[derive(Debug)]
struct Connection {
    application: TcpStream,
    server: TcpStream,
    /// The next answer is not handed on; the connection is cut.
    doomed: bool,
}

impl Proxy {
    /// A proxy before the server of the database at `url`, an address of PostgreSQL.
    pub fn before(url: &DatabaseUrl) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap();
        let (user, rest) = url.expose().rsplit_once('@').unwrap();
        let (place, name) = rest.split_once('/').unwrap();
        let shared = Arc::new(Shared {
            to: place.to_owned(),
            state: Mutex::new(State {
                way: Way::Open,
                trap: None,
                connections: Vec::new(),
                over: false,
            }),
            changed: Condvar::new(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener));
        Self {
            url: format!("{user}@{own}/{name}"),
            shared,
        }
    }

    /// The address of the database through this proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets everything through, also what was held back.
    pub fn open(&self) {
        self.set(Way::Open);
    }

    /// Lets each piece wait for `time` from now on.
    pub fn slow(&self, time: Duration) {
        self.set(Way::Slow(time));
    }

    /// Holds everything back from now on.
    pub fn stall(&self) {
        self.set(Way::Stalled);
    }

    /// Closes all connections, and new ones at once, until it is opened.
    pub fn close(&self) {
        self.set(Way::Closed);
        self.cut();
    }

    /// Closes the connections that there are, and returns how many there were.
    pub fn cut(&self) -> usize {
        let mut state = self.shared.state();
        let count = state.connections.len();
        state.connections.drain(..).for_each(Connection::cut);
        count
    }

    /// Cuts the next connection on which the application sends `text`, once.
    pub fn cut_at(&self, text: &str, moment: Moment) {
        self.shared.state().trap = Some(Trap {
            text: text.to_owned(),
            moment,
        });
    }

    /// Whether what [`cut_at`](Self::cut_at) waits for was not sent yet.
    pub fn is_waiting(&self) -> bool {
        self.shared.state().trap.is_some()
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.shared.state().connections.len()
    }

    /// Waits until there are `count` connections.
    #[track_caller]
    pub fn wait_for_connections(&self, count: usize) {
        let deadline = Instant::now() + LIMIT;
        let mut state = self.shared.state();
        while state.connections.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} connections", state.connections.len());
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    fn set(&self, way: Way) {
        self.shared.state().way = way;
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.state().over = true;
        self.cut();
        self.shared.changed.notify_all();
        // Wakes who accepts.
        if let Some((_, place)) = self.url.rsplit_once('@') {
            let place = place.split('/').next().unwrap_or_default();
            let _ = TcpStream::connect(place);
        }
    }
}

impl Connection {
    fn cut(self) {
        // Either side may have closed it.
        let _ = self.application.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    fn is_of(&self, application: SocketAddr) -> bool {
        self.application
            .peer_addr()
            .is_ok_and(|it| it == application)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for application in listener.incoming() {
            let (over, way) = {
                let state = self.state();
                (state.over, state.way)
            };
            if over {
                return;
            }
            let Ok(application) = application else {
                continue;
            };
            if way == Way::Closed {
                continue;
            }
            // A server that is away closes the connection here, too.
            if let Ok(server) = TcpStream::connect(&self.to) {
                // Fails where it was closed meanwhile.
                let _ = self.begin(application, server);
            }
        }
    }

    fn begin(self: &Arc<Self>, application: TcpStream, server: TcpStream) -> io::Result<()> {
        application.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let who = application.peer_addr()?;
        let upward = (application.try_clone()?, server.try_clone()?);
        let downward = (server.try_clone()?, application.try_clone()?);
        self.state().connections.push(Connection {
            application,
            server,
            doomed: false,
        });
        self.changed.notify_all();
        let shared = Arc::clone(self);
        thread::spawn(move || shared.pump(upward, |bytes| shared.ask(who, bytes)));
        let shared = Arc::clone(self);
        thread::spawn(move || {
            shared.pump(downward, |_| shared.answer(who));
            shared.remove(who);
        });
        Ok(())
    }

    /// Hands bytes on until one side closes, or `may_pass` says that they may not.
    fn pump(&self, (mut from, mut to): (TcpStream, TcpStream), may_pass: impl Fn(&[u8]) -> bool) {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            self.delay();
            if !may_pass(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    fn delay(&self) {
        let mut state = self.state();
        while state.way == Way::Stalled && !state.over {
            state = self.changed.wait(state).unwrap();
        }
        if let Way::Slow(time) = state.way {
            drop(state);
            thread::sleep(time);
        }
    }

    /// Whether what the application `who` sends may pass.
    fn ask(&self, who: SocketAddr, bytes: &[u8]) -> bool {
        let mut state = self.state();
        let is_it = |trap: &mut Trap| contains(bytes, trap.text.as_bytes());
        let Some(trap) = state.trap.take_if(is_it) else {
            return true;
        };
        if trap.moment == Moment::Answered {
            let mut connections = state.connections.iter_mut();
            if let Some(connection) = connections.find(|it| it.is_of(who)) {
                connection.doomed = true;
            }
        }
        trap.moment == Moment::Answered
    }

    /// Whether the application `who` may have an answer.
    fn answer(&self, who: SocketAddr) -> bool {
        let state = self.state();
        let mut connections = state.connections.iter();
        connections
            .find(|it| it.is_of(who))
            .is_some_and(|it| !it.doomed)
    }

    fn remove(&self, who: SocketAddr) {
        self.state().connections.retain(|it| !it.is_of(who));
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each piece with the same.
    fn echo() -> DatabaseUrl {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut buffer = [0; 100];
                    while let Ok(count @ 1..) = stream.read(&mut buffer) {
                        stream.write_all(&buffer[..count]).unwrap();
                    }
                });
            }
        });
        DatabaseUrl::new(format!("postgres://u:p@{address}/x"))
    }

    fn client(proxy: &Proxy) -> TcpStream {
        let (_, rest) = proxy.url().split_once('@').unwrap();
        let (place, _) = rest.split_once('/').unwrap();
        let stream = TcpStream::connect(place).unwrap();
        wait_for(&stream, Duration::from_secs(60));
        stream
    }

    /// Lets an answer take so long.
    fn wait_for(stream: &TcpStream, time: Duration) {
        stream.set_read_timeout(Some(time)).unwrap();
    }

    /// What comes back; `None` where the connection was closed.
    fn ask(stream: &mut TcpStream, text: &str) -> Option<String> {
        stream.write_all(text.as_bytes()).ok()?;
        let mut buffer = [0; 100];
        match stream.read(&mut buffer) {
            Ok(0) => None,
            Ok(count) => Some(String::from_utf8_lossy(&buffer[..count]).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Some(String::new()),
            Err(_) => None,
        }
    }

    #[test]
    fn it_hands_on_holds_back_and_cuts() {
        let proxy = Proxy::before(&echo());
        let mut stream = client(&proxy);
        assert_eq!(ask(&mut stream, "a").unwrap(), "a");
        proxy.stall();
        wait_for(&stream, Duration::from_millis(200));
        assert_eq!(ask(&mut stream, "b").unwrap(), "");
        wait_for(&stream, Duration::from_secs(60));
        proxy.open();
        assert_eq!(ask(&mut stream, "").unwrap(), "b");
        assert_eq!(proxy.cut(), 1);
        assert_eq!(ask(&mut stream, "c"), None);
        let mut stream = client(&proxy);
        assert_eq!(ask(&mut stream, "d").unwrap(), "d");
        proxy.close();
        assert_eq!(ask(&mut stream, "e"), None);
        assert_eq!(ask(&mut client(&proxy), "f"), None);
    }

    #[test]
    fn it_cuts_before_or_after_the_server_was_asked() {
        for moment in [Moment::Asked, Moment::Answered] {
            let proxy = Proxy::before(&echo());
            let mut stream = client(&proxy);
            proxy.cut_at("COMMIT", moment);
            assert_eq!(ask(&mut stream, "BEGIN").unwrap(), "BEGIN");
            assert!(proxy.is_waiting());
            assert_eq!(ask(&mut stream, "\0COMMIT\0"), None);
            assert!(!proxy.is_waiting());
            assert_eq!(ask(&mut client(&proxy), "COMMIT").unwrap(), "COMMIT");
        }
    }
}
