//! For whom a connection waits, and whether it has waited for long enough.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::alarm::Alarm;
use super::limits::Limits;
use super::progress::Wait;
use super::room::Place;

/// How long a client without requests may take to take note that it is to go: it may just have sent
/// one (RFC 9113 section 6.8), or come to send one.
pub(super) const LONGEST_GOODBYE: Duration = Duration::from_secs(2);

/// Looks after one connection.
#[derive(Debug)]
pub(super) struct Lookout {
    limits: Limits,
    place: Place,
    /// For whom it waits since when, after which step, and whether it was to go by then.
    seen: (Wait, u32, bool),
    since: Instant,
    alarm: Alarm,
    /// Whether the client was asked to go, so that no further request is expected.
    pub(super) closing: bool,
}

impl Lookout {
    /// Looks after a connection that was accepted at `accepted`: its client may take as long for the
    /// first request as for a head.
    pub(super) fn new(limits: Limits, place: Place, accepted: Instant) -> Self {
        Self {
            limits,
            place,
            seen: (Wait::Request, 0, false),
            since: accepted,
            alarm: Alarm::new(accepted + limits.header),
            closing: false,
        }
    }

    /// Waits until the connection has waited too long for `wait` since `step`, or is to make room for
    /// another.
    pub(super) fn poll_over(
        &mut self,
        (wait, step): (Wait, u32),
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let limit = match wait {
            Wait::Request if self.closing => Some(LONGEST_GOODBYE),
            wait => self.limits.of(wait),
        };
        let now = (wait, step, self.closing);
        if let (true, Some(limit)) = (self.seen != now, limit) {
            self.since = Instant::now();
            self.alarm.set(self.since + limit);
        }
        self.seen = now;
        let is_over = limit.is_some() && self.alarm.poll(cx).is_ready();
        match is_over || self.place.is_asked_to_go(wait, self.since) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}
