//! Chores: work that is done now and then, by hand or on a schedule.
//!
//! A `Schedule` says when; a `Worker` runs it; a `Runner` runs one chore under a lease in the
//! database, so that a chore runs once at a time across all processes that share it. What a chore
//! does, and that doing it again does no harm, is left to the chore.

mod chore;
mod clock;
mod expression;
mod names;
mod progress;
mod records;
mod report;
mod runner;
mod schedule;
mod settings;
#[cfg(test)]
mod tests;
mod worker;

pub use chore::{Chore, ChoreEntry};
pub(crate) use clock::{Clock, SystemClock};
pub(crate) use expression::Expression;
pub use expression::ExpressionError;
pub use progress::progress;
pub(crate) use progress::watched;
pub use records::Record;
pub(crate) use report::{Outcome, Report};
pub(crate) use runner::{Runner, choose};
pub(crate) use schedule::{Planned, Schedule};
pub use schedule::{ScheduleError, ScheduleErrors};
pub use settings::ChoresSettings;
pub(crate) use worker::Worker;
