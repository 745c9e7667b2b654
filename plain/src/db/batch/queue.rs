//! Who waits, and whether somebody attends to them. Nothing here knows of databases.
//!
//! Whoever joins an unattended queue must see to it that somebody attends: takes what waits until
//! nothing does. There is never more than one who attends, and never one missing while somebody
//! waits.

use std::collections::VecDeque;
use std::sync::PoisonError;

use tokio::sync::oneshot;

use super::sync::Mutex;

/// Jobs of type `J`, each of which is to be replied to by an `R`.
pub(super) struct Queue<J, R> {
    state: Mutex<State<J, R>>,
    /// How many may wait.
    room: usize,
}

struct State<J, R> {
    /// In the order of their tickets.
    waiting: VecDeque<Waiting<J, R>>,
    next_ticket: u64,
    is_attended: bool,
}

/// A job that nobody has begun.
pub(super) struct Waiting<J, R> {
    ticket: u64,
    pub(super) job: J,
    pub(super) reply: oneshot::Sender<R>,
}

/// A place in the queue.
pub(super) struct Joined<R> {
    ticket: u64,
    reply: oneshot::Receiver<R>,
    /// Whether nobody attends: who joined has to bring somebody.
    pub(super) must_attend: bool,
}

impl<J, R> Queue<J, R> {
    pub(super) fn new(room: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                next_ticket: 0,
                is_attended: false,
            }),
            room,
        }
    }

    /// Lets `job` wait; or tells how many wait already, if there is no room.
    pub(super) fn join(&self, job: J) -> Result<Joined<R>, usize> {
        let (reply, answer) = oneshot::channel();
        self.with(|state| {
            if state.waiting.len() >= self.room {
                return Err(state.waiting.len());
            }
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            state.waiting.push_back(Waiting { ticket, job, reply });
            Ok(Joined {
                ticket,
                reply: answer,
                must_attend: !std::mem::replace(&mut state.is_attended, true),
            })
        })
    }

    /// Waits for the reply; `None` if there will be none. What waits is taken back if this is dropped.
    pub(super) async fn answer(&self, joined: Joined<R>) -> Option<R> {
        let Joined { ticket, reply, .. } = joined;
        let _leave = Leave {
            queue: self,
            ticket,
        };
        reply.await.ok()
    }

    /// Begins the next jobs, at most `most`; if there are none, the queue is unattended from now on.
    pub(super) fn take(&self, most: usize) -> Option<Vec<Waiting<J, R>>> {
        self.with(|state| {
            if state.waiting.is_empty() {
                state.is_attended = false;
                return None;
            }
            let count = state.waiting.len().min(most);
            Some(state.waiting.drain(..count).collect())
        })
    }

    /// Takes out the first jobs for which `is_late` holds.
    pub(super) fn take_late(&self, is_late: impl Fn(&J) -> bool) -> Vec<Waiting<J, R>> {
        self.with(|state| {
            let late = state.waiting.iter().take_while(|it| is_late(&it.job));
            let count = late.count();
            state.waiting.drain(..count).collect()
        })
    }

    /// What `look` says of the first job that waits.
    pub(super) fn first<T>(&self, look: impl FnOnce(&J) -> T) -> Option<T> {
        self.with(|state| state.waiting.front().map(|first| look(&first.job)))
    }

    /// Nobody attends any more, though there may be jobs: they are not replied to.
    pub(super) fn abandon(&self) {
        let abandoned = self.with(|state| {
            state.is_attended = false;
            std::mem::take(&mut state.waiting)
        });
        drop(abandoned);
    }

    fn leave(&self, ticket: u64) {
        let left = self.with(|state| {
            let place = state
                .waiting
                .binary_search_by_key(&ticket, |waiting| waiting.ticket);
            place.ok().and_then(|place| state.waiting.remove(place))
        });
        // Dropped outside of the lock: it is anybody's type.
        drop(left);
    }

    fn with<T>(&self, look: impl FnOnce(&mut State<J, R>) -> T) -> T {
        // Whole at any time: nothing that can panic stands between two changes that belong together.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        look(&mut state)
    }
}

/// Takes a job back, unless it was begun.
struct Leave<'a, J, R> {
    queue: &'a Queue<J, R>,
    ticket: u64,
}

impl<J, R> Drop for Leave<'_, J, R> {
    fn drop(&mut self) {
        self.queue.leave(self.ticket);
    }
}
