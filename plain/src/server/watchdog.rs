//! Names the request that holds its thread, and with it all others there.
//!
//! A handler that computes, sleeps or waits without `.await` keeps everything on its thread from
//! going on. Nothing can be done about it from outside but to say which one it is. Each thread notes
//! what it is about to run, and a thread of the watchdog's own looks at that now and then.

use std::cell::OnceCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use http::{Method, Uri};
use pin_project_lite::pin_project;

/// What a thread runs.
#[derive(Debug, Default)]
pub(super) struct Beat {
    /// How often something was begun.
    turns: AtomicU32,
    running: Mutex<Option<Subject>>,
}

impl Beat {
    /// Lets what this thread runs be noted here.
    pub(super) fn of_this_thread(self: Arc<Self>) {
        // A thread serves one server.
        BEAT.with(|beat| drop(beat.set(self)));
    }

    fn running(&self) -> MutexGuard<'_, Option<Subject>> {
        // A swap leaves it whole even if it panics.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn swap(&self, subject: &mut Option<Subject>) {
        self.turns
            .store(self.turns.load(Relaxed).wrapping_add(1), Relaxed);
        std::mem::swap(&mut *self.running(), subject);
    }
}

thread_local! {
    static BEAT: OnceCell<Arc<Beat>> = const { OnceCell::new() };
}

/// The request that something is run for.
#[derive(Debug)]
pub(super) struct Subject {
    method: Method,
    uri: Uri,
}

impl Subject {
    pub(super) fn of<B>(request: &http::Request<B>) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }
}

pin_project! {
    /// Something that is run for a request.
    #[derive(Debug)]
    pub(super) struct Watched<F> {
        subject: Option<Subject>,
        #[pin]
        future: F,
    }
}

impl<F> Watched<F> {
    /// `future`, which answers the request that `subject` names.
    pub(super) fn new(subject: Subject, future: F) -> Self {
        Self {
            subject: Some(subject),
            future,
        }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let watched = self.project();
        BEAT.with(|beat| {
            let Some(beat) = beat.get() else {
                return watched.future.poll(cx);
            };
            // The subject is lent to the thread, so that nothing is copied.
            beat.swap(watched.subject);
            let polled = watched.future.poll(cx);
            beat.swap(watched.subject);
            polled
        })
    }
}

/// Looks at threads until it is dropped.
#[derive(Debug)]
pub(super) struct Watchdog {
    _stop: Sender<()>,
}

impl Watchdog {
    /// Watches threads that each note what they run in one of `beats`; one that is held for
    /// `longest` is a warning.
    pub(super) fn start(beats: Vec<Arc<Beat>>, longest: Duration) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let held = beats.into_iter().enumerate().map(|(number, beat)| Held {
            number,
            beat,
            turn: 0,
            since: Instant::now(),
            named: false,
        });
        let held = held.collect();
        let thread = thread::Builder::new().name("plain-watchdog".to_owned());
        thread.spawn(move || watch(held, longest, &stopped))?;
        Ok(Self { _stop: stop })
    }
}

/// What is known of one thread.
struct Held {
    number: usize,
    beat: Arc<Beat>,
    turn: u32,
    /// Since when it is known to be at the same turn.
    since: Instant,
    named: bool,
}

fn watch(mut threads: Vec<Held>, longest: Duration, stopped: &Receiver<()>) {
    while stopped.recv_timeout(longest / 4) == Err(RecvTimeoutError::Timeout) {
        for thread in &mut threads {
            thread.look(longest);
        }
    }
}

impl Held {
    fn look(&mut self, longest: Duration) {
        let turn = self.beat.turns.load(Relaxed);
        let held = self.since.elapsed();
        if turn != self.turn {
            if self.named {
                tracing::warn!(
                    target: "plain::server",
                    thread = self.number,
                    seconds = held.as_secs_f64().round(),
                    "a thread that was held goes on"
                );
            }
            (self.turn, self.since, self.named) = (turn, Instant::now(), false);
            return;
        }
        if self.named || held < longest {
            return;
        }
        if let Some(Subject { method, uri }) = &*self.beat.running() {
            self.named = true;
            tracing::warn!(
                target: "plain::server",
                thread = self.number,
                method = method.as_str(),
                path = uri.path(),
                "a request holds its thread, and all others there wait: await what takes long, or \
                 run it in `tokio::task::spawn_blocking`"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;
    use crate::logging::LogFormat;
    use crate::logging::tests::Captured;

    #[test]
    fn who_holds_a_thread_is_named_once_and_the_end_of_it_noted() {
        let (captured, _guard) = Captured::start(LogFormat::Json, "warn");
        let beat = Arc::new(Beat::default());
        beat.clone().of_this_thread();
        let mut held = Held {
            number: 3,
            beat: beat.clone(),
            turn: 0,
            since: Instant::now(),
            named: false,
        };
        let request = http::Request::get("/slow?token=secret").body(()).unwrap();
        {
            let looks = pin!(async {
                for _ in 0..4 {
                    held.look(Duration::ZERO);
                }
            });
            let mut watched = Watched::new(Subject::of(&request), looks);
            let mut cx = Context::from_waker(std::task::Waker::noop());
            assert!(Pin::new(&mut watched).poll(&mut cx).is_ready());
        }
        held.look(Duration::ZERO);
        held.look(Duration::ZERO);
        let lines = captured.json();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(
            (&lines[0]["path"], &lines[0]["thread"]),
            (&"/slow".into(), &3.into())
        );
        assert_eq!(lines[1]["message"], "a thread that was held goes on");
        assert!(!captured.text().contains("secret"));
    }
}
