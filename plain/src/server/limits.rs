//! How long each of those may take for whom a connection waits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::alarm::Alarm;
use super::pace::LeastPace;
use super::progress::{Progress, Wait};
use crate::http::Expiry;
use crate::settings::ServerSettings;

/// The limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) header: Duration,
    pub(super) pace: LeastPace,
    pub(super) write: Duration,
    request: Option<Duration>,
    body: Duration,
    keep_alive: Duration,
}

impl Limits {
    pub(super) fn new(settings: &ServerSettings) -> Self {
        Self {
            header: settings.header_timeout(),
            pace: LeastPace::new(settings),
            write: settings.write_timeout(),
            request: settings.request_timeout(),
            body: settings.body_timeout(),
            keep_alive: settings.keep_alive_timeout(),
        }
    }

    /// How long `wait` may last; `None` for as long as it likes.
    pub(super) fn of(&self, wait: Wait) -> Option<Duration> {
        match wait {
            Wait::Request => Some(self.keep_alive),
            Wait::Head => Some(self.header),
            Wait::Answer => self.request,
            // The body has a clock of its own, which the application must look at.
            Wait::Body => Some(self.request? + self.body),
            Wait::Nothing => None,
            Wait::Reader => Some(self.write),
        }
    }
}

/// Who says when a request has taken too long.
#[derive(Debug)]
pub(super) enum TimeLimit {
    /// Nobody.
    #[cfg(test)]
    None,
    /// The driver of the connection, which looks after one request at a time.
    Driver(Arc<Progress>),
    /// A clock of the request's own.
    Own(Clock),
}

/// The clock of one request among others on its connection.
#[derive(Debug)]
pub(super) struct Clock {
    limits: Limits,
    progress: Arc<Progress>,
    seen: Option<(Wait, u32)>,
    /// Made when the application first waits for something, if it has a limit.
    alarm: Option<Alarm>,
}

/// The application did not answer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expired;

impl TimeLimit {
    pub(super) fn own(limits: Limits, progress: Arc<Progress>) -> Self {
        Self::Own(Clock {
            limits,
            progress,
            seen: None,
            alarm: None,
        })
    }

    /// What `answer` comes to, within the limit. When that is reached, the application is told, and
    /// has the chance to answer at once by what it has for that.
    pub(super) fn hold<T>(
        self,
        answer: impl Future<Output = T>,
    ) -> impl Future<Output = Result<T, Expired>> {
        Held {
            answer: self.expiry().known_to(answer),
            limit: self,
        }
    }

    fn expiry(&self) -> Expiry {
        match self {
            #[cfg(test)]
            Self::None => Expiry::default(),
            Self::Driver(progress) => progress.expiry().clone(),
            Self::Own(clock) => clock.progress.expiry().clone(),
        }
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        match self {
            #[cfg(test)]
            Self::None => false,
            Self::Driver(progress) => progress.expiry().is_over(),
            Self::Own(clock) => clock.is_over(cx),
        }
    }
}

pin_project! {
    /// An answer within its limit.
    struct Held<F> {
        #[pin]
        answer: F,
        limit: TimeLimit,
    }
}

impl<F: Future> Future for Held<F> {
    type Output = Result<F::Output, Expired>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut held = self.project();
        if let Poll::Ready(answer) = held.answer.as_mut().poll(cx) {
            return Poll::Ready(Ok(answer));
        }
        if !held.limit.is_over(cx) {
            return Poll::Pending;
        }
        held.limit.expiry().set(true);
        match held.answer.poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            Poll::Pending => Poll::Ready(Err(Expired)),
        }
    }
}

impl Clock {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let now = self.progress.now();
        if self.seen != Some(now) {
            self.seen = Some(now);
            let due = self.limits.of(now.0).map(|limit| Instant::now() + limit);
            match (&mut self.alarm, due) {
                (Some(alarm), Some(due)) => alarm.set(due),
                (alarm, due) => *alarm = due.map(Alarm::new),
            }
        }
        let alarm = self.alarm.as_mut();
        alarm.is_some_and(|alarm| alarm.poll(cx).is_ready())
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::http::unless_over;

    #[tokio::test(start_paused = true)]
    async fn when_the_time_is_over_the_application_may_still_answer_and_else_nobody_does() {
        let limits = Limits::new(&ServerSettings::default());
        let progress = Arc::new(Progress::default());
        let _turn = progress.begin();
        let limit = || TimeLimit::own(limits, progress.clone());
        let start = Instant::now();
        let knows = async { unless_over(pending::<()>()).await.is_none() };
        assert_eq!(limit().hold(knows).await, Ok(true));
        assert_eq!(Some(start.elapsed()), limits.request);
        assert_eq!(limit().hold(pending::<()>()).await, Err(Expired));
    }
}
