//! Who attends to a queue: a task that lives while something waits.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::sleep_until;
use tracing::{Instrument, Span};

use super::queue::Waiting;
use super::{Access, Batch, MOST_TOGETHER, QueueOf};
use crate::costs::{self, Spent};
use crate::db::connection::Leased;
use crate::db::observe::{Statement, observe};
use crate::db::query::SqlKind;
use crate::db::threads::Thread;
use crate::db::{Database, Error, Transaction, Unavailable};

/// A connection that broke so soon is worth another try; one that did not answer for longer has taken
/// its time already.
const PROMPT: Duration = Duration::from_secs(3);

/// A piece of work that waits.
pub(super) struct Job<E> {
    pub(super) entry: E,
    pub(super) since: Instant,
    /// Whether somebody wants to know its statements.
    pub(super) observed: bool,
    /// What it belongs to, for the log.
    pub(super) span: Span,
}

/// What becomes of a piece of work.
pub(super) enum Reply<A> {
    Done(Result<A, Error>, Account),
    Panicked(Box<dyn Any + Send>),
}

/// What a piece of work cost: the statements that it shared with others, and the time of each, count
/// for it in full.
#[derive(Clone, Default)]
pub(super) struct Account {
    /// Empty where nobody observes.
    pub(super) statements: Vec<Statement>,
    pub(super) database: Spent,
    pub(super) waiting: Spent,
    /// When it was begun.
    pub(super) began: Option<Instant>,
}

impl Account {
    fn plus(self, other: Self) -> Self {
        Self {
            statements: [self.statements, other.statements].concat(),
            database: self.database.plus(other.database),
            waiting: self.waiting.plus(other.waiting),
            began: self.began.or(other.began),
        }
    }
}

/// How an attempt at a batch ended.
enum Attempt<A> {
    Done(Vec<A>),
    Failed {
        error: Error,
        /// Whether it may be saved nevertheless.
        may_be_saved: bool,
    },
    Panicked(Box<dyn Any + Send>),
}

/// Does what waits in a queue, batch by batch, until nothing does.
pub(super) struct Attendant<B: Batch> {
    database: Database,
    thread: Arc<Thread>,
    queue: Arc<QueueOf<B>>,
    /// Whether nothing waits any more.
    is_done: bool,
}

impl<B: Batch> Drop for Attendant<B> {
    fn drop(&mut self) {
        // Its runtime ends: what waits would wait for ever.
        if !self.is_done {
            self.queue.0.abandon();
        }
    }
}

type Pieces<B> = Vec<Waiting<Job<<B as Batch>::Entry>, Reply<<B as Batch>::Answer>>>;

impl<B: Batch> Attendant<B> {
    pub(super) fn new(database: Database, thread: &Arc<Thread>, queue: &Arc<QueueOf<B>>) -> Self {
        Self {
            database,
            thread: Arc::clone(thread),
            queue: Arc::clone(queue),
            is_done: false,
        }
    }

    pub(super) async fn attend(mut self) {
        while let Some(pieces) = self.queue.0.take(MOST_TOGETHER) {
            let mut work = pin!(self.work(pieces));
            loop {
                let oldest = self.queue.0.first(|job| job.since);
                let deadline = oldest.unwrap_or_else(Instant::now) + self.database.threads().wait();
                tokio::select! {
                    biased;
                    () = &mut work => break,
                    () = sleep_until(deadline.into()) => self.turn_away(),
                }
            }
        }
        self.is_done = true;
    }

    /// Answers those that have waited too long.
    fn turn_away(&self) {
        let (wait, now) = (self.database.threads().wait(), Instant::now());
        let late = self.queue.0.take_late(|job| job.since + wait <= now);
        for waiting in late {
            let error = Unavailable::Waited {
                seconds: wait.as_secs_f64(),
            };
            // Fails where nobody waits for it any more.
            let _ = waiting
                .reply
                .send(Reply::Done(Err(error.into()), Account::default()));
        }
    }

    async fn work(&self, pieces: Pieces<B>) {
        let observed = pieces.iter().any(|piece| piece.job.observed);
        // What many requests share is none's line in the log.
        let span = match &*pieces {
            [alone] => alone.job.span.clone(),
            _ => Span::none(),
        };
        let (entries, replies): (Vec<_>, Vec<_>) = pieces
            .into_iter()
            .map(|piece| (piece.job.entry, (piece.reply, piece.job.span)))
            .unzip();
        let together = Box::pin(self.together(&entries).instrument(span));
        let (attempt, account) = accounted(observed, together).await;
        match attempt {
            Attempt::Done(answers) => {
                for (answer, (reply, _)) in answers.into_iter().zip(replies) {
                    let _ = reply.send(Reply::Done(Ok(answer), account.clone()));
                }
            }
            Attempt::Failed { error, .. } if is_everyones(&error) || is_final(&error, &entries) => {
                for (reply, _) in replies {
                    let _ = reply.send(Reply::Done(Err(error.clone()), account.clone()));
                }
            }
            Attempt::Panicked(payload) if entries.len() == 1 => {
                if let Some((reply, _)) = replies.into_iter().next() {
                    let _ = reply.send(Reply::Panicked(payload));
                }
            }
            Attempt::Failed { .. } | Attempt::Panicked(_) => {
                let database = self.database.clone();
                let alone = entries
                    .into_iter()
                    .zip(replies)
                    .map(move |(entry, (reply, span))| {
                        let (database, account) = (database.clone(), account.clone());
                        async move {
                            let attempt = Box::pin(alone::<B>(&database, [entry]).instrument(span));
                            let (attempt, more) = accounted(observed, attempt).await;
                            let account = account.plus(more);
                            let _ = reply.send(match attempt {
                                Attempt::Done(answers) => match answers.into_iter().next() {
                                    Some(answer) => Reply::Done(Ok(answer), account),
                                    None => return,
                                },
                                Attempt::Failed { error, .. } => Reply::Done(Err(error), account),
                                Attempt::Panicked(payload) => Reply::Panicked(payload),
                            });
                        }
                    });
                let alone: Vec<_> = alone.collect();
                match B::ACCESS {
                    // One after the other by its nature, and nobody overtakes.
                    Access::Write if self.database.kind() == crate::db::Kind::Sqlite => {
                        for piece in alone {
                            piece.await;
                        }
                    }
                    // One of them may wait for a lock, which is no reason for others to wait.
                    _ => drop(tokio::spawn(async { drop(join_all(alone).await) })),
                }
            }
        }
    }

    /// Does a batch, and once more where its connection broke and it can't have been saved.
    async fn together(&self, entries: &[B::Entry]) -> Attempt<B::Answer> {
        let begun = Instant::now();
        let first = self.once(entries).await;
        match first {
            Attempt::Failed {
                error: Error::Unavailable(Unavailable::Lost { .. }),
                may_be_saved: false,
            } if begun.elapsed() < PROMPT => {
                self.thread.forget_idle();
                self.once(entries).await
            }
            attempt => attempt,
        }
    }

    async fn once(&self, entries: &[B::Entry]) -> Attempt<B::Answer> {
        let leased = match self.thread.lease().await {
            Ok(Some(leased)) => Ok(leased),
            Ok(None) => self.database.lease(kind_of(B::ACCESS)).await,
            Err(error) => Err(error),
        };
        attempt::<B>(leased, entries).await
    }
}

/// Does a piece of work alone, with a connection that all threads share.
async fn alone<B: Batch>(database: &Database, entry: [B::Entry; 1]) -> Attempt<B::Answer> {
    attempt::<B>(database.lease(kind_of(B::ACCESS)).await, &entry).await
}

async fn attempt<B: Batch>(
    leased: Result<Leased, Error>,
    entries: &[B::Entry],
) -> Attempt<B::Answer> {
    let failed = |error, may_be_saved| Attempt::Failed {
        error,
        may_be_saved,
    };
    let leased = match leased {
        Ok(leased) => leased,
        Err(error) => return failed(error, false),
    };
    let mut work = match B::ACCESS {
        Access::Read => Transaction::loose(leased),
        Access::Write => Transaction::due(leased),
    };
    // In a box, as its callers are: what is around it moves it, and some of it holds it twice.
    let run = Box::pin(async {
        let answers = B::run(&mut work, entries).await?;
        assert_eq!(answers.len(), entries.len(), "a batch answers each entry");
        work.finish().await?;
        Ok(answers)
    });
    // A panic drops the transaction, which takes back what it did.
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(Ok(answers)) => Attempt::Done(answers),
        Ok(Err(error)) => failed(error, work.may_be_saved()),
        Err(payload) => Attempt::Panicked(payload),
    }
}

fn kind_of(access: Access) -> SqlKind {
    match access {
        Access::Read => SqlKind::Read,
        Access::Write => SqlKind::Write,
    }
}

/// Runs `work` and also tells what it cost; its statements only where somebody wants to know them.
async fn accounted<F: Future>(observed: bool, work: F) -> (F::Output, Account) {
    let began = Some(Instant::now());
    costs::of_request(async {
        let (output, statements) = match observed {
            true => observe(work).await,
            false => (work.await, Vec::new()),
        };
        let mut account = Account {
            statements,
            began,
            ..Account::default()
        };
        costs::read(|costs| {
            account.database = costs.of(costs::DATABASE);
            account.waiting = costs.of(costs::WAITING);
        });
        (output, account)
    })
    .await
}

/// Whether an error has nothing to do with any piece of work, so that each would meet with it.
fn is_everyones(error: &Error) -> bool {
    match error {
        Error::Unavailable(Unavailable::Conflict { .. }) => false,
        Error::ReadOnly { .. } | Error::MissingTable { .. } | Error::NotADatabase { .. } => true,
        error => error.is_unavailable(),
    }
}

/// Whether doing the piece of work again alone would be the same again. A conflict is not: alone it
/// waits longer for what another transaction has locked.
fn is_final<E>(error: &Error, entries: &[E]) -> bool {
    let is_conflict = matches!(error, Error::Unavailable(Unavailable::Conflict { .. }));
    entries.len() == 1 && !is_conflict
}

#[cfg(test)]
mod tests {
    use super::super::MOST_WAITING;
    use super::super::queue::Queue;
    use super::*;
    use crate::db::ConnectOptions;

    struct Noted;

    impl Batch for Noted {
        type Entry = String;
        type Answer = u64;
        const ACCESS: Access = Access::Write;

        async fn run(work: &mut Transaction, notes: &[String]) -> Result<Vec<u64>, Error> {
            let mut answers = Vec::new();
            for note in notes {
                let insert = work.query("INSERT INTO note VALUES ($1)");
                answers.push(insert.bind(note).execute().await?);
            }
            Ok(answers)
        }
    }

    #[tokio::test]
    async fn what_attends_is_small_since_each_batch_moves_it() {
        let folder = tempfile::tempdir().unwrap();
        let options = ConnectOptions::sqlite_file(folder.path().join("db"));
        let database = Database::connect(options).await.unwrap();
        let thread = database.threads().for_work(Access::Read).unwrap();
        let queue = thread.queue(|| QueueOf::<Noted>(Queue::new(MOST_WAITING)));
        let attends = Attendant::<Noted>::new(database.clone(), &thread, &queue).attend();
        let size = size_of_val(&attends);
        assert!(size <= 2048, "{size} bytes");
    }
}
