//! A bounded set of connections that are taken in turn.
//!
//! Nothing here belongs to one runtime: no task is spawned, and a connection is back the moment its
//! lease is dropped, wherever that happens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::SqlStr;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::driver::{Driver, Frame, Interrupted, Rows};
use super::error::explain_connect;
use super::meters::METERS;
use super::{Error, FromRow, Unavailable, Value};
use crate::costs;

/// Connections of one kind: the readers, or the writer.
pub(super) struct Lane<C: Driver> {
    options: C::Options,
    /// The database as it may be printed.
    place: String,
    wait: Duration,
    size: u32,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Slot<C>>>,
    suspicion: Suspicion,
}

/// When a connection to a database was last found broken. Others to it may be too: those that rested
/// then have to show that they are not. Shared by all lanes of a database.
#[derive(Debug, Clone, Default)]
pub(super) struct Suspicion(Arc<Mutex<Option<Instant>>>);

impl Suspicion {
    fn raise(&self) {
        *self.since() = Some(Instant::now());
    }

    /// Whether it speaks against a connection that rests since `rested`.
    fn is_of(&self, rested: Instant) -> bool {
        self.since().is_some_and(|since| rested <= since)
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        // Whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that nobody uses, or that is lent to one user.
struct Slot<C> {
    connection: C,
    /// How many statements in a row were dropped before they were answered.
    unanswered: u8,
    /// When it was last given back; `None` where it is new.
    rested: Option<Instant>,
}

/// How long a connection may rest before it has to show that it was not cut meanwhile.
const TRUSTED: Duration = Duration::from_millis(500);

/// A driver's queue of statements has room for many more than this; the next user of a connection
/// with so many dropped statements before it would wait for all of them.
const MAX_UNANSWERED: u8 = 8;

impl<C: Driver> Lane<C> {
    /// A lane of at most `size` connections, each opened when it is first needed; a user waits at
    /// most `wait` for one.
    pub(super) fn new(
        options: C::Options,
        place: String,
        size: u32,
        wait: Duration,
        suspicion: &Suspicion,
    ) -> Arc<Self> {
        Arc::new(Self {
            options,
            place,
            wait,
            size,
            free: Arc::new(Semaphore::new(size as usize)),
            idle: Mutex::new(Vec::with_capacity(size as usize)),
            suspicion: suspicion.clone(),
        })
    }

    /// The next free connection.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease<C>, Error> {
        let permit = self.permit().await?;
        let slot = match self.rested().await {
            Some(slot) => slot,
            None => self.connect().await?,
        };
        METERS.in_use.increment();
        Ok(Lease {
            slot: Some(slot),
            lane: Arc::clone(self),
            state: State::Rested,
            _permit: permit,
        })
    }

    /// A connection that is there already and answers.
    async fn rested(&self) -> Option<Slot<C>> {
        loop {
            let mut slot = self.idle().pop()?;
            let is_trusted = slot
                .rested
                .is_some_and(|rested| rested.elapsed() < TRUSTED && !self.suspicion.is_of(rested));
            // What is seldom asked for is in boxes: the future of a statement is to be small.
            if is_trusted || Box::pin(slot.connection.is_alive()).await {
                return Some(slot);
            }
        }
    }

    /// Forgets the connections that nobody uses: one that broke is seldom the only one.
    pub(super) fn forget_idle(&self) {
        self.idle().clear();
    }

    /// Waits for the leases to end, at most as long as a user waits for one, and closes all.
    pub(super) async fn close(&self) {
        let all = Arc::clone(&self.free).acquire_many_owned(self.size);
        // What is still in use after that is closed when its user drops it.
        let _ = tokio::time::timeout(self.wait, all).await;
        self.free.close();
        let idle = std::mem::take(&mut *self.idle());
        for slot in idle {
            slot.connection.close().await;
        }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        // Without the clock where there is nothing to wait for.
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(permit);
        }
        let started = Instant::now();
        let free = Arc::clone(&self.free).acquire_owned();
        let permit = tokio::time::timeout(self.wait, free).await;
        costs::add(costs::WAITING, started.elapsed());
        METERS.waits.observe(started.elapsed());
        match permit {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Unavailable::Closed.into()),
            Err(_) => {
                METERS.timeouts.increment();
                let seconds = self.wait.as_secs_f64();
                Err(Unavailable::Waited { seconds }.into())
            }
        }
    }

    async fn connect(&self) -> Result<Slot<C>, Error> {
        let failed = |message: String| Error::Connect {
            place: self.place.clone(),
            message,
        };
        match tokio::time::timeout(self.wait, Box::pin(C::open(&self.options))).await {
            Ok(Ok(connection)) => Ok(Slot {
                connection,
                unanswered: 0,
                rested: None,
            }),
            Ok(Err(error)) => Err(explain_connect(error, &self.place)),
            Err(_) => Err(failed(format!(
                "no answer within {} s",
                self.wait.as_secs_f64()
            ))),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Slot<C>>> {
        // A vector is whole even if a thread panicked with the lock in its hand.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use; dropping it gives it back.
pub(super) struct Lease<C: Driver> {
    /// Full until the lease is dropped.
    slot: Option<Slot<C>>,
    lane: Arc<Lane<C>>,
    state: State,
    /// Given back last, after the connection.
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No statement is under way and no transaction is open.
    Rested,
    /// A statement was sent and its answer is not here yet.
    Asked,
    /// A transaction is open; whether a statement of it is under way does not matter.
    Transaction,
    /// The connection cannot be used any more.
    Broken,
}

impl<C: Driver> Lease<C> {
    pub(super) fn place(&self) -> &str {
        &self.lane.place
    }

    pub(super) async fn execute(
        &mut self,
        sql: SqlStr,
        frame: Frame,
        values: &mut Vec<Value>,
    ) -> sqlx::Result<u64> {
        self.enter(frame);
        let mut result = self.ask().execute(sql.clone(), frame, values).await;
        if self.may_repeat(result.as_ref().err(), C::never_ran) && self.replace().await {
            result = self.ask().execute(sql, frame, values).await;
        }
        self.answered(result.as_ref().err());
        self.leave(frame, result.is_ok());
        result
    }

    pub(super) async fn fetch<T: FromRow>(
        &mut self,
        sql: SqlStr,
        frame: Frame,
        values: &mut Vec<Value>,
        rows: Rows,
    ) -> sqlx::Result<Vec<T>> {
        self.enter(frame);
        let mut result = self.ask().fetch(sql.clone(), frame, values, rows).await;
        if self.may_repeat(result.as_ref().err(), C::never_ran) && self.replace().await {
            result = self.ask().fetch(sql, frame, values, rows).await;
        }
        self.answered(result.as_ref().err());
        self.leave(frame, result.is_ok());
        result
    }

    /// Before the statement is sent, so that it is taken back if nobody waits for its answer.
    fn enter(&mut self, frame: Frame) {
        if frame == Frame::Begin {
            self.state = State::Transaction;
        }
    }

    fn leave(&mut self, frame: Frame, done: bool) {
        if frame == Frame::Commit && done {
            self.state = State::Rested;
        }
    }

    pub(super) async fn script(&mut self, sql: SqlStr) -> Result<(), Interrupted> {
        let result = self.ask().script(sql).await;
        self.answered(result.as_ref().err().map(|interrupted| &interrupted.error));
        result
    }

    /// Opens a transaction, which ends with [`commit`](Self::commit) or with the lease.
    pub(super) async fn begin(&mut self) -> sqlx::Result<()> {
        // Before the statement is sent, so that it is taken back if nobody waits for its answer.
        self.state = State::Transaction;
        let mut result = self.ask().begin().await;
        // A transaction that was only begun has done nothing.
        if self.may_repeat(result.as_ref().err(), C::is_lost) && self.replace().await {
            result = self.ask().begin().await;
        }
        self.answered(result.as_ref().err());
        if result.is_err() && self.state == State::Transaction {
            self.state = State::Rested;
        }
        result
    }

    pub(super) async fn commit(&mut self) -> sqlx::Result<()> {
        let result = self.ask().commit().await;
        self.answered(result.as_ref().err());
        if result.is_ok() {
            self.state = State::Rested;
        }
        result
    }

    /// Whether the connection was cut while it rested, and nothing speaks against sending what met
    /// with that once more.
    fn may_repeat(
        &self,
        failure: Option<&sqlx::Error>,
        is_harmless: impl Fn(&sqlx::Error) -> bool,
    ) -> bool {
        if failure.is_some_and(C::is_lost) {
            self.lane.suspicion.raise();
        }
        let is_first = self.slot.as_ref().is_some_and(|slot| slot.rested.is_some());
        is_first && failure.is_some_and(is_harmless)
    }

    /// Puts a new connection in the place of this one, if there can be one.
    async fn replace(&mut self) -> bool {
        let slot = self.lane.connect().await.ok();
        let is_there = slot.is_some();
        if is_there {
            self.slot = slot;
        }
        is_there
    }

    fn ask(&mut self) -> &mut C {
        if self.state == State::Rested {
            self.state = State::Asked;
        }
        &mut self
            .slot
            .as_mut()
            .expect("a lease has its connection until it is dropped")
            .connection
    }

    fn answered(&mut self, failure: Option<&sqlx::Error>) {
        if failure.is_some_and(C::is_lost) {
            self.lane.suspicion.raise();
            self.state = State::Broken;
        }
        if self.state == State::Asked {
            self.state = State::Rested;
        }
        if let Some(slot) = &mut self.slot {
            // Statements are answered in order, so those before this one are done too.
            slot.unanswered = 0;
            slot.rested = None;
        }
    }
}

impl<C: Driver> Drop for Lease<C> {
    fn drop(&mut self) {
        METERS.in_use.decrement();
        let Some(mut slot) = self.slot.take() else {
            return;
        };
        if self.state != State::Rested {
            slot.unanswered += 1;
        }
        let fit = slot.unanswered < MAX_UNANSWERED
            && match self.state {
                State::Rested => true,
                State::Asked => C::SURVIVES_CANCELLATION,
                State::Transaction => slot.connection.abandon_transaction(),
                State::Broken => false,
            };
        if fit && !self.lane.free.is_closed() {
            slot.rested = Some(Instant::now());
            self.lane.idle().push(slot);
        }
        // Else the connection closes by being dropped, which ends its transaction too.
    }
}
