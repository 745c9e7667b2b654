//! The threads that serve: each has a runtime of its own and accepts from the same socket, and a
//! connection stays on the thread that opened it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::balance::Share;
use super::connection::Server;
use super::handler::Handler;
use super::listen::{Accepting, Another};
use super::room::Room;
use super::shutdown::{Shutdown, Watch};
use super::transport::{Detached, Socket};
use super::watchdog::Beat;

/// How long to wait when the system has no room for another connection.
const PAUSE_WHEN_FULL: Duration = Duration::from_millis(100);

/// A connection as one thread hands it over to another.
pub(super) type Came = (Detached, Option<SocketAddr>);

/// What a thread serves with.
pub(super) struct Worker<H> {
    pub(super) server: Arc<Server<H>>,
    pub(super) shutdown: Shutdown,
    pub(super) watch: Watch,
    pub(super) room: Arc<Room>,
    pub(super) share: Share<Came>,
    pub(super) beat: Arc<Beat>,
    /// Whether another process has the socket, too: then it loses no connection when it is closed here.
    pub(super) is_shared: bool,
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
    pub(super) fn start(self, listener: Another, number: usize) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let running = Running {
            ended: self.ended.clone(),
            watch: self.watch.clone(),
        };
        let thread = thread::Builder::new().name(format!("plain-server-{number}"));
        thread.spawn(move || {
            self.beat.clone().of_this_thread();
            runtime.block_on(self.serve(listener));
            // What the application still runs on threads of its own must not hold up the end.
            runtime.shutdown_background();
            drop(running);
        })?;
        Ok(())
    }

    async fn serve(mut self, listener: Another) {
        let (alive, mut all_closed) = mpsc::channel(1);
        match listener.accepting() {
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

    /// Accepts until the server is asked to stop and nobody is about to connect any more, and then
    /// what was waiting already.
    async fn accept(&mut self, listener: Accepting, alive: &mpsc::Sender<()>) {
        let mut offers = FuturesUnordered::new();
        let (mut watch, is_shared) = (self.watch.clone(), self.is_shared);
        let mut over = Box::pin(async {
            watch.finishing().await;
            if is_shared {
                return;
            }
            tokio::select! {
                () = listener.last_call() => {}
                () = watch.ending() => {}
            }
        });
        loop {
            let accepted = async {
                self.room.available(&self.shutdown).await;
                listener.accept().await
            };
            let accepted = tokio::select! {
                biased;
                () = &mut over => break,
                came = self.share.handed() => {
                    self.open_detached(came, alive);
                    continue;
                }
                Some(returned) = offers.next() => {
                    if let Some(came) = returned {
                        self.open_detached(came, alive);
                    }
                    continue;
                }
                accepted = accepted => accepted,
            };
            match accepted {
                Ok((socket, peer)) if self.share.is_ahead() => match socket.detach() {
                    Ok(detached) => offers.push(self.share.offer((detached, peer))),
                    Err(error) => lost(&error),
                },
                Ok((socket, peer)) => {
                    self.open(socket, peer, alive);
                    // One at a time, so that a thread never holds connections that it has not
                    // looked at, while others are free.
                    tokio::task::yield_now().await;
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(target: "plain::server", %error, "no connection can be accepted");
                    tokio::time::sleep(PAUSE_WHEN_FULL).await;
                }
            }
        }
        drop(over);
        for (socket, peer) in listener.waiting() {
            self.open(socket, peer, alive);
        }
        while let Some(came) = self.share.last() {
            self.open_detached(came, alive);
        }
        while let Some(returned) = offers.next().await {
            if let Some(came) = returned {
                self.open_detached(came, alive);
            }
        }
    }

    fn open_detached(&self, (detached, peer): Came, alive: &mpsc::Sender<()>) {
        match detached.attach() {
            Ok(socket) => self.open(socket, peer, alive),
            Err(error) => lost(&error),
        }
    }

    fn open(&self, socket: Socket, peer: Option<SocketAddr>, alive: &mpsc::Sender<()>) {
        let (server, watch, alive) = (self.server.clone(), self.watch.clone(), alive.clone());
        let place = self.room.enter(self.watch.clone());
        let counted = self.share.enter();
        tokio::spawn(async move {
            server.serve(socket, peer, watch, place).await;
            drop((alive, counted));
        });
    }
}

/// Tells of a connection that the system does not let go from one thread to another.
fn lost(error: &io::Error) {
    tracing::error!(target: "plain::server", %error, "a connection was lost between two threads");
}

/// Whether only the connection that was to be accepted is gone.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
