//! Connections go to the thread that has the fewest.
//!
//! All threads accept from one socket, and the system likes to wake the same one: it would have them
//! all. So who accepted a connection hands it over to a thread that has fewer. One that a handler
//! holds does not take what it is given; after a moment the connection is taken back.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

/// How long a thread has to take what is handed over to it.
const MOMENT: Duration = Duration::from_millis(5);

/// How many connections may be on their way to one thread.
const MOST_HANDED: usize = 4;

/// A difference that is not worth the way.
const SLACK: usize = 1;

/// How many connections each thread has.
#[derive(Debug)]
pub(super) struct Balance<C>(Vec<Desk<C>>);

#[derive(Debug)]
struct Desk<C> {
    open: AtomicUsize,
    inbox: mpsc::Sender<Handed<C>>,
}

/// What one thread knows of the others.
#[derive(Debug)]
pub(super) struct Share<C> {
    balance: Arc<Balance<C>>,
    number: usize,
    inbox: mpsc::Receiver<Handed<C>>,
}

/// A connection between two threads; whoever takes it first has it.
#[derive(Debug)]
struct Handed<C>(Arc<Mutex<Option<C>>>);

/// Counts as a connection of its thread for as long as it lives.
#[derive(Debug)]
pub(super) struct Counted<C> {
    balance: Arc<Balance<C>>,
    number: usize,
}

impl<C> Balance<C> {
    /// The shares of so many threads.
    pub(super) fn shares(threads: usize) -> Vec<Share<C>> {
        let (desks, inboxes): (Vec<_>, Vec<_>) = (0..threads)
            .map(|_| {
                let (inbox, handed) = mpsc::channel(MOST_HANDED);
                let open = AtomicUsize::new(0);
                (Desk { open, inbox }, handed)
            })
            .unzip();
        let balance = Arc::new(Self(desks));
        let inboxes = inboxes.into_iter().enumerate();
        let share = |(number, inbox)| Share {
            balance: Arc::clone(&balance),
            number,
            inbox,
        };
        inboxes.map(share).collect()
    }
}

impl<C: Send + 'static> Share<C> {
    /// Counts one more connection of this thread.
    pub(super) fn enter(&self) -> Counted<C> {
        self.balance.0[self.number].open.fetch_add(1, Relaxed);
        Counted {
            balance: Arc::clone(&self.balance),
            number: self.number,
        }
    }

    /// Whether there is a thread with fewer connections.
    pub(super) fn is_ahead(&self) -> bool {
        self.behind().is_some()
    }

    /// Hands `connection` over to the thread with the fewest, and returns what to await: it comes to
    /// the connection if that thread does not take it; at once, where none has fewer.
    pub(super) fn offer(&self, connection: C) -> impl Future<Output = Option<C>> + use<C> {
        let handed = Handed(Arc::new(Mutex::new(Some(connection))));
        let is_sent = self
            .behind()
            .is_some_and(|desk| desk.inbox.try_send(Handed(Arc::clone(&handed.0))).is_ok());
        async move {
            if is_sent {
                tokio::time::sleep(MOMENT).await;
            }
            handed.take()
        }
    }

    /// The next connection that another thread hands over. It can be dropped while it is awaited.
    pub(super) async fn handed(&mut self) -> C {
        loop {
            match self.inbox.recv().await {
                Some(handed) => {
                    if let Some(connection) = handed.take() {
                        return connection;
                    }
                }
                // The balance has a sender, so this is never reached.
                None => std::future::pending().await,
            }
        }
    }

    /// A connection that another thread handed over already, after which none is taken.
    pub(super) fn last(&mut self) -> Option<C> {
        self.inbox.close();
        std::iter::from_fn(|| self.inbox.try_recv().ok()).find_map(|handed| handed.take())
    }

    /// The thread with the fewest connections, if this one has more.
    fn behind(&self) -> Option<&Desk<C>> {
        let count = |desk: &Desk<C>| desk.open.load(Relaxed);
        let own = count(self.balance.0.get(self.number)?);
        let least = self.balance.0.iter().min_by_key(|desk| count(desk))?;
        (count(least) + SLACK < own).then_some(least)
    }
}

impl<C> Handed<C> {
    fn take(&self) -> Option<C> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<C> Drop for Counted<C> {
    fn drop(&mut self) {
        self.balance.0[self.number].open.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::time::Instant;

    use super::*;

    fn two() -> (Share<u32>, Share<u32>) {
        let mut shares = Balance::shares(2);
        let (Some(second), Some(first)) = (shares.pop(), shares.pop()) else {
            panic!("two were asked for");
        };
        (first, second)
    }

    #[tokio::test]
    async fn who_has_more_hands_over_to_who_has_the_fewest() {
        let (first, mut second) = two();
        let _one = first.enter();
        assert_eq!(first.offer(7).now_or_never(), Some(Some(7)));
        let two = first.enter();
        let offered = first.offer(8);
        assert_eq!(second.handed().now_or_never(), Some(8));
        assert_eq!(offered.await, None);
        drop(two);
        assert_eq!(first.offer(9).now_or_never(), Some(Some(9)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_held_thread_does_not_take_is_taken_back_in_a_moment() {
        let (first, mut second) = two();
        let _open = [first.enter(), first.enter()];
        let start = Instant::now();
        let offers: Vec<_> = (0..10).map(|number| first.offer(number)).collect();
        let taken = futures_util::future::join_all(offers).await;
        assert_eq!(taken, (0..10).map(Some).collect::<Vec<_>>());
        assert_eq!(start.elapsed(), MOMENT);
        // It finds nothing of them when it goes on, and what comes later.
        assert_eq!(second.handed().now_or_never(), None);
        let offered = first.offer(10);
        assert_eq!(second.last(), Some(10));
        assert_eq!(offered.await, None);
    }

    #[tokio::test]
    async fn a_thread_that_stops_takes_nothing_more() {
        let (first, mut second) = two();
        let _open = [first.enter(), first.enter()];
        assert_eq!(second.last(), None);
        assert_eq!(first.offer(1).now_or_never(), Some(Some(1)));
    }
}
