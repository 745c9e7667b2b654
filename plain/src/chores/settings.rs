//! The settings of chores.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Expression;
use super::schedule::is_off;
use crate::settings::{Problems, SettingsGroup};

/// When chores run, and where.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct ChoresSettings {
    /// When chores run: the name of each one with a cron expression of five fields in UTC, such as
    /// `{ "plain.sessions.chores.ClearExpired" = "30 3 * * *" }`; `"never"` switches one off. A chore
    /// that is not named here runs as it says itself.
    pub chores_schedule: BTreeMap<String, String>,
    /// Whether `plain server` runs the schedule too, so that no `plain worker` is needed.
    pub chores_in_server: bool,
}

impl Default for ChoresSettings {
    fn default() -> Self {
        Self {
            chores_schedule: BTreeMap::new(),
            chores_in_server: true,
        }
    }
}

impl SettingsGroup for ChoresSettings {
    fn check(&self, problems: &mut Problems) {
        for (name, text) in &self.chores_schedule {
            let parsed = text.parse::<Expression>();
            if let (false, Err(error)) = (is_off(text), parsed) {
                problems.add(
                    "CHORES_SCHEDULE",
                    format!("has no schedule for {name}: {error}"),
                );
            }
        }
    }
}
