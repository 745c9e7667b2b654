//! Work of one kind that arrives while a connection is busy, done together.
//!
//! A message to the database and the way back cost more than most statements, and a commit waits for
//! the disk. So what waits for a connection is done by its next statements, in one transaction. Who
//! is alone waits for nobody: a batch is what is there when the connection is free, and no longer
//! waited for than that.
//!
//! What holds:
//!
//! - **Each gets its own answer**, and only once the transaction is committed. An answer that is an
//!   error means that nothing was saved, except that a connection lost during the commit leaves it
//!   open; it is then an error too.
//! - **In order.** Work of one thread is done in the order in which it was handed in, unless it fails
//!   together with other work.
//! - **One failure is one's own.** Where the database refuses a batch, or code in it panics, each
//!   piece is done again alone. A panic goes on in the task that handed the work in.
//! - **Once.** A batch whose connection broke is repeated, once, if it can't have been saved: if it
//!   only reads, or was not told to commit yet.
//! - **Bounded.** At most [`MOST_WAITING`] pieces wait, and each at most as long as a statement
//!   waits for a connection; then it is taken back and answered by an error for which
//!   [`Error::is_unavailable`] holds.
//! - **Who leaves** takes back what still waits. What was begun is done to its end, which nobody
//!   hears of: a client that hangs up breaks off nobody else's work.
//! - **Fair.** The connection is given back after each batch of at most [`MOST_TOGETHER`] pieces, so
//!   other statements get their turn.
//!
//! Each thread has its queues and does its work itself ([`threads`](super::threads)), but for writes
//! to SQLite, which go through one queue and a thread of its own to the one writer. When a runtime
//! ends, what it has not done yet is answered by an error; after [`Database::close`] all is.

mod attendant;
mod queue;
#[cfg(test)]
mod tests;

use std::panic::resume_unwind;
use std::time::Instant;

use tracing::Span;

use super::observe;
use super::{Database, Error, Transaction, Unavailable};
use crate::costs;
use attendant::{Attendant, Job, Reply};
use queue::Queue;

/// What the queue is built from; the tests of its interleavings build it from others.
mod sync {
    pub(super) use std::sync::Mutex;
}

/// How many pieces of work of one kind wait in a thread; one more is refused.
const MOST_WAITING: usize = 10_000;

/// How many are done together.
const MOST_TOGETHER: usize = 256;

/// What a kind of work does with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// It reads, by statements each of which stands for itself.
    Read,
    /// It writes, in one transaction.
    Write,
}

/// A kind of work of which many pieces can be done together; see [`Database::batched`].
///
/// ```
/// # use plain::db::{Access, Batch, ConnectOptions, Database, Error, Transaction};
/// /// Counts words.
/// struct Tally;
///
/// impl Batch for Tally {
///     type Entry = String;
///     type Answer = i64;
///     const ACCESS: Access = Access::Write;
///
///     async fn run(work: &mut Transaction, words: &[String]) -> Result<Vec<i64>, Error> {
///         let mut counts = Vec::new();
///         for word in words {
///             let count = work.query(
///                 "INSERT INTO word VALUES ($1, 1) \
///                  ON CONFLICT (word) DO UPDATE SET count = word.count + 1 RETURNING count",
///             );
///             counts.push(count.bind(word).scalar().await?);
///         }
///         Ok(counts)
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let db = Database::connect(ConnectOptions::sqlite_file(folder.path().join("db"))).await?;
/// db.query("CREATE TABLE word (word TEXT PRIMARY KEY, count INTEGER NOT NULL)").execute().await?;
/// let spoon = || db.batched::<Tally>("spoon".to_owned());
/// let counts = tokio::join!(spoon(), spoon(), spoon());
/// assert_eq!((counts.0?, counts.1?, counts.2?), (1, 2, 3));
/// # Ok(())
/// # }
/// ```
pub trait Batch: 'static {
    /// A piece of work.
    type Entry: Send + Sync + 'static;
    /// What becomes of it.
    type Answer: Send + 'static;

    /// What it does with the database.
    const ACCESS: Access;

    /// Does the work of `entries`, which is at least one, and returns an answer for each, in order.
    ///
    /// It may run several times for one entry, each time as if it had not before. Where it writes,
    /// what it did is committed afterwards; its last statement can be sent by
    /// [`Transaction::query_and_commit`]. What processes that share a database do in such a
    /// transaction should lock rows in one order, lest they wait for each other.
    ///
    /// # Errors
    ///
    /// Whatever `entries` can't be done for together. Each is then done alone, and keeps its error.
    fn run(
        work: &mut Transaction,
        entries: &[Self::Entry],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Error>> + Send;
}

type Waiting<B> = Queue<Job<<B as Batch>::Entry>, Reply<<B as Batch>::Answer>>;

/// A queue of a kind of work: two kinds may have entries of one type.
struct QueueOf<B: Batch>(Waiting<B>);

impl Database {
    /// Does a piece of work, together with what else of its kind waits for a connection.
    ///
    /// # Errors
    ///
    /// Those of [`Batch::run`] on `entry` alone; one for which [`Error::is_unavailable`] holds where
    /// it could not be begun in time, or too much waits already.
    ///
    /// # Panics
    ///
    /// If [`Batch::run`] panics on `entry` alone.
    pub async fn batched<B: Batch>(&self, entry: B::Entry) -> Result<B::Answer, Error> {
        let thread = self.threads().for_work(B::ACCESS)?;
        let queue = thread.queue(|| QueueOf::<B>(Queue::new(MOST_WAITING)));
        let since = Instant::now();
        let job = Job {
            entry,
            since,
            observed: observe::is_observed(),
            span: Span::current(),
        };
        let joined = queue
            .0
            .join(job)
            .map_err(|waiting| Unavailable::Crowded { waiting })?;
        if joined.must_attend {
            let attendant = Attendant::<B>::new(self.clone(), &thread, &queue);
            thread.runtime().spawn(attendant.attend());
        }
        drop(thread);
        // Takes the job back if this future is dropped.
        let answer = queue.0.answer(joined).await;
        match answer {
            Some(Reply::Done(result, account)) => {
                observe::tell(&account.statements);
                costs::add_spent(account.database);
                costs::add_spent(account.waiting);
                if let Some(began) = account.began {
                    costs::add(costs::WAITING, began.saturating_duration_since(since));
                }
                result
            }
            Some(Reply::Panicked(payload)) => resume_unwind(payload),
            None => Err(Unavailable::Closed.into()),
        }
    }
}
