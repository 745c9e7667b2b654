//! What came of running a chore.

use std::fmt;

use serde::Serialize;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// The chore did its work.
    Done,
    /// The chore returned an error or panicked, or could not be started.
    Failed,
    /// Another process is running it, so it was left alone.
    Busy,
}

/// What came of running a chore; as text, one line for a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Report {
    /// The chore's name.
    pub(crate) name: &'static str,
    /// How the run ended.
    pub(crate) outcome: Outcome,
    /// What the chore says it did, or why it did not.
    pub(crate) message: String,
    /// How long it ran, in seconds.
    pub(crate) seconds: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, message, .. } = self;
        match self.outcome {
            Outcome::Done => write!(f, "{name}: {message}"),
            Outcome::Failed => write!(f, "{name}: failed: {message}"),
            Outcome::Busy => write!(f, "{name}: not run: {message}"),
        }
    }
}
