//! The HTTP server: HTTP/1.1 and clear-text HTTP/2 over TCP, with limits, time-outs and an orderly
//! stop.
//!
//! One thread a core, each with a single-threaded runtime, accepts from one socket; a connection
//! stays on its thread. A request becomes a response in [`Handler::handle`]; what comes before and
//! after (its id, the health path, the access log) is in `exchange`, bytes are in `connection`.
//!
//! Promises: a panic touches its own request only; a client that is refused while it still sends
//! gets to see the answer; when asked to stop, what is in flight is finished, within a deadline.

mod access;
mod body;
mod connection;
mod error;
mod exchange;
mod handler;
mod listen;
mod rewind;
mod shutdown;
mod signals;
mod worker;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

pub use error::ServerError;
pub use handler::Handler;
pub use shutdown::Shutdown;

pub use crate::settings::ServerSettings;

use exchange::Exchange;
use shutdown::Watch;
use worker::{Connections, Worker};

/// How long threads may take to end when they are told to; one may be held by its application.
const LONGEST_END: Duration = Duration::from_secs(1);

/// A server that listens, and does not answer yet.
///
/// ```no_run
/// use plain::http::{Body, Connection, Response};
/// use plain::server::{Server, ServerSettings};
///
/// async fn greet(_: http::Request<Body>, _: Connection) -> Response {
///     Response::text("Hello")
/// }
///
/// # async fn start() -> Result<(), plain::server::ServerError> {
/// let server = Server::bind(&ServerSettings::default())?;
/// println!("Listening on {}", server.url());
/// let stopped = server.run(greet).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    settings: ServerSettings,
    shutdown: Shutdown,
}

/// How a server ended that was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Everything in flight was answered.
    Finished,
    /// The deadline passed, or the server was ended at once.
    Ended {
        /// How many connections were dropped.
        connections: usize,
    },
}

impl Server {
    /// Listens where `settings` say. From here on clients can connect; they are answered when
    /// [`run`](Self::run) is called.
    ///
    /// # Errors
    ///
    /// If it can't be listened there: what is given is no address, it is in use, not allowed to this
    /// user, or none of this machine's.
    pub fn bind(settings: &ServerSettings) -> Result<Self, ServerError> {
        Self::on(listen::listen(&settings.server_bind)?, settings)
    }

    /// Listens on a socket that is open already, as one that another process has handed down.
    ///
    /// # Errors
    ///
    /// If the socket has no address, or can't be used without waiting for it.
    pub fn on(listener: TcpListener, settings: &ServerSettings) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Listen {
            bind: settings.server_bind.clone(),
            source,
        };
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            settings: settings.clone(),
            shutdown: Shutdown::new(),
        })
    }

    /// The socket, to be handed to another process.
    pub fn into_listener(self) -> TcpListener {
        self.listener
    }

    /// Where it listens, with the port that was chosen if `SERVER_BIND` left it open.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to open in a browser on this machine.
    pub fn url(&self) -> String {
        let host = match self.address.ip() {
            address if !address.is_unspecified() => self.address.to_string(),
            _ => format!("localhost:{}", self.address.port()),
        };
        format!("http://{host}")
    }

    /// What stops it.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Answers requests with `handler` until it is stopped, by [`shutdown`](Self::shutdown).
    ///
    /// The threads of the server have runtimes of their own; the caller's only waits. If the
    /// returned future is dropped, the server ends at once.
    ///
    /// # Errors
    ///
    /// If threads can't be started, or one ends by itself.
    pub async fn run<H: Handler>(self, handler: H) -> Result<Stopped, ServerError> {
        let _guard = EndWhenDropped(self.shutdown.clone());
        let connections = Connections::default();
        let mut running = self.start(handler, &connections)?;
        // Only the threads may hold the socket, so that it is closed when they stop to accept.
        drop(self.listener);
        let mut watch = self.shutdown.watch();
        tokio::select! {
            biased;
            () = watch.finishing() => {}
            _ = running.recv() => return Err(ServerError::ThreadEnded),
        }
        if finished(&mut running, self.settings.graceful_timeout(), &mut watch).await {
            return Ok(Stopped::Finished);
        }
        let connections = connections.count();
        self.shutdown.end();
        // A thread that its application holds ends with the process.
        let _ = timeout(LONGEST_END, running.recv()).await;
        Ok(Stopped::Ended { connections })
    }

    /// Says on standard output where it listens, and answers requests with `handler` until SIGTERM
    /// or SIGINT asks it to stop; a second signal ends it at once.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run); also if signals can't be received.
    pub async fn serve<H: Handler>(self, handler: H) -> Result<Stopped, ServerError> {
        let _signals = signals::stop(self.shutdown()).map_err(ServerError::Signals)?;
        // A server whose standard output nobody reads serves all the same.
        let _ = writeln!(io::stdout(), "Listening on {}", self.url());
        self.run(handler).await
    }

    /// Starts the threads; what is returned is closed when all have ended.
    fn start<H: Handler>(
        &self,
        handler: H,
        connections: &Connections,
    ) -> Result<mpsc::Receiver<()>, ServerError> {
        let exchange = Arc::new(Exchange::new(handler, &self.settings));
        let server = Arc::new(connection::Server::new(exchange, &self.settings));
        let (ended, all_ended) = mpsc::channel(1);
        for number in 0..self.settings.threads() {
            let worker = Worker {
                server: server.clone(),
                watch: self.shutdown.watch(),
                connections: connections.clone(),
                ended: ended.clone(),
            };
            let listener = self.listener.try_clone().map_err(ServerError::Threads)?;
            worker
                .start(listener, number)
                .map_err(ServerError::Threads)?;
        }
        Ok(all_ended)
    }
}

/// Whether all threads ended before the deadline and before they were told to drop everything.
async fn finished(running: &mut mpsc::Receiver<()>, deadline: Duration, watch: &mut Watch) -> bool {
    tokio::select! {
        biased;
        () = watch.ending() => false,
        ended = timeout(deadline, running.recv()) => ended.is_ok(),
    }
}

struct EndWhenDropped(Shutdown);

impl Drop for EndWhenDropped {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Listens, and answers as [`Server::serve`] does.
///
/// # Errors
///
/// Those of [`Server::bind`] and [`Server::serve`].
pub async fn serve<H: Handler>(
    handler: H,
    settings: &ServerSettings,
) -> Result<Stopped, ServerError> {
    Server::bind(settings)?.serve(handler).await
}

#[cfg(test)]
mod tests;
