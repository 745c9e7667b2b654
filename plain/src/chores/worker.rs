//! The worker: waits for the moments of a schedule, and runs what is due.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{JoinError, JoinSet};

use super::runner::{First, Slot};
use super::{Outcome, Planned, Report, Runner, Schedule};

/// The longest wait without a look at the clock, which may be set, or stand still as a computer
/// sleeps.
const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(30);

/// Runs a [`Schedule`], together with all other workers that share the database: each moment of
/// it is run once, by whichever comes first.
///
/// A moment that passed while no worker ran is run late, once, when one starts. A run whose process
/// vanished is begun again, up to three times. A chore that is new waits for its next moment.
#[derive(Debug)]
pub(crate) struct Worker {
    runner: Runner,
    chores: Vec<Waiting>,
}

/// A planned chore and what this worker knows of it.
#[derive(Debug)]
struct Waiting {
    planned: Planned,
    /// The newest moment that needs nothing more; none until the first one is known to.
    settled: Option<DateTime<Utc>>,
    running: bool,
    /// Not to be tried again before.
    not_before: Option<DateTime<Utc>>,
}

/// The end of one try: of which chore, at which moment.
struct Tried {
    index: usize,
    slot: DateTime<Utc>,
    outcome: Slot,
}

impl Worker {
    /// A worker that runs `schedule` by means of `runner`.
    pub(crate) fn new(runner: Runner, schedule: &Schedule) -> Self {
        let waiting = |planned: &Planned| Waiting {
            planned: planned.clone(),
            settled: None,
            running: false,
            not_before: None,
        };
        Self {
            runner,
            chores: schedule.planned().iter().map(waiting).collect(),
        }
    }

    /// Runs what is due until `stop` is ready, then waits for what is still running.
    ///
    /// To wait no longer, drop the future and call [`Runner::give_up`]. Needs a tokio runtime.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut running = JoinSet::new();
        loop {
            let now = self.runner.clock().now();
            self.start_due(now, &mut running);
            let wait = self.runner.clock().sleep(self.wait(now));
            tokio::select! {
                () = &mut stop => break,
                Some(tried) = running.join_next() => self.note(tried),
                () = wait => {}
            }
        }
        while let Some(tried) = running.join_next().await {
            self.note(tried);
        }
    }

    fn start_due(&mut self, now: DateTime<Utc>, running: &mut JoinSet<Tried>) {
        for (index, waiting) in self.chores.iter_mut().enumerate() {
            let Some(slot) = waiting.due(now) else {
                continue;
            };
            let first = if waiting.settled.is_none() {
                First::Yes
            } else {
                First::No
            };
            waiting.running = true;
            let (runner, planned) = (self.runner.clone(), waiting.planned.clone());
            running.spawn(async move {
                let outcome = runner.run_slot(&planned, slot, first).await;
                Tried {
                    index,
                    slot,
                    outcome,
                }
            });
        }
    }

    fn note(&mut self, tried: Result<Tried, JoinError>) {
        // A task fails only where its runtime stops; chores have tasks of their own.
        let Ok(Tried {
            index,
            slot,
            outcome,
        }) = tried
        else {
            return;
        };
        let now = self.runner.clock().now();
        let waiting = &mut self.chores[index];
        waiting.running = false;
        match outcome {
            Slot::Ran(report) => {
                log(&report);
                waiting.settled = Some(slot);
            }
            Slot::Settled => waiting.settled = Some(slot),
            Slot::Postponed => waiting.not_before = Some(now + LONGEST_WAIT),
        }
    }

    fn wait(&self, now: DateTime<Utc>) -> Duration {
        let next = self
            .chores
            .iter()
            .filter_map(|waiting| waiting.next(now))
            .min();
        let wait = next.map_or(LONGEST_WAIT, |next| (next - now).min(LONGEST_WAIT));
        wait.to_std().unwrap_or_default()
    }
}

impl Waiting {
    /// The moment that is to be run at `now`, if one is.
    fn due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.running || self.not_before.is_some_and(|time| time > now) {
            return None;
        }
        let slot = self.planned.expression.latest_until(now)?;
        (self.settled < Some(slot)).then_some(slot)
    }

    /// When to look again; none while it runs, since its end wakes the worker.
    fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.running {
            return None;
        }
        let postponed = self.not_before.filter(|time| *time > now);
        postponed.or_else(|| self.planned.expression.next_after(now))
    }
}

fn log(report: &Report) {
    let Report {
        name,
        message,
        seconds,
        outcome,
    } = report;
    match outcome {
        Outcome::Done => tracing::info!(chore = name, seconds, "{message}"),
        Outcome::Failed | Outcome::Busy => tracing::error!(chore = name, seconds, "{message}"),
    }
}
