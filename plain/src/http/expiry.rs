//! That a request was to be answered by now.
//!
//! The server holds the clock. It lets the application know, which then answers by a page of its own
//! in the place of the view; an application that does not is answered for by the server.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

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
    pub(crate) fn known_to<T>(self, answer: impl Future<Output = T>) -> impl Future<Output = T> {
        OF_REQUEST.scope(self, answer)
    }
}

/// What `answer` comes to; `None` where the time of its request is over before.
///
/// Who sets the [`Expiry`] has to see that this is looked at again.
pub(crate) fn unless_over<T>(answer: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
    UnlessOver { answer }
}

pin_project! {
    struct UnlessOver<F> {
        #[pin]
        answer: F,
    }
}

impl<F: Future> Future for UnlessOver<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().answer.poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if is_over() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Whether the time is over of the request in whose task this is called, if it is in one.
fn is_over() -> bool {
    OF_REQUEST.try_with(Expiry::is_over).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn what_is_not_answered_when_the_time_is_over_is_dropped() {
        let expiry = Expiry::default();
        let mut never = Box::pin(expiry.clone().known_to(unless_over(pending::<()>())));
        assert_eq!((&mut never).now_or_never(), None);
        expiry.set(true);
        assert_eq!(never.now_or_never(), Some(None));
        let answered = expiry.known_to(unless_over(ready(1)));
        assert_eq!(answered.now_or_never(), Some(Some(1)));
        assert_eq!(unless_over(ready(1)).now_or_never(), Some(Some(1)));
        assert_eq!(unless_over(pending::<()>()).now_or_never(), None);
    }
}
