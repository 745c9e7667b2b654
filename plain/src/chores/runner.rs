//! Running one chore, under a lease that keeps every other process from running it meanwhile.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;

use super::names::hint;
use super::progress::watched_as_here;
use super::records::{Claim, LEASE, Occasion, Records};
use super::{ChoreEntry, Clock, Outcome, Planned, Report, SystemClock};
use crate::db::{self, Database};
use crate::metrics;
use crate::panicked::why_ended;
use crate::services::Services;

/// How often a lease is extended: twice may fail before it runs out.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// Runs chores for one process. Cheap to clone.
///
/// A chore runs as a task of its own: one that panics ends with a report like any other. It is
/// broken off where its lease is lost, since another process may then begin it.
#[derive(Clone)]
pub(crate) struct Runner {
    app: Services,
    records: Arc<Records>,
    clock: Arc<dyn Clock>,
}

impl Runner {
    /// Runs chores for `app`, with leases in `database`.
    pub(crate) fn new(app: Services, database: Database) -> Self {
        Self::with_clock(app, database, SystemClock)
    }

    /// The same, with the time of `clock`.
    pub(crate) fn with_clock(app: Services, database: Database, clock: impl Clock) -> Self {
        let holder = holder();
        Self {
            app,
            records: Arc::new(Records { database, holder }),
            clock: Arc::new(clock),
        }
    }

    /// Runs `chore` now, unless another process is running it. Needs a tokio runtime.
    pub(crate) async fn run(&self, chore: &ChoreEntry) -> Report {
        let now = self.clock.now();
        match self
            .records
            .claim(chore.name(), Occasion::ByHand, now)
            .await
        {
            Ok(Claim::Granted) => self.run_leased(chore).await,
            Ok(Claim::Busy { holder, until }) => Report {
                name: chore.name(),
                outcome: Outcome::Busy,
                message: format!(
                    "{holder} is running it; wait until it is done \
                     (if that process is gone, until {})",
                    until.format("%H:%M:%S UTC")
                ),
                seconds: 0.0,
            },
            // Only a slot can be settled.
            Ok(Claim::Settled) => failure(chore, "it could not be leased; try again".to_owned()),
            Err(error) => failure(chore, not_leased(&error)),
        }
    }

    /// Gives back what this process runs, after its runs were broken off.
    ///
    /// # Errors
    ///
    /// Those of the database; the leases then run out by themselves, within a minute.
    pub(crate) async fn give_up(&self) -> Result<(), db::Error> {
        self.records.give_up(self.clock.now()).await
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Runs what `planned` has at the moment `slot`, where no process did so before.
    pub(super) async fn run_slot(
        &self,
        planned: &Planned,
        slot: DateTime<Utc>,
        first: First,
    ) -> Slot {
        let name = planned.chore.name();
        let claimed = async {
            if first == First::Yes && self.records.meet(name, slot).await? {
                return Ok(Claim::Settled);
            }
            self.records
                .claim(name, Occasion::Slot(slot), self.clock.now())
                .await
        };
        match claimed.await {
            Ok(Claim::Granted) => Slot::Ran(self.run_leased(&planned.chore).await),
            Ok(Claim::Settled) => Slot::Settled,
            Ok(Claim::Busy { holder, .. }) => {
                tracing::debug!(chore = name, %holder, "another process runs it");
                Slot::Postponed
            }
            Err(error) => {
                tracing::warn!(chore = name, "{}; trying again soon", not_leased(&error));
                Slot::Postponed
            }
        }
    }

    async fn run_leased(&self, chore: &ChoreEntry) -> Report {
        let started = self.clock.now();
        let result = self.run_to_end(chore).await;
        let ended = self.clock.now();
        let stored = result.as_deref().map_err(String::as_str);
        if let Err(error) = self.records.finish(chore.name(), stored, ended).await {
            tracing::warn!(chore = chore.name(), %error, "its end could not be recorded");
        }
        let (outcome, message) = match result {
            Ok(message) => (Outcome::Done, message),
            Err(message) => (Outcome::Failed, message),
        };
        let seconds = (ended - started).as_seconds_f64();
        measure(chore.name(), outcome, ended - started, ended);
        Report {
            name: chore.name(),
            outcome,
            message,
            seconds,
        }
    }

    async fn run_to_end(&self, chore: &ChoreEntry) -> Result<String, String> {
        // A set, since it breaks its tasks off when it is dropped.
        let mut task = JoinSet::new();
        let (app, entry) = (self.app.clone(), chore.clone());
        task.spawn(watched_as_here(async move { entry.run(&app).await }));
        tokio::select! {
            joined = task.join_next() => match joined {
                Some(Ok(result)) => result.map_err(|error| error.to_string()),
                Some(Err(error)) => Err(why_ended(error)),
                None => Err("it was never started".to_owned()),
            },
            lost = self.keep(chore.name()) => {
                task.shutdown().await;
                Err(lost)
            }
        }
    }

    /// Extends the lease again and again; returns why where that is no longer possible.
    async fn keep(&self, name: &str) -> String {
        let mut until = self.clock.now() + LEASE;
        loop {
            self.clock.sleep(HEARTBEAT).await;
            let now = self.clock.now();
            match self.records.extend(name, now).await {
                Ok(true) => until = now + LEASE,
                Ok(false) => return "broken off: another process took it over".to_owned(),
                Err(error) => {
                    tracing::warn!(chore = name, %error, "its lease could not be extended");
                    if self.clock.now() + HEARTBEAT > until {
                        return format!("broken off: its lease could not be extended: {error}");
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Runner").field(&self.records.holder).finish()
    }
}

/// Whether a slot is the first of its chore that a worker sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Yes,
    No,
}

/// What came of one moment of a schedule.
#[derive(Debug)]
pub(super) enum Slot {
    /// It was run here.
    Ran(Report),
    /// It needs no run.
    Settled,
    /// It can't be told yet.
    Postponed,
}

/// The chores that `names` call, in that order, each one once; all of them, in the order of
/// installation, where there are no names.
///
/// # Errors
///
/// Every name that no chore has.
pub(crate) fn choose(
    chores: &[ChoreEntry],
    names: &[String],
) -> Result<Vec<ChoreEntry>, Vec<UnknownChore>> {
    let is_known = |name: &str| chores.iter().any(|chore| chore.name() == name);
    let unknown: Vec<UnknownChore> = names
        .iter()
        .filter(|name| !is_known(name))
        .map(|name| UnknownChore {
            name: name.clone(),
            hint: hint(name, chores.iter().map(ChoreEntry::name)),
        })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    if names.is_empty() {
        return Ok(chores.to_vec());
    }
    let mut chosen: Vec<ChoreEntry> = Vec::with_capacity(names.len());
    for name in names {
        let is_new = chosen.iter().all(|chore| chore.name() != name);
        chosen.extend(
            chores
                .iter()
                .find(|it| is_new && it.name() == name)
                .cloned(),
        );
    }
    Ok(chosen)
}

/// A name that no chore of an installed package has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is no chore of an installed package; {hint}")]
#[non_exhaustive]
pub(crate) struct UnknownChore {
    /// The name.
    pub(crate) name: String,
    /// What to do, with the nearest known name.
    pub(crate) hint: String,
}

/// Runs are rare, so that their metrics are looked up each time.
fn measure(chore: &'static str, outcome: Outcome, time: TimeDelta, ended: DateTime<Utc>) {
    let result = match outcome {
        Outcome::Done => "done",
        Outcome::Failed => "failed",
        Outcome::Busy => "busy",
    };
    let labels = [("chore", chore), ("outcome", result)];
    metrics::counter("plain_chores_runs", "Runs of chores by outcome", &labels).increment();
    let of_chore = &labels[..1];
    let duration = "plain_chores_duration_seconds";
    metrics::histogram(duration, "Time that runs of chores took", of_chore)
        .observe(time.to_std().unwrap_or_default());
    if outcome == Outcome::Done {
        let last = "plain_chores_last_done_timestamp_seconds";
        metrics::gauge(last, "When a run of a chore was last done", of_chore)
            .set(ended.timestamp());
    }
}

fn failure(chore: &ChoreEntry, message: String) -> Report {
    Report {
        name: chore.name(),
        outcome: Outcome::Failed,
        message,
        seconds: 0.0,
    }
}

fn not_leased(error: &db::Error) -> String {
    match error.is_missing_table() {
        true => "the table plain_chores is missing; run `plain migrate`".to_owned(),
        false => format!("its lease could not be taken: {error}"),
    }
}

/// Who this process is, in words that an operator can follow.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = match host.trim() {
        "" => "this computer",
        host => host,
    };
    // The process number alone comes back after a restart, in a container always the same.
    let token = crate::random::token();
    format!("process {} on {host} ({})", std::process::id(), &token[..8])
}
