//! Where the time of a request goes, for the line in the log that says why it was slow.
//!
//! The parts of the framework note what they spend; an application does the same with what else it
//! waits for:
//!
//! ```
//! # async fn ask_the_bank() -> bool { true }
//! # async fn pay() -> bool {
//! plain::costs::timed("bank", ask_the_bank()).await
//! # }
//! ```
//!
//! What a request hands to other tasks is not seen. Outside of requests nothing is noted.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use pin_project_lite::pin_project;

tokio::task_local! {
    static COSTS: Costs;
}

/// Statements of the database, without the wait for a connection.
pub(crate) const DATABASE: &str = "database";
/// Waiting for a connection to the database, or for the turn to write.
pub(crate) const WAITING: &str = "waiting";
/// Making pages of templates.
pub(crate) const TEMPLATES: &str = "templates";
/// Waiting for the client to send the body.
pub(crate) const BODY: &str = "body";

/// After how many nanoseconds a statement is slow. One for the process, as the log is.
static SLOW_QUERY: AtomicU64 = AtomicU64::new(u64::MAX);

/// Says after how long a statement is slow; `None` for never.
pub(crate) fn set_slow_query(slow: Option<Duration>) {
    let nanoseconds = slow.and_then(|slow| u64::try_from(slow.as_nanos()).ok());
    SLOW_QUERY.store(nanoseconds.unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Whether a statement that took `time` is slow.
pub(crate) fn is_slow_query(time: Duration) -> bool {
    time.as_nanos() >= u128::from(SLOW_QUERY.load(Ordering::Relaxed))
}

/// How many parts are told apart; what comes later is not noted.
const MOST_PARTS: usize = 8;

/// What one request has spent so far.
#[derive(Debug, Default)]
pub(crate) struct Costs {
    parts: RefCell<[Option<Spent>; MOST_PARTS]>,
    /// The time on the thread up to the latest time that it was left.
    busy: Cell<Duration>,
    /// Since when the thread is used now.
    since: Cell<Option<Instant>>,
}

/// What went into one part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    part: &'static str,
    /// How often.
    pub(crate) times: u32,
    /// How long altogether.
    pub(crate) time: Duration,
}

/// Runs `work` and notes the time until it is done as spent for `part`: a word or two that an
/// operator understands.
pub fn timed<F: Future>(part: &'static str, work: F) -> impl Future<Output = F::Output> {
    let started = Instant::now();
    work.inspect(move |_| add(part, started.elapsed()))
}

/// Runs `work`, which does not wait for anything, and notes its time as spent for `part`.
pub fn timed_now<T>(part: &'static str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let output = work();
    add(part, started.elapsed());
    output
}

/// Notes that the request in whose task this is called spent `time` for `part`.
pub(crate) fn add(part: &'static str, time: Duration) {
    // Fails outside of requests.
    let _ = COSTS.try_with(|costs| costs.add(part, time));
}

/// The same without counting it: for what belongs to something that is counted.
pub(crate) fn add_aside(part: &'static str, time: Duration) {
    let _ = COSTS.try_with(|costs| costs.note(part, 0, time));
}

/// Notes what another task spent for the request in whose task this is called.
pub(crate) fn add_spent(spent: Spent) {
    if spent.times > 0 {
        let _ = COSTS.try_with(|costs| costs.note(spent.part, spent.times, spent.time));
    }
}

/// What the request in whose task this is called has spent for `part` so far.
pub(crate) fn spent(part: &'static str) -> Duration {
    let spent = COSTS.try_with(|costs| costs.of(part).time);
    spent.unwrap_or_default()
}

/// Runs the work of a request; while it runs, and while it is dropped, [`read`] reads its costs.
pub(crate) fn of_request<F: Future>(work: F) -> impl Future<Output = F::Output> {
    COSTS.scope(Costs::default(), Clocked { work })
}

pin_project! {
    /// The work of a request, whose time on the thread is noted. An `async` function in its place
    /// would hold the work twice.
    struct Clocked<F> {
        #[pin]
        work: F,
    }
}

impl<F: Future> Future for Clocked<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        COSTS.with(|costs| costs.since.set(Some(Instant::now())));
        let polled = self.project().work.poll(context);
        COSTS.with(Costs::left);
        polled
    }
}

/// Shows `read` the costs of the request in whose task this is called, if it is in one.
pub(crate) fn read(read: impl FnOnce(&Costs)) {
    let _ = COSTS.try_with(read);
}

impl Spent {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            part: if other.times > 0 {
                other.part
            } else {
                self.part
            },
            times: self.times + other.times,
            time: self.time + other.time,
        }
    }
}

impl Costs {
    fn add(&self, part: &'static str, time: Duration) {
        self.note(part, 1, time);
    }

    fn note(&self, part: &'static str, times: u32, time: Duration) {
        let mut parts = self.parts.borrow_mut();
        let place = parts
            .iter_mut()
            .find(|place| place.is_none_or(|spent| spent.part == part));
        if let Some(place) = place {
            let spent = place.get_or_insert_default();
            spent.part = part;
            spent.times += times;
            spent.time += time;
        }
    }

    /// What was spent for `part`.
    pub(crate) fn of(&self, part: &'static str) -> Spent {
        let parts = self.parts.borrow();
        let found = parts.iter().flatten().find(|spent| spent.part == part);
        found.copied().unwrap_or_default()
    }

    /// How long the request used its thread, so that no other request there went on.
    pub(crate) fn busy(&self) -> Duration {
        let now = self.since.get().map(|since| since.elapsed());
        self.busy.get() + now.unwrap_or_default()
    }

    /// Notes that the request leaves its thread to others.
    fn left(&self) {
        self.busy.set(self.busy());
        self.since.set(None);
    }

    /// What was spent for other parts than those of the framework; `None` where nothing was.
    pub(crate) fn others(&self) -> Option<impl fmt::Display> {
        let known = [DATABASE, WAITING, TEMPLATES, BODY];
        let parts = *self.parts.borrow();
        let others = parts.into_iter().flatten();
        let others: Vec<Spent> = others.filter(|it| !known.contains(&it.part)).collect();
        (!others.is_empty()).then_some(List(others))
    }
}

struct List(Vec<Spent>);

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Spent { part, time, .. }) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{part} {} ms", milliseconds(*time))?;
        }
        Ok(())
    }
}

/// `time` in milliseconds, to the microsecond: how times are logged.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_request_spends_is_told_by_part() {
        of_request(async {
            add(DATABASE, Duration::from_millis(2));
            add(DATABASE, Duration::from_millis(3));
            add("bank", Duration::from_millis(40));
            timed("post office", std::future::ready(())).await;
            read(|costs| {
                assert_eq!(costs.of(DATABASE).times, 2);
                assert_eq!(costs.of(DATABASE).time, Duration::from_millis(5));
                assert_eq!(costs.of(TEMPLATES).times, 0);
                let others = costs.others().map(|others| others.to_string());
                let others = others.unwrap_or_default();
                assert!(others.starts_with("bank 40 ms, post office 0"), "{others}");
            });
            assert_eq!(spent(DATABASE), Duration::from_millis(5));
        })
        .await;
        assert_eq!(spent(DATABASE), Duration::ZERO);
    }

    #[tokio::test]
    async fn there_may_be_more_parts_than_there_is_room_for() {
        of_request(async {
            for part in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
                add(part, Duration::from_millis(1));
            }
            read(|costs| assert_eq!((costs.of("h").times, costs.of("i").times), (1, 0)));
        })
        .await;
    }

    #[tokio::test]
    async fn a_request_that_is_dropped_is_read_while_it_is_dropped() {
        struct Reader;
        impl Drop for Reader {
            fn drop(&mut self) {
                let mut seen = 0;
                read(|costs| seen = costs.of("bank").times);
                assert_eq!(seen, 1);
            }
        }
        let mut request = Box::pin(of_request(async {
            let _reader = Reader;
            add("bank", Duration::ZERO);
            std::future::pending::<()>().await;
        }));
        assert!(request.as_mut().now_or_never().is_none());
        drop(request);
    }

    #[tokio::test]
    async fn only_the_time_on_the_thread_makes_a_request_busy() {
        let started = Instant::now();
        of_request(async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            std::thread::sleep(Duration::from_millis(5));
            read(|costs| assert!(costs.busy() >= Duration::from_millis(5)));
            tokio::task::yield_now().await;
            read(|costs| {
                let busy = costs.busy();
                assert!(busy >= Duration::from_millis(5) && busy < started.elapsed());
            });
        })
        .await;
    }
}
