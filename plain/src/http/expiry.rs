//! That a request was to be answered by now.
//!
//! The server holds the clock. It lets the application know, which then answers by a page of its own
//! in the place of the view; an application that does not is answered for by the server.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;

tokio::task_local! {
    static OF_REQUEST: Expiry;
}

/// Whether the time of a request is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expiry(Arc<AtomicBool>);

impl Expiry {
    /// Notes whether it is over.
    pub(crate) fn set(&self, is_over: bool) {
        self.0.store(is_over, Relaxed);
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// `answer`, in which [`unless_over`] knows of this.
    pub(crate) fn known_to<T>(&self, answer: impl Future<Output = T>) -> impl Future<Output = T> {
        OF_REQUEST.scope(self.clone(), answer)
    }
}

/// What `answer` comes to; `None`, and it is dropped, where the time of its request is over before.
///
/// Who sets the [`Expiry`] has to see that this is looked at again.
pub(crate) async fn unless_over<T>(answer: impl Future<Output = T>) -> Option<T> {
    let expiry = OF_REQUEST.try_with(Clone::clone).unwrap_or_default();
    let mut answer = pin!(answer);
    poll_fn(|cx| match answer.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if expiry.is_over() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn what_is_not_answered_when_the_time_is_over_is_dropped() {
        let expiry = Expiry::default();
        let mut never = Box::pin(expiry.known_to(unless_over(pending::<()>())));
        assert_eq!((&mut never).now_or_never(), None);
        expiry.set(true);
        assert_eq!(never.now_or_never(), Some(None));
        let answered = expiry.known_to(unless_over(ready(1)));
        assert_eq!(answered.now_or_never(), Some(Some(1)));
        assert_eq!(unless_over(ready(1)).now_or_never(), Some(Some(1)));
        assert_eq!(unless_over(pending::<()>()).now_or_never(), None);
    }
}
