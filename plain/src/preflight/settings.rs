//! The settings of preflight.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::SettingsGroup;

/// Which checks are not listened to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct PreflightSettings {
    /// The names of preflight checks whose findings are known and accepted, such as
    /// `security.https`. They still run, and are counted as silenced.
    pub preflight_silenced: Vec<String>,
}

impl SettingsGroup for PreflightSettings {}
