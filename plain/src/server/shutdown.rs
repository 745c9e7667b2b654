//! How a server is asked to stop: first to finish, then to end.

use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// No new connections; what is in flight is answered.
    Finishing,
    /// Everything is dropped.
    Ending,
}

/// Stops a server; any clone can be called from anywhere.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<Phase>);

impl Shutdown {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }

    /// Asks the server to stop: requests in flight are answered, idle connections closed at once.
    pub fn finish(&self) {
        self.reach(Phase::Finishing);
    }

    /// Ends the server at once; requests in flight are dropped.
    pub fn end(&self) {
        self.reach(Phase::Ending);
    }

    /// Asks the server to stop, and the second time ends it: what a signal does.
    pub(crate) fn escalate(&self) {
        self.0.send_modify(|phase| {
            *phase = match phase {
                Phase::Serving => Phase::Finishing,
                Phase::Finishing | Phase::Ending => Phase::Ending,
            }
        });
    }

    pub(super) fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }

    /// Lets every connection look whether there is something for it to do.
    pub(super) fn wake(&self) {
        self.0.send_modify(|_| {});
    }

    fn reach(&self, phase: Phase) {
        self.0.send_if_modified(|current| {
            let later = *current < phase;
            *current = phase.max(*current);
            later
        });
    }
}

/// Sees how a server is asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Watch(watch::Receiver<Phase>);

impl Watch {
    /// Waits until the server is asked to stop.
    pub(super) async fn finishing(&mut self) {
        self.reached(Phase::Finishing).await;
    }

    /// Waits until the server is to end at once.
    pub(super) async fn ending(&mut self) {
        self.reached(Phase::Ending).await;
    }

    /// Whether the server was asked to stop.
    pub(super) fn is_finishing(&self) -> bool {
        *self.0.borrow() >= Phase::Finishing
    }

    /// Whether the server is to end at once.
    pub(super) fn is_ending(&self) -> bool {
        *self.0.borrow() >= Phase::Ending
    }

    async fn reached(&mut self, phase: Phase) {
        // Without anyone left who could ask, there is nobody left to serve for either.
        let _ = self.0.wait_for(|current| *current >= phase).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn the_second_request_to_stop_ends_the_server_and_nothing_revives_it() {
        let shutdown = Shutdown::new();
        let mut watch = shutdown.watch();
        assert!(watch.finishing().now_or_never().is_none());
        shutdown.escalate();
        assert!(watch.finishing().now_or_never().is_some());
        assert!(watch.ending().now_or_never().is_none());
        shutdown.escalate();
        assert!(watch.ending().now_or_never().is_some());
        shutdown.finish();
        assert!(shutdown.watch().ending().now_or_never().is_some());
    }
}
