//! The real server, for tests that are about connections.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

use crate::server::{Handler, Server, ServerError, ServerSettings, Shutdown, Stopped};

/// A server on a free port of 127.0.0.1, which ends when it is dropped.
///
/// ```
/// # use plain::http::{Body, Connection, Response};
/// use plain::test::TestServer;
/// use std::io::{Read, Write};
///
/// # async fn app(_: http::Request<Body>, _: Connection) -> Response { Response::text("Hello") }
/// let server = TestServer::start(app);
/// let mut socket = std::net::TcpStream::connect(server.address())?;
/// socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
/// let mut answer = String::new();
/// socket.read_to_string(&mut answer)?;
/// assert!(answer.ends_with("\r\n\r\nHello"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    shutdown: Shutdown,
    thread: Option<JoinHandle<Result<Stopped, ServerError>>>,
}

impl TestServer {
    /// Starts a server with two threads that answers with `handler`.
    pub fn start(handler: impl Handler) -> Self {
        let settings = ServerSettings {
            server_threads: 2,
            ..ServerSettings::default()
        };
        Self::start_with(handler, settings)
    }

    /// Starts a server with `settings`, but for the address.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub fn start_with(handler: impl Handler, mut settings: ServerSettings) -> Self {
        settings.server_bind = "127.0.0.1:0".to_owned();
        match Server::bind(&settings) {
            Ok(server) => Self::run(server, handler),
            Err(error) => panic!("the test server does not start: {error}"),
        }
    }

    /// Lets `server`, which listens already, answer with `handler`.
    pub fn run(server: Server, handler: impl Handler) -> Self {
        let address = server.address();
        Self {
            address: address.expect("a test server listens on an address"),
            shutdown: server.shutdown(),
            thread: Some(thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = { runtime }.enable_all().build();
                let runtime = runtime.expect("the system has room for a runtime");
                runtime.block_on(server.run(handler))
            })),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The start of its URLs: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What stops it.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Waits until it has stopped, for whatever reason.
    ///
    /// # Panics
    ///
    /// If it failed.
    pub fn wait(mut self) -> Stopped {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Ok(stopped))) => stopped,
            failed => panic!("the test server failed: {failed:?}"),
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shutdown.end();
        if let Some(thread) = self.thread.take() {
            // What it returned, or its panic, is of no interest to who ends it.
            let _ = thread.join();
        }
    }
}
