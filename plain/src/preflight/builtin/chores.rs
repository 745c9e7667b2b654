//! Checks of what runs by itself.

use chrono::{DateTime, Utc};

use crate::chores::{Planned, Record, Schedule};
use crate::http::Result;
use crate::preflight::{Check, Finding, Stage};
use crate::services::Services;

/// A schedule that nobody runs is noticed when the disk is full.
pub(super) struct Run;

impl Check for Run {
    fn description(&self) -> &'static str {
        "No chore is overdue, and none failed when it last ran."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let Ok(database) = app.database() else {
            return Ok(Vec::new());
        };
        let records = match Record::all(database).await {
            // That tables are missing is told by another check.
            Err(error) if error.is_missing_table() => return Ok(Vec::new()),
            records => records?,
        };
        let now = Utc::now();
        let planned = app.require::<Schedule>()?.planned().iter();
        Ok(planned
            .flat_map(|planned| findings(planned, &records, now))
            .collect())
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}

fn findings(planned: &Planned, records: &[Record], now: DateTime<Utc>) -> Vec<Finding> {
    let name = planned.chore.name();
    let Some(record) = records.iter().find(|record| record.name == name) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    if let Some(slot) = record.slot.filter(|slot| is_overdue(planned, *slot, now)) {
        findings.push(Finding::warning(
            format!(
                "{name} is overdue: it last ran for {}",
                slot.format("%Y-%m-%d %H:%M UTC")
            ),
            "keep `plain worker` running, or set CHORES_IN_SERVER = true",
        ));
    }
    if let Some(error) = &record.last_error {
        let fix = format!("mend the cause, and run `plain chores run {name}`");
        findings.push(Finding::warning(
            format!("{name} failed when it last ran: {error}"),
            fix,
        ));
    }
    findings
}

/// Whether two moments have passed since `slot`; one may just be about to be run.
fn is_overdue(planned: &Planned, slot: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let expression = &planned.expression;
    let second = expression
        .next_after(slot)
        .and_then(|next| expression.next_after(next));
    second.is_some_and(|second| second <= now)
}
