//! What one connection may do before the others of its thread have their turn.
//!
//! A client that sends without a pause what costs it nothing (pings of HTTP/2, requests in a row whose
//! answers it does not await) always has more to be read. So each time that a connection is looked at
//! it has a share; what goes beyond waits until all others that have something to do were looked at.

use std::future::Future;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::task::yield_now;

/// After so many bytes a share is used up, of which the read that reaches it may be a part: more than
/// most requests have. Frames of HTTP/2 count for more than their size (`frames`).
const MOST_READ: usize = 4 * 1024;

/// What a connection has done since it was last looked at.
#[derive(Debug, Default)]
pub(super) struct Share {
    read: AtomicUsize,
    has_request: AtomicBool,
}

impl Share {
    /// Begins another one: the connection is looked at.
    pub(super) fn renew(&self) {
        self.read.store(0, Relaxed);
        self.has_request.store(false, Relaxed);
    }

    /// Notes that something was read that is as much work as so many bytes.
    pub(super) fn add_read(&self, bytes: usize) {
        self.read.store(self.read.load(Relaxed) + bytes, Relaxed);
    }

    /// Waits for the next share if all was read that may be in this one.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self.read.load(Relaxed) < MOST_READ {
            true => Poll::Ready(()),
            // Woken behind all others, those included whose bytes have only just come.
            false => pin!(yield_now()).poll(cx),
        }
    }

    /// `answer`, to a request that waits for the next share if this one had one already.
    pub(super) fn request<F: Future>(&self, answer: F) -> impl Future<Output = F::Output> {
        Asked {
            share: self,
            has_asked: false,
            answer,
        }
    }
}

pin_project! {
    /// An answer that takes its share. An `async` function in its place would hold it twice.
    struct Asked<'a, F> {
        share: &'a Share,
        has_asked: bool,
        #[pin]
        answer: F,
    }
}

impl<F: Future> Future for Asked<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let asked = self.project();
        let is_first = !mem::replace(asked.has_asked, true);
        if is_first && asked.share.has_request.load(Relaxed) {
            ready!(pin!(yield_now()).poll(cx));
        }
        asked.share.has_request.store(true, Relaxed);
        asked.answer.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{poll_fn, ready};

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn what_goes_beyond_a_share_waits_for_the_next_one() {
        let share = Share::default();
        share.add_read(MOST_READ - 1);
        let read = || poll_fn(|cx| share.poll_read(cx)).now_or_never();
        assert_eq!(read(), Some(()));
        share.add_read(1);
        assert_eq!(read(), None);
        assert_eq!(share.request(ready(())).now_or_never(), Some(()));
        assert_eq!(share.request(ready(())).now_or_never(), None);
        share.renew();
        assert_eq!(read(), Some(()));
        assert_eq!(share.request(ready(())).now_or_never(), Some(()));
    }
}
