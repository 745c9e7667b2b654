//! A runtime for what is used from other runtimes: connections, and the queue of SQLite's writer.

use std::io;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A thread that watches the sockets that were opened on it, until this is dropped.
///
/// A socket can't do without the runtime on which it was opened. The server has a runtime a core,
/// each of which may be busy with a handler that blocks it, or end before the others do; neither
/// must touch a statement that was sent from another one.
#[derive(Debug)]
pub(super) struct Home {
    runtime: Handle,
    /// Ends the thread when it is dropped.
    _end: oneshot::Sender<()>,
}

impl Home {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// That the system gives no thread, or no socket to wait on.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("plain-database".to_owned());
        thread.spawn(move || {
            // Its sender is dropped and never sends.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self {
            runtime: handle,
            _end: end,
        })
    }

    /// The runtime of the thread.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Runs `work`, such as opening a socket, on the thread.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = sqlx::Result<T>> + Send + 'static,
    ) -> sqlx::Result<T> {
        let done = self.runtime.spawn(work).await;
        done.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }
}
