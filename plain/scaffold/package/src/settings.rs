//! The settings of this package.

use plain::schemars::JsonSchema;
use plain::settings::{Problems, SettingsGroup};
use serde::{Deserialize, Serialize};

/// What differs from project to project.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(crate = "plain::schemars")]
pub struct GreetingSettings {
    /// What is said by default.
    pub __setting___greeting: String,
    /// Days for which greetings are kept.
    pub __setting___keep_days: u32,
}

impl Default for GreetingSettings {
    fn default() -> Self {
        Self {
            __setting___greeting: "Hello".to_owned(),
            __setting___keep_days: 30,
        }
    }
}

impl SettingsGroup for GreetingSettings {
    fn check(&self, problems: &mut Problems) {
        if self.__setting___greeting.trim().is_empty() {
            problems.add("__SETTING___GREETING", "is empty; write what is to be said");
        }
    }
}
