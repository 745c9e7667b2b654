//! How many connections are open, and what is done when there is room for no more.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::progress::Wait;
use super::shutdown::{Shutdown, Watch};
use crate::metrics::{Gauge, gauge};

/// In so many rounds at the most all connections that can be closed are asked to.
const MOST_ROUNDS: usize = 64;
/// So many of all connections are asked in one round, where that takes no more rounds.
const ASKED: usize = 16;
/// How far apart the rounds are.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a connection may wait for a request while there is no room.
const LONGEST_IDLE: Duration = Duration::from_secs(1);
/// How long a client may take for the head of a request while there is no room.
const LONGEST_HEAD: Duration = Duration::from_secs(5);

/// The open connections of all servers of the process, for Prometheus.
static OPEN: LazyLock<Gauge> =
    LazyLock::new(|| gauge("plain_http_connections", "Open connections", &[]));

/// The open connections, and how many there may be.
#[derive(Debug)]
pub(super) struct Room {
    open: AtomicUsize,
    most: usize,
    /// In so many rounds all are asked.
    rounds: u32,
    /// Counts connections, so that each has a number.
    next: AtomicU32,
    /// How often room was asked for.
    round: AtomicU32,
    last: Mutex<Option<Instant>>,
}

impl Room {
    /// Room for `most` connections.
    pub(super) fn new(most: usize) -> Self {
        Self {
            open: AtomicUsize::new(0),
            most,
            rounds: (most / ASKED).clamp(1, MOST_ROUNDS) as u32,
            next: AtomicU32::new(0),
            round: AtomicU32::new(0),
            last: Mutex::new(None),
        }
    }

    /// The number of open connections.
    pub(super) fn count(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Counts one more connection.
    pub(super) fn enter(self: &Arc<Self>, watch: Watch) -> Place {
        self.open.fetch_add(1, Relaxed);
        OPEN.increment();
        let number = self.next.fetch_add(1, Relaxed);
        Place {
            seen: self.round.load(Relaxed),
            room: self.clone(),
            number,
            watch,
        }
    }

    /// Waits until there is room for one more, and makes some: of the connections that a client
    /// must expect to be closed, and of those that take too long, a part in each round.
    pub(super) async fn available(&self, shutdown: &Shutdown) {
        while self.count() >= self.most {
            if self.is_time() {
                tracing::debug!(
                    target: "plain::server",
                    connections = self.count(),
                    "no room for another connection; closing idle ones"
                );
                self.round.fetch_add(1, Relaxed);
                shutdown.wake();
            }
            tokio::time::sleep(PAUSE / 4).await;
        }
    }

    /// Whether it is time for another round, whichever thread asks.
    fn is_time(&self) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= PAUSE);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

/// Counts as a connection for as long as it lives; if the server is ended meanwhile, for ever, so
/// that it can be said how many were dropped.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    number: u32,
    /// The last round that this connection has noticed.
    seen: u32,
    watch: Watch,
}

impl Place {
    /// Whether the connection, which waits since `since`, is to make room for another. Asked
    /// whenever it is woken; it costs next to nothing.
    pub(super) fn is_asked_to_go(&mut self, wait: Wait, since: Instant) -> bool {
        let round = self.room.round.load(Relaxed);
        if round == self.seen {
            return false;
        }
        self.seen = round;
        let allowed = match wait {
            Wait::Request => LONGEST_IDLE,
            Wait::Head => LONGEST_HEAD,
            _ => return false,
        };
        let rounds = self.room.rounds;
        self.number % rounds == round % rounds && since.elapsed() >= allowed
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.watch.is_ending() {
            self.room.open.fetch_sub(1, Relaxed);
        }
        OPEN.decrement();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn when_it_is_full_idle_connections_are_asked_to_go_in_turn() {
        let shutdown = Shutdown::new();
        let room = Arc::new(Room::new(128));
        let start = Instant::now();
        let mut places: Vec<_> = (0..128).map(|_| room.enter(shutdown.watch())).collect();
        tokio::time::advance(LONGEST_IDLE).await;
        let mut asked = 0;
        for _ in 0..8 {
            assert!(room.available(&shutdown).now_or_never().is_none());
            let going = places
                .iter_mut()
                .filter_map(|place| place.is_asked_to_go(Wait::Request, start).then_some(()));
            let going = going.count();
            assert_eq!(going, 16);
            asked += going;
            tokio::time::advance(PAUSE).await;
        }
        assert_eq!(asked, 128);
        places.pop();
        assert!(room.available(&shutdown).now_or_never().is_some());
        drop(places);
        assert_eq!(room.count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_at_work_or_only_just_came_is_not_asked() {
        let shutdown = Shutdown::new();
        let room = Arc::new(Room::new(1));
        let mut place = room.enter(shutdown.watch());
        tokio::time::advance(LONGEST_IDLE).await;
        let now = Instant::now();
        for (wait, since, expected) in [
            (Wait::Answer, now - LONGEST_HEAD, false),
            (Wait::Nothing, now - LONGEST_HEAD, false),
            (Wait::Head, now - LONGEST_IDLE, false),
            (Wait::Head, now - LONGEST_HEAD, true),
            (Wait::Request, now, false),
            (Wait::Request, now - LONGEST_IDLE, true),
        ] {
            let mut ever = false;
            for _ in 0..room.rounds {
                room.round.fetch_add(1, Relaxed);
                ever |= place.is_asked_to_go(wait, since);
            }
            assert_eq!(ever, expected, "{wait:?}");
        }
    }
}
