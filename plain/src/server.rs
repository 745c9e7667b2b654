//! The HTTP server: HTTP/1.1 and HTTP/2, in clear text or over TLS, on TCP or a Unix socket, with
//! limits, time-outs and an orderly stop.
//!
//! One thread a core, each with a single-threaded runtime, accepts from one socket; a connection
//! stays on its thread. A request becomes a response in [`Handler::handle`]; what comes before and
//! after (its id, the health path, the access log) is in `exchange`, bytes are in `connection`.
//!
//! Promises: a panic touches its own request only; a client that is refused while it still sends
//! gets to see the answer; when asked to stop, what is in flight is finished, within a deadline.

mod access;
mod alarm;
mod balance;
mod body;
mod connection;
mod error;
mod exchange;
mod files;
mod frames;
mod gate;
mod handler;
mod http1;
mod http2;
mod limits;
mod listen;
mod lookout;
mod pace;
mod progress;
mod room;
mod share;
mod shutdown;
mod signals;
mod streams;
mod tls;
mod transport;
mod watchdog;
mod wire;
mod worker;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

pub use error::ServerError;
pub use handler::Handler;
pub use shutdown::Shutdown;
pub use tls::TlsError;

pub use crate::settings::server_settings::{NotAnAddress, ServerSettings};
pub(crate) use listen::Listener;

use balance::Balance;
use exchange::Exchange;
use room::Room;
use shutdown::Watch;
use tls::Tls;
use watchdog::{Beat, Watchdog};
use worker::Worker;

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
    listener: Listener,
    address: Option<SocketAddr>,
    tls: Option<Arc<Tls>>,
    settings: ServerSettings,
    shutdown: Shutdown,
}

/// How a server ended that was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// user, or none of this machine's; or if the certificate can't be used.
    pub fn bind(settings: &ServerSettings) -> Result<Self, ServerError> {
        Self::on(Listener::bind(settings)?, settings)
    }

    /// Answers on a socket that is open already.
    pub(crate) fn on(listener: Listener, settings: &ServerSettings) -> Result<Self, ServerError> {
        let tls = Tls::new(settings)?.map(Arc::new);
        let address = listener.address().map_err(|source| ServerError::Listen {
            bind: settings.server_bind.clone(),
            source,
        })?;
        Ok(Self {
            listener,
            address,
            tls,
            settings: settings.clone(),
            shutdown: Shutdown::new(),
        })
    }

    /// Where it listens, with the port that was chosen if `SERVER_BIND` left it open; `None` for a
    /// Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The socket, to be handed down to another process.
    #[cfg(unix)]
    pub(crate) fn into_listener(self) -> Listener {
        self.listener
    }

    /// What to open in a browser on this machine, or the socket's path with `unix:` before it.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        match self.address {
            None => self.listener.path().unwrap_or_default(),
            Some(address) if address.ip().is_unspecified() => {
                format!("{scheme}://localhost:{}", address.port())
            }
            Some(address) => format!("{scheme}://{address}"),
        }
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
        let room = Arc::new(Room::new(files::most_connections(&self.settings)));
        let beats = (0..self.settings.threads()).map(|_| Arc::new(Beat::default()));
        let beats: Vec<_> = beats.collect();
        let mut running = self.start(handler, &room, &beats)?;
        let watched = self.settings.block_warning();
        let watchdog = watched.map(|longest| Watchdog::start(beats, longest));
        let _watchdog = watchdog.transpose().map_err(ServerError::Threads)?;
        // Only the threads may hold the socket, so that it is closed when they stop to accept.
        let file = self.listener.close();
        let mut watch = self.shutdown.watch();
        tokio::select! {
            biased;
            () = watch.finishing() => {}
            _ = running.recv() => return Err(ServerError::ThreadEnded),
        }
        drop(file);
        if finished(&mut running, self.settings.graceful_timeout(), &mut watch).await {
            return Ok(Stopped::Finished);
        }
        let (connections, is_told) = (room.count(), watch.is_ending());
        self.shutdown.end();
        // A thread that its application holds ends with the process.
        let _ = timeout(LONGEST_END, running.recv()).await;
        match connections {
            0 if !is_told => Ok(Stopped::Finished),
            _ => Ok(Stopped::Ended { connections }),
        }
    }

    /// Says on standard output where it listens, and answers requests with `handler` until SIGTERM
    /// or SIGINT asks it to stop; a second signal ends it at once. With TLS, SIGHUP lets it read the
    /// certificate again.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run); also if signals can't be received.
    pub async fn serve<H: Handler>(self, handler: H) -> Result<Stopped, ServerError> {
        let _signals = signals::stop(self.shutdown()).map_err(ServerError::Signals)?;
        let reload = self.tls.clone().map(signals::reload).transpose();
        let _reload = reload.map_err(ServerError::Signals)?;
        // A server whose standard output nobody reads serves all the same.
        let _ = writeln!(io::stdout(), "Listening on {}", self.url());
        self.run(handler).await
    }

    /// Starts the threads; what is returned is closed when all have ended.
    fn start<H: Handler>(
        &self,
        handler: H,
        room: &Arc<Room>,
        beats: &[Arc<Beat>],
    ) -> Result<mpsc::Receiver<()>, ServerError> {
        let exchange = Arc::new(Exchange::new(handler, &self.settings));
        let server = connection::Server::new(exchange, self.tls.clone(), &self.settings);
        let server = Arc::new(server);
        let (ended, all_ended) = mpsc::channel(1);
        let shares = Balance::shares(beats.len());
        for (number, (beat, share)) in beats.iter().zip(shares).enumerate() {
            let worker = Worker {
                share,
                server: server.clone(),
                shutdown: self.shutdown(),
                watch: self.shutdown.watch(),
                room: room.clone(),
                beat: beat.clone(),
                is_shared: self.listener.is_shared(),
                ended: ended.clone(),
            };
            let listener = self.listener.another().map_err(ServerError::Threads)?;
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
