//! A timer that is set for every request and goes off for almost none.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// Goes off when it is due. To put it off costs nothing: the system's timer runs on and is set again
/// when it goes off too early, so that a busy connection touches it once in a while, not for each
/// request.
#[derive(Debug)]
pub(super) struct Alarm {
    due: Instant,
    /// When `sleep` ends; not after `due`, except while it is not needed.
    armed: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Alarm {
    pub(super) fn new(due: Instant) -> Self {
        Self {
            due,
            armed: due,
            sleep: Box::pin(sleep_until(due)),
        }
    }

    /// Makes it due at another time.
    pub(super) fn set(&mut self, due: Instant) {
        self.due = due;
        if due < self.armed {
            self.arm(due);
        }
    }

    fn arm(&mut self, at: Instant) {
        self.armed = at;
        self.sleep.as_mut().reset(at);
    }

    /// Waits until it is due.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            if self.due <= self.armed || self.due <= Instant::now() {
                return Poll::Ready(());
            }
            self.arm(self.due);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_off_when_it_is_due_however_often_that_was_changed() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut alarm = Alarm::new(after(10));
        alarm.set(after(20));
        alarm.set(after(15));
        poll_fn(|cx| alarm.poll(cx)).await;
        assert_eq!(start.elapsed().as_secs(), 15);
        alarm.set(after(16));
        poll_fn(|cx| alarm.poll(cx)).await;
        assert_eq!(start.elapsed().as_secs(), 16);
        alarm.set(after(100));
        alarm.set(after(20));
        poll_fn(|cx| alarm.poll(cx)).await;
        assert_eq!(start.elapsed().as_secs(), 20);
    }
}
