//! `plain.auth.chores.ClearAttempts`: forgets failed sign-ins that matter no more.

use plain::chores::Chore;
use plain::http::Result;
use plain::services::Services;

use crate::attempts::clear_old;

/// The name under which `plain chores run` knows it.
pub const NAME: &str = "plain.auth.chores.ClearAttempts";

/// Deletes counts of failed sign-ins that limit nothing any more, in small batches.
#[derive(Clone, Copy, Debug)]
pub struct ClearAttempts;

impl Chore for ClearAttempts {
    fn description(&self) -> &'static str {
        "Deletes old counts of failed sign-ins."
    }

    fn schedule(&self) -> Option<&'static str> {
        Some("43 4 * * *")
    }

    async fn run(&self, app: &Services) -> Result<String> {
        let deleted = clear_old(app.database()?).await?;
        let counts = if deleted == 1 { "count" } else { "counts" };
        Ok(format!("{deleted} old {counts} deleted"))
    }
}
