//! Chores that do well, fail, panic and wait.

use plain::chores::Chore;
use plain::http::{Error, Result};
use plain::services::Services;

use crate::gate;

/// Counts the notes.
pub(crate) struct Count;

impl Chore for Count {
    fn description(&self) -> &'static str {
        "Counts the notes."
    }

    async fn run(&self, app: &Services) -> Result<String> {
        let count: i64 = app
            .database()?
            .query("SELECT COUNT(*) FROM site_note")
            .scalar()
            .await?;
        Ok(format!("{count} notes"))
    }
}

/// Fails.
pub(crate) struct Fail;

impl Chore for Fail {
    fn description(&self) -> &'static str {
        "Fails."
    }

    async fn run(&self, _: &Services) -> Result<String> {
        Err(Error::internal("the printer is out of paper"))
    }
}

/// Panics.
pub(crate) struct Panic;

impl Chore for Panic {
    fn description(&self) -> &'static str {
        "Panics."
    }

    async fn run(&self, _: &Services) -> Result<String> {
        panic!("the printer is on fire")
    }
}

/// Waits at the gate.
pub(crate) struct Wait;

impl Chore for Wait {
    fn description(&self) -> &'static str {
        "Waits until it may go on."
    }

    async fn run(&self, _: &Services) -> Result<String> {
        gate::pass("chore").await?;
        Ok("waited".to_owned())
    }
}
