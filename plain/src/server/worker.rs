//! The threads that serve: each has a runtime of its own and accepts from the same socket, and a
//! connection stays on the thread that accepted it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::connection::Server;
use super::handler::Handler;
use super::shutdown::Watch;
use crate::metrics::{Gauge, gauge};

/// How long to wait when the system has no room for another connection.
const PAUSE_WHEN_FULL: Duration = Duration::from_millis(100);

/// The same for all servers of the process, for Prometheus.
static OPEN: LazyLock<Gauge> =
    LazyLock::new(|| gauge("plain_http_connections", "Open connections", &[]));

/// The number of open connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections(Arc<AtomicUsize>);

impl Connections {
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn enter(&self, watch: Watch) -> Open {
        self.0.fetch_add(1, Ordering::Relaxed);
        OPEN.increment();
        Open {
            connections: self.clone(),
            watch,
        }
    }
}

/// Counts as a connection for as long as it lives; if the server is ended meanwhile, for ever, so
/// that it can be said how many were dropped.
struct Open {
    connections: Connections,
    watch: Watch,
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.decrement();
        if !self.watch.is_ending() {
            self.connections.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// What a thread serves with.
pub(super) struct Worker<H> {
    pub(super) server: Arc<Server<H>>,
    pub(super) watch: Watch,
    pub(super) connections: Connections,
    /// Closed when all threads have ended.
    pub(super) ended: mpsc::Sender<()>,
}

/// Lives as long as a thread, and says so at once if that ends without being asked to.
struct Running {
    ended: mpsc::Sender<()>,
    watch: Watch,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.watch.is_finishing() {
            // Full is as good: then another thread has said it.
            let _ = self.ended.try_send(());
        }
    }
}

impl<H: Handler> Worker<H> {
    /// Starts the thread, the `number`th, which accepts from `listener`.
    pub(super) fn start(self, listener: TcpListener, number: usize) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let running = Running {
            ended: self.ended.clone(),
            watch: self.watch.clone(),
        };
        let thread = thread::Builder::new().name(format!("plain-server-{number}"));
        thread.spawn(move || {
            runtime.block_on(self.serve(listener));
            // What the application still runs on threads of its own must not hold up the end.
            runtime.shutdown_background();
            drop(running);
        })?;
        Ok(())
    }

    async fn serve(mut self, listener: TcpListener) {
        let (alive, mut all_closed) = mpsc::channel(1);
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => self.accept(listener, &alive).await,
            Err(error) => {
                tracing::error!(target: "plain::server", %error, "the socket can't be used");
                return;
            }
        }
        drop(alive);
        tokio::select! {
            // Every connection holds a sender, so this is when the last is closed.
            _ = all_closed.recv() => {}
            () = self.watch.ending() => {}
        }
    }

    /// Accepts until the server is asked to stop, and then what was waiting already.
    async fn accept(&mut self, listener: tokio::net::TcpListener, alive: &mpsc::Sender<()>) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.watch.finishing() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.open(stream, peer, alive.clone()),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(target: "plain::server", %error, "no connection can be accepted");
                    tokio::time::sleep(PAUSE_WHEN_FULL).await;
                }
            }
        }
        let Ok(listener) = listener.into_std() else {
            return;
        };
        while let Ok((stream, peer)) = listener.accept() {
            let stream = stream
                .set_nonblocking(true)
                .and_then(|()| TcpStream::from_std(stream));
            if let Ok(stream) = stream {
                self.open(stream, peer, alive.clone());
            }
        }
    }

    fn open(&self, stream: TcpStream, peer: SocketAddr, alive: mpsc::Sender<()>) {
        let (server, watch) = (self.server.clone(), self.watch.clone());
        let open = self.connections.enter(self.watch.clone());
        tokio::spawn(async move {
            server.serve(stream, peer, watch).await;
            drop((open, alive));
        });
    }
}

/// Whether only the connection that was to be accepted is gone.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
