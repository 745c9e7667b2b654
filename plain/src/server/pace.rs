//! How fast a client must send the body of its request while the application waits for it.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::alarm::Alarm;
use crate::settings::ServerSettings;

/// For so long the least rate is not asked for: a connection needs time to become fast.
const GRACE: Duration = Duration::from_secs(5);

/// The least that is asked of a client.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeastPace {
    longest_pause: Duration,
    /// Bytes a second; 0 for any.
    rate: u32,
}

impl LeastPace {
    pub(super) fn new(settings: &ServerSettings) -> Self {
        Self {
            longest_pause: settings.body_timeout(),
            rate: settings.server_min_body_rate,
        }
    }

    /// How long may be waited for `bytes` in all.
    fn allowed(&self, bytes: u64) -> Duration {
        match self.rate {
            0 => Duration::MAX,
            rate => GRACE.max(Duration::from_secs_f64(bytes as f64 / f64::from(rate))),
        }
    }
}

/// How fast one client sends. Only the time counts in which it is waited for.
#[derive(Debug)]
pub(super) struct Pace {
    least: LeastPace,
    /// How long the client was waited for before.
    waited: Duration,
    /// Since when it is waited for.
    since: Option<Instant>,
    alarm: Alarm,
}

impl Pace {
    pub(super) fn new(least: LeastPace) -> Self {
        Self {
            least,
            waited: Duration::ZERO,
            since: None,
            alarm: Alarm::new(Instant::now() + least.longest_pause),
        }
    }

    /// Waits for the client, which sent `bytes` so far, until it is too slow.
    pub(super) fn poll_too_slow(&mut self, bytes: u64, cx: &mut Context<'_>) -> Poll<()> {
        if self.since.is_none() {
            let now = Instant::now();
            self.since = Some(now);
            let left = self.least.allowed(bytes).saturating_sub(self.waited);
            self.alarm.set(now + left.min(self.least.longest_pause));
        }
        ready!(self.alarm.poll(cx));
        Poll::Ready(())
    }

    /// Notes that the client sent something.
    pub(super) fn sent(&mut self) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::{sleep, timeout};

    use super::*;

    fn least(rate: u32) -> LeastPace {
        LeastPace {
            longest_pause: Duration::from_secs(10),
            rate,
        }
    }

    /// After how many seconds a client is too slow that sends `size` bytes every `seconds`.
    async fn too_slow(least: LeastPace, size: u64, seconds: f64) -> Option<u64> {
        let start = Instant::now();
        let mut pace = Pace::new(least);
        let mut bytes = 0;
        while bytes < 10_000 {
            let pause = Duration::from_secs_f64(seconds);
            let slow = poll_fn(|cx| pace.poll_too_slow(bytes, cx));
            if timeout(pause, slow).await.is_ok() {
                return Some(start.elapsed().as_secs());
            }
            bytes += size;
            pace.sent();
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_and_a_trickle_are_too_slow_and_what_keeps_the_rate_is_not() {
        assert_eq!(too_slow(least(0), 1, 10.5).await, Some(10));
        assert_eq!(too_slow(least(0), 1, 9.5).await, None);
        assert_eq!(too_slow(least(100), 5, 0.5).await, Some(5));
        assert_eq!(too_slow(least(100), 45, 0.5).await, Some(5));
        assert_eq!(too_slow(least(100), 60, 0.5).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_application_does_meanwhile_does_not_count() {
        let mut pace = Pace::new(least(100));
        for bytes in [0, 1, 2, 3] {
            let slow = poll_fn(|cx| pace.poll_too_slow(bytes, cx));
            assert!(timeout(Duration::from_secs(1), slow).await.is_err());
            pace.sent();
            sleep(Duration::from_secs(100)).await;
        }
    }
}
