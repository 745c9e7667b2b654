//! What each thread has of its own: a few connections for its batches, and the queues of what waits
//! for them.
//!
//! A thread is here a runtime, of which the server starts one a core. Its connections answer it
//! without waking another thread, and a handler that blocks it holds up nobody else's. They live as
//! long as it does: a task of the runtime owns them, and dies with it.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::Duration;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::runtime::{Handle, Id};
use tokio::sync::watch;

use super::batch::Access;
use super::connection::Leased;
use super::home::Home;
use super::lane::{Lane, Suspicion};
use super::postgres::{self, PostgresConnection};
use super::{Error, Unavailable};

/// How the connections of a thread are opened, and the database as it may be printed.
pub(super) enum OpeningOwn {
    Sqlite(Box<SqliteConnectOptions>, String),
    Postgres(Box<postgres::Options>, String),
}

/// All threads that a database is used from.
pub(super) struct Threads {
    opening: OpeningOwn,
    wait: Duration,
    suspicion: Suspicion,
    known: RwLock<HashMap<Id, Weak<Thread>>>,
    /// True once the database is closed; dropped with it.
    closed: watch::Sender<bool>,
    /// Where the writes of all threads to SQLite are done.
    writer: OnceLock<Arc<Thread>>,
}

/// One thread.
pub(super) struct Thread {
    runtime: Handle,
    connections: Own,
    queues: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    /// The thread, where it is none that was there already.
    _home: Option<Home>,
}

/// Its connections.
enum Own {
    /// One that reads.
    Sqlite(Arc<Lane<SqliteConnection>>),
    /// One for each batch that may be under way.
    Postgres(Arc<Lane<PostgresConnection>>),
    /// None: the writer is everybody's.
    None,
}

impl Threads {
    pub(super) fn new(opening: OpeningOwn, wait: Duration, suspicion: Suspicion) -> Self {
        Self {
            opening,
            wait,
            suspicion,
            known: RwLock::default(),
            closed: watch::Sender::new(false),
            writer: OnceLock::new(),
        }
    }

    /// How long work waits until it is begun.
    pub(super) fn wait(&self) -> Duration {
        self.wait
    }

    /// The thread that does work with such an `access` which is handed in on the present one.
    ///
    /// # Errors
    ///
    /// That the database was closed, or that the system gives no thread.
    pub(super) fn for_work(&self, access: Access) -> Result<Arc<Thread>, Error> {
        if *self.closed.borrow() {
            return Err(Unavailable::Closed.into());
        }
        match (access, &self.opening) {
            (Access::Write, OpeningOwn::Sqlite(_, place)) => self.writer(place),
            _ => Ok(self.present()),
        }
    }

    /// A thread for SQLite's one writer: it is waited for by all threads, so none of them, which a
    /// handler may block, is to have it in its hands.
    fn writer(&self, place: &str) -> Result<Arc<Thread>, Error> {
        if let Some(writer) = self.writer.get() {
            return Ok(Arc::clone(writer));
        }
        let home = Home::start().map_err(|error| Unavailable::Lost {
            place: place.to_owned(),
            message: error.to_string(),
        })?;
        let writer = Thread {
            runtime: home.runtime().clone(),
            connections: Own::None,
            queues: Mutex::default(),
            _home: Some(home),
        };
        Ok(Arc::clone(self.writer.get_or_init(|| Arc::new(writer))))
    }

    fn present(&self) -> Arc<Thread> {
        let runtime = Handle::current();
        let id = runtime.id();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = known.get(&id).and_then(Weak::upgrade) {
            return thread;
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = known.get(&id).and_then(Weak::upgrade) {
            return thread;
        }
        known.retain(|_, thread| thread.strong_count() > 0);
        let thread = Arc::new(self.open(runtime));
        known.insert(id, Arc::downgrade(&thread));
        let (kept, mut closed) = (Arc::clone(&thread), self.closed.subscribe());
        thread.runtime.spawn(async move {
            // Ends when the database is closed or dropped, or is dropped with the runtime.
            let _ = closed.wait_for(|closed| *closed).await;
            drop(kept);
        });
        thread
    }

    fn open(&self, runtime: Handle) -> Thread {
        let connections = match &self.opening {
            OpeningOwn::Sqlite(options, place) => {
                let (options, place) = (SqliteConnectOptions::clone(options), place.clone());
                Own::Sqlite(Lane::new(options, place, 1, self.wait, &self.suspicion))
            }
            OpeningOwn::Postgres(options, place) => {
                let (options, place) = (postgres::Options::clone(options), place.clone());
                Own::Postgres(Lane::new(options, place, 2, self.wait, &self.suspicion))
            }
        };
        Thread {
            runtime,
            connections,
            queues: Mutex::default(),
            _home: None,
        }
    }

    /// Waits for what is under way, and closes all connections.
    pub(super) async fn close(&self) {
        self.closed.send_replace(true);
        let threads: Vec<_> = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.values().filter_map(Weak::upgrade).collect()
        };
        for thread in threads {
            match &thread.connections {
                Own::Sqlite(lane) => lane.close().await,
                Own::Postgres(lane) => lane.close().await,
                Own::None => {}
            }
        }
    }
}

impl Thread {
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// The queue of type `Q`, which is made when it is first asked for.
    pub(super) fn queue<Q: Any + Send + Sync>(&self, new: impl FnOnce() -> Q) -> Arc<Q> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues
            .entry(TypeId::of::<Q>())
            .or_insert_with(|| Arc::new(new()));
        let queue = Arc::clone(queue).downcast();
        queue.expect("a queue stands under its own type")
    }

    /// A connection of its own; `None` where it has none of the kind.
    pub(super) async fn lease(&self) -> Result<Option<Leased>, Error> {
        let leased = match &self.connections {
            Own::Sqlite(lane) => lane.lease().await.map(Leased::Sqlite),
            Own::Postgres(lane) => lane.lease().await.map(Leased::Postgres),
            Own::None => return Ok(None),
        };
        match leased {
            Ok(leased) => Ok(Some(leased)),
            // Those that all threads share are there already.
            Err(Error::Unavailable(Unavailable::TooMany { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens new connections from now on.
    pub(super) fn forget_idle(&self) {
        match &self.connections {
            Own::Sqlite(lane) => lane.forget_idle(),
            Own::Postgres(lane) => lane.forget_idle(),
            Own::None => {}
        }
    }
}
