//! Applications as processes: run in a project folder of their own, and looked at from outside.
//!
//! Everything waits for what happens (a line, an end, a request), with a limit that only a test
//! which fails reaches.

mod answer;
mod client;
mod gate;
mod process;
mod project;

use std::time::Duration;

pub use answer::Answer;
pub use client::{Client, NoAnswer};
pub use gate::{Gate, Waiting};
pub use process::{Finished, Process};
pub use project::Project;

/// How long is waited for what must happen.
const LIMIT: Duration = Duration::from_secs(900);
