//! The settings that an application needs before any other part of it exists.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Problems, Secret, SettingsGroup};

/// The first group of the package `plain`; the other parts of it declare theirs beside it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct CoreSettings {
    /// Whether this is a development server: error pages show what happened, templates are read
    /// from disk. Never set it where strangers can reach the application.
    pub debug: bool,
    /// What signatures and tokens are made with. Long, random, and known to this application only.
    pub secret_key: Option<Secret<String>>,
    /// Former values of SECRET_KEY, which what they signed is still accepted by.
    pub secret_key_fallbacks: Vec<Secret<String>>,
    /// The names of the packages that are installed, in order.
    pub installed_packages: Vec<String>,
    /// The names of the middleware that requests pass through, outermost first.
    pub middleware: Vec<String>,
}

impl CoreSettings {
    pub(super) const INSTALLED_PACKAGES: &'static str = "INSTALLED_PACKAGES";
}

impl SettingsGroup for CoreSettings {
    fn check(&self, problems: &mut Problems) {
        match &self.secret_key {
            None if !self.debug => problems.add_among(
                &["SECRET_KEY", "DEBUG"],
                "is not set; write SECRET_KEY = \"<50 random characters>\" into settings.toml or \
                 set PLAIN_SECRET_KEY in the environment (while developing, DEBUG = true does \
                 without it)",
            ),
            Some(key) if key.expose().is_empty() => {
                problems.add("SECRET_KEY", "is empty; give it 50 random characters");
            }
            _ => {}
        }
        if self
            .secret_key_fallbacks
            .iter()
            .any(|key| key.expose().is_empty())
        {
            problems.add("SECRET_KEY_FALLBACKS", "holds an empty key; remove it");
        }
    }
}
