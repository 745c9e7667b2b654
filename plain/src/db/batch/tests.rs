//! The queue under many interleavings of its users, which `shuttle` chooses.
//!
//! The file of the queue is compiled here a second time, with a lock at which `shuttle` can switch
//! between tasks.

mod sync {
    pub(super) use shuttle::sync::Mutex;
}

#[path = "queue.rs"]
#[allow(
    clippy::duplicate_mod,
    reason = "the same queue, on a lock that shuttle knows"
)]
mod queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use queue::Queue;
use shuttle::future::{block_on, spawn, yield_now};
use shuttle::sync::Mutex;

const INTERLEAVINGS: usize = 2_000;

/// A queue with one who attends to it, as the batcher does.
#[derive(Clone)]
struct Desk(Arc<Parts>);

struct Parts {
    queue: Queue<u32, u32>,
    attending: AtomicUsize,
    /// The jobs that were begun, in order.
    begun: Mutex<Vec<u32>>,
    most: usize,
    /// How many batches are done before the attendant's runtime ends.
    life: AtomicUsize,
}

/// What the attendant's task drops, however it ends.
struct Attending {
    desk: Desk,
    is_done: bool,
}

impl Drop for Attending {
    fn drop(&mut self) {
        self.desk.0.attending.fetch_sub(1, Ordering::SeqCst);
        if !self.is_done {
            self.desk.0.queue.abandon();
        }
    }
}

impl Desk {
    fn new(room: usize, most: usize) -> Self {
        Self(Arc::new(Parts {
            queue: Queue::new(room),
            attending: AtomicUsize::new(0),
            begun: Mutex::new(Vec::new()),
            most,
            life: AtomicUsize::new(usize::MAX),
        }))
    }

    /// Hands a job in; an error if there is no room, `None` if there is no reply.
    async fn submit(&self, job: u32) -> Result<Option<u32>, usize> {
        let joined = self.0.queue.join(job)?;
        if joined.must_attend {
            let others = self.0.attending.fetch_add(1, Ordering::SeqCst);
            assert_eq!(others, 0, "two attend");
            let desk = self.clone();
            drop(spawn(desk.attend()));
        }
        Ok(self.0.queue.answer(joined).await)
    }

    async fn attend(self) {
        let mut attending = Attending {
            desk: self,
            is_done: false,
        };
        let parts = Arc::clone(&attending.desk.0);
        while let Some(batch) = parts.queue.take(parts.most) {
            assert!((1..=parts.most).contains(&batch.len()));
            // The database works.
            yield_now().await;
            if parts.life.fetch_sub(1, Ordering::SeqCst) == 0 {
                return;
            }
            for waiting in batch {
                parts.begun.lock().unwrap().push(waiting.job);
                // Fails where nobody waits for it any more.
                let _ = waiting.reply.send(waiting.job * 10);
            }
        }
        // Whoever joins from now on brings another.
        attending.is_done = true;
    }

    fn begun(&self) -> Vec<u32> {
        self.0.begun.lock().unwrap().clone()
    }
}

#[test]
fn whoever_waits_is_answered_and_by_his_own_answer() {
    shuttle::check_random(
        || {
            let desk = Desk::new(100, 2);
            let callers: Vec<_> = (0..4)
                .map(|caller| {
                    let desk = desk.clone();
                    spawn(async move {
                        for job in [caller, caller + 10] {
                            assert_eq!(desk.submit(job).await, Ok(Some(job * 10)));
                        }
                    })
                })
                .collect();
            block_on(async {
                for caller in callers {
                    caller.await.unwrap();
                }
            });
            let mut begun = desk.begun();
            begun.sort_unstable();
            assert_eq!(begun, [0, 1, 2, 3, 10, 11, 12, 13], "each once");
            assert!(desk.0.queue.take(1).is_none());
        },
        INTERLEAVINGS,
    );
}

#[test]
fn few_switches_at_the_worst_places_leave_nobody_waiting() {
    // Interleavings of few switches, each of which is found with a known probability; chance alone
    // seldom makes them.
    const SWITCHES: usize = 3;
    shuttle::check_pct(
        || {
            let desk = Desk::new(100, 1);
            let others: Vec<_> = (1..3)
                .map(|job| {
                    let desk = desk.clone();
                    spawn(async move { (job, desk.submit(job).await) })
                })
                .collect();
            block_on(async {
                assert_eq!(desk.submit(0).await, Ok(Some(0)));
                for other in others {
                    let (job, answer) = other.await.unwrap();
                    assert_eq!(answer, Ok(Some(job * 10)));
                }
            });
        },
        INTERLEAVINGS,
        SWITCHES,
    );
}

#[test]
fn one_who_leaves_takes_back_what_was_not_begun_and_holds_nobody_up() {
    shuttle::check_random(
        || {
            let desk = Desk::new(100, 2);
            let submit = |job| {
                let desk = desk.clone();
                spawn(async move { desk.submit(job).await })
            };
            let (first, leaver, last) = (submit(1), submit(2), submit(3));
            leaver.abort();
            block_on(async {
                assert_eq!(first.await.unwrap(), Ok(Some(10)));
                assert_eq!(last.await.unwrap(), Ok(Some(30)));
                // The leaver may have been first to come: then he has brought the attendant, who
                // goes on without him.
                assert_eq!(desk.submit(4).await, Ok(Some(40)));
            });
            let begun = desk.begun();
            let times = |job| begun.iter().filter(|it| **it == job).count();
            assert_eq!((times(1), times(3), times(4)), (1, 1, 1));
            assert!(times(2) <= 1);
        },
        INTERLEAVINGS,
    );
}

#[test]
fn who_is_late_is_turned_away_or_answered_and_never_both() {
    shuttle::check_random(
        || {
            let desk = Desk::new(100, 1);
            let callers: Vec<_> = (1..4)
                .map(|job| {
                    let desk = desk.clone();
                    spawn(async move { (job, desk.submit(job).await) })
                })
                .collect();
            let clock = {
                let desk = desk.clone();
                spawn(async move {
                    let first = desk.0.queue.first(|job| *job);
                    assert!(first.is_none_or(|job| (1..4).contains(&job)));
                    for late in desk.0.queue.take_late(|job| *job < 3) {
                        let _ = late.reply.send(0);
                    }
                })
            };
            block_on(async {
                clock.await.unwrap();
                for caller in callers {
                    let (job, answer) = caller.await.unwrap();
                    let was_begun = desk.begun().contains(&job);
                    let expected = if was_begun { job * 10 } else { 0 };
                    assert_eq!(answer, Ok(Some(expected)));
                    assert!(was_begun || job < 3);
                }
            });
        },
        INTERLEAVINGS,
    );
}

#[test]
fn nobody_waits_for_ever_when_the_attendants_runtime_ends() {
    shuttle::check_random(
        || {
            let desk = Desk::new(100, 1);
            desk.0.life.store(1, Ordering::SeqCst);
            let callers: Vec<_> = (1..4)
                .map(|job| {
                    let desk = desk.clone();
                    spawn(async move { (job, desk.submit(job).await) })
                })
                .collect();
            block_on(async {
                for caller in callers {
                    let (job, answer) = caller.await.unwrap();
                    let expected = desk.begun().contains(&job).then_some(job * 10);
                    assert_eq!(answer, Ok(expected));
                }
            });
        },
        INTERLEAVINGS,
    );
}

#[test]
fn what_finds_no_room_is_refused_and_the_rest_is_done() {
    shuttle::check_random(
        || {
            let desk = Desk::new(1, 1);
            let callers: Vec<_> = (1..4)
                .map(|job| {
                    let desk = desk.clone();
                    spawn(async move { (job, desk.submit(job).await) })
                })
                .collect();
            block_on(async {
                for caller in callers {
                    let (job, answer) = caller.await.unwrap();
                    let was_begun = desk.begun().contains(&job);
                    let expected = if was_begun {
                        Ok(Some(job * 10))
                    } else {
                        Err(1)
                    };
                    assert_eq!(answer, expected);
                }
            });
            assert!(!desk.begun().is_empty());
        },
        INTERLEAVINGS,
    );
}
