//! What the driver of a connection, which holds the clock, sees of the request on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};

use super::share::Share;
use crate::http::Expiry;

/// What becomes of a request, noted by those who carry it: the wire, the body, the exchange. All of
/// them run in one task, unless the application reads a body in another.
#[derive(Debug, Default)]
pub(super) struct Progress {
    stage: AtomicU8,
    /// How often there was a step forward.
    steps: AtomicU32,
    head_begun: AtomicBool,
    body_awaited: AtomicBool,
    body_unread: AtomicBool,
    expiry: Expiry,
    write_blocked: AtomicBool,
    share: Share,
}

/// Whom a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// For the client, to begin a request.
    Request,
    /// For the client, to finish the head that it began.
    Head,
    /// For the application, to answer.
    Answer,
    /// For the client to send more of the body, and then for the application.
    Body,
    /// For the application, to go on with the body of its answer.
    Nothing,
    /// For the client, to read.
    Reader,
}

const WAITING: u8 = 0;
const ANSWERING: u8 = 1;
const SENDING: u8 = 2;

impl Progress {
    /// Whom the connection waits for, and a number that changes with each step forward.
    pub(super) fn now(&self) -> (Wait, u32) {
        let wait = if self.write_blocked.load(Relaxed) {
            Wait::Reader
        } else {
            match self.stage.load(Relaxed) {
                WAITING if self.head_begun.load(Relaxed) => Wait::Head,
                WAITING => Wait::Request,
                ANSWERING if self.body_awaited.load(Relaxed) => Wait::Body,
                ANSWERING => Wait::Answer,
                _ => Wait::Nothing,
            }
        };
        (wait, self.steps.load(Relaxed))
    }

    /// What its connection has done since it was last looked at.
    pub(super) fn share(&self) -> &Share {
        &self.share
    }

    fn step(&self) {
        self.steps
            .store(self.steps.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Notes that a request is complete but for its body.
    pub(super) fn begin(self: &Arc<Self>) -> Turn {
        self.stage.store(ANSWERING, Relaxed);
        self.expiry.set(false);
        self.step();
        Turn(self.clone())
    }

    /// Whether there ever was a request.
    pub(super) fn has_begun(&self) -> bool {
        self.steps.load(Relaxed) > 0
    }

    /// Notes whether a head was begun and has not ended.
    pub(super) fn set_head_begun(&self, begun: bool) {
        self.head_begun.store(begun, Relaxed);
    }

    /// Notes whether the client still has to send what the application waits for.
    pub(super) fn set_body_awaited(&self, awaited: bool) {
        self.body_awaited.store(awaited, Relaxed);
        self.step();
    }

    /// Notes whether the client may still be sending a body that nobody reads to its end.
    pub(super) fn set_body_unread(&self, unread: bool) {
        self.body_unread.store(unread, Relaxed);
    }

    pub(super) fn is_body_unread(&self) -> bool {
        self.body_unread.load(Relaxed)
    }

    /// Notes that the client does not take what is to be sent.
    pub(super) fn set_write_blocked(&self) {
        self.write_blocked.store(true, Relaxed);
    }

    /// Notes that the client took something.
    pub(super) fn set_written(&self) {
        if self.write_blocked.load(Relaxed) {
            self.write_blocked.store(false, Relaxed);
            self.step();
        }
    }

    /// Asks that the request be answered now, in the view's place or in the application's.
    pub(super) fn expire(&self) {
        self.expiry.set(true);
        self.step();
    }

    /// Whether that was asked.
    pub(super) fn expiry(&self) -> &Expiry {
        &self.expiry
    }
}

/// A request that is not answered to its end yet; dropped when it is.
#[derive(Debug)]
pub(super) struct Turn(Arc<Progress>);

impl Turn {
    /// Notes that the head of the answer is there.
    pub(super) fn answered(&self) {
        self.0.stage.store(SENDING, Relaxed);
        self.0.step();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.stage.store(WAITING, Relaxed);
        self.0.body_awaited.store(false, Relaxed);
        self.0.step();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_followed_from_its_head_to_the_end_of_its_answer() {
        let progress = Arc::new(Progress::default());
        let wait = || progress.now().0;
        assert_eq!(wait(), Wait::Request);
        progress.set_head_begun(true);
        assert_eq!(wait(), Wait::Head);
        progress.set_head_begun(false);
        let turn = progress.begin();
        assert_eq!(wait(), Wait::Answer);
        progress.set_body_awaited(true);
        assert_eq!(wait(), Wait::Body);
        let (_, steps) = progress.now();
        progress.set_body_awaited(false);
        assert_ne!(progress.now(), (Wait::Answer, steps));
        turn.answered();
        assert_eq!(wait(), Wait::Nothing);
        progress.set_write_blocked();
        drop(turn);
        assert_eq!(wait(), Wait::Reader);
        progress.set_written();
        assert_eq!(wait(), Wait::Request);
    }
}
