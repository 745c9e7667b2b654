//! Chores: work that is done now and then, by hand or on a schedule.

mod chore;

pub use chore::{Chore, ChoreEntry};
