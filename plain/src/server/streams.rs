//! What the driver of an HTTP/2 connection sees of the requests on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use super::progress::Wait;

/// How many requests a client may cancel beyond as many as it let be answered: to begin requests
/// and cancel them costs it nothing, and the server all that is done until then (CVE-2023-44487).
const MOST_CANCELLED: u32 = 100;

/// The requests of one connection.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: AtomicU32,
    /// How many answers wait for the client to make room for them.
    held: AtomicU32,
    steps: AtomicU32,
    answered: AtomicU32,
    cancelled: AtomicU32,
    flooded: AtomicBool,
}

impl Streams {
    /// Notes that a request has begun.
    pub(super) fn begin(self: &Arc<Self>) -> Stream {
        self.open.fetch_add(1, Relaxed);
        self.step();
        Stream {
            streams: self.clone(),
            is_answered: false,
            is_held: false,
        }
    }

    /// Whom the connection waits for, and a number that changes with each step forward.
    pub(super) fn now(&self) -> (Wait, u32) {
        let wait = if self.open.load(Relaxed) == 0 {
            Wait::Request
        } else if self.held.load(Relaxed) > 0 {
            Wait::Reader
        } else {
            Wait::Nothing
        };
        (wait, self.steps.load(Relaxed))
    }

    /// Notes that the client sends more than it may of what asks for nothing.
    pub(super) fn set_flooded(&self) {
        self.flooded.store(true, Relaxed);
    }

    /// What the client does for which it is let go, in words that follow on its name.
    pub(super) fn abuse(&self) -> Option<&'static str> {
        let allowed = self.answered.load(Relaxed).saturating_add(MOST_CANCELLED);
        if self.cancelled.load(Relaxed) > allowed {
            Some("cancels most of its requests")
        } else if self.flooded.load(Relaxed) {
            Some("sends a flood of frames that ask for nothing")
        } else {
            None
        }
    }

    fn step(&self) {
        self.steps.fetch_add(1, Relaxed);
    }
}

/// A request that is not answered to its end yet; dropped when it is, or was cancelled.
#[derive(Debug)]
pub(super) struct Stream {
    streams: Arc<Streams>,
    is_answered: bool,
    is_held: bool,
}

impl Stream {
    /// Notes that the head of the answer is there.
    pub(super) fn answered(&mut self) {
        self.is_answered = true;
        self.streams.answered.fetch_add(1, Relaxed);
        self.set_held(true);
    }

    /// Notes whether the next piece of the answer waits for the client, or for the application.
    pub(super) fn set_held(&mut self, held: bool) {
        match (self.is_held, held) {
            (false, true) => self.streams.held.fetch_add(1, Relaxed),
            (true, false) => self.streams.held.fetch_sub(1, Relaxed),
            _ => 0,
        };
        self.is_held = held;
        self.streams.step();
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.set_held(false);
        self.streams.open.fetch_sub(1, Relaxed);
        if !self.is_answered {
            self.streams.cancelled.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_waits_for_its_client_while_an_answer_is_held_back() {
        let streams = Arc::new(Streams::default());
        assert_eq!(streams.now().0, Wait::Request);
        let mut one = streams.begin();
        let two = streams.begin();
        assert_eq!(streams.now().0, Wait::Nothing);
        one.answered();
        assert_eq!(streams.now().0, Wait::Reader);
        one.set_held(false);
        assert_eq!(streams.now().0, Wait::Nothing);
        one.set_held(true);
        drop(one);
        assert_eq!(streams.now().0, Wait::Nothing);
        drop(two);
        assert_eq!(streams.now().0, Wait::Request);
    }

    #[test]
    fn who_cancels_more_than_it_lets_be_answered_is_noticed() {
        let streams = Arc::new(Streams::default());
        streams.begin().answered();
        for _ in 0..=MOST_CANCELLED {
            assert_eq!(streams.abuse(), None);
            drop(streams.begin());
        }
        assert_eq!(streams.abuse(), None);
        drop(streams.begin());
        assert_eq!(streams.abuse(), Some("cancels most of its requests"));
    }
}
