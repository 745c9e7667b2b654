//! `__package__.chores.ForgetGreetings`: deletes what is old.

use chrono::{TimeDelta, Utc};
use plain::chores::Chore;
use plain::db::Model;
use plain::http::Result;
use plain::services::Services;

use crate::models::Greeting;
use crate::settings::GreetingSettings;

/// The name under which `plain chores run` knows it.
pub(crate) const NAME: &str = "__package__.chores.ForgetGreetings";

/// Deletes greetings that are old enough.
#[derive(Debug)]
pub(crate) struct ForgetGreetings;

impl Chore for ForgetGreetings {
    fn description(&self) -> &'static str {
        "Deletes old greetings."
    }

    fn schedule(&self) -> Option<&'static str> {
        Some("30 3 * * *")
    }

    async fn run(&self, app: &Services) -> Result<String> {
        let settings: &GreetingSettings = app.settings()?;
        let long_ago = Utc::now() - TimeDelta::days(settings.__setting___keep_days.into());
        let old = Greeting::query().lt("created_at", long_ago);
        let deleted = old.delete(app.database()?).await?;
        Ok(format!("{deleted} deleted"))
    }
}
