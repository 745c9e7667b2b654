//! Checks of the settings that every application has.

use std::collections::HashSet;

use crate::http::Result;
use crate::preflight::{Check, Finding, Stage};
use crate::services::Services;
use crate::settings::CoreSettings;

/// With `DEBUG`, error pages show what is inside.
pub(super) struct DebugIsOff;

impl Check for DebugIsOff {
    fn description(&self) -> &'static str {
        "DEBUG is off."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &CoreSettings = app.settings()?;
        let finding = Finding::error(
            "DEBUG is on: error pages show settings, code and data to strangers",
            "remove DEBUG, or set it to false",
        );
        Ok(settings.debug.then_some(finding).into_iter().collect())
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}

/// A key that can be guessed makes every signature worthless.
pub(super) struct SecretKeyIsStrong;

/// 32 characters of 64 kinds hold 192 bits; fewer kinds hold less.
const LENGTH: usize = 32;
const KINDS: usize = 8;

impl Check for SecretKeyIsStrong {
    fn description(&self) -> &'static str {
        "SECRET_KEY is set, and no key can be guessed."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &CoreSettings = app.settings()?;
        let keys = settings.secret_key.iter().map(|key| ("SECRET_KEY", key));
        let former = settings.secret_key_fallbacks.iter();
        let keys = keys.chain(former.map(|key| ("a key in SECRET_KEY_FALLBACKS", key)));
        let weak = keys.filter_map(|(name, key)| Some((name, weakness(key.expose())?)));
        let mut findings: Vec<Finding> = weak
            .map(|(name, weakness)| {
                let problem = format!("{name} {weakness}, so what it signs can be forged");
                Finding::error(problem, "give it 50 random characters")
            })
            .collect();
        if settings.secret_key.is_none() {
            findings.push(Finding::error(
                "SECRET_KEY is not set",
                "give it 50 random characters, best in the environment as PLAIN_SECRET_KEY",
            ));
        }
        Ok(findings)
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}

fn weakness(key: &str) -> Option<String> {
    let lower = key.to_lowercase();
    if ["change-me", "changeme", "insecure", "example"]
        .iter()
        .any(|text| lower.contains(text))
    {
        return Some("is an example from a document".to_owned());
    }
    let length = key.chars().count();
    if length < LENGTH {
        return Some(format!("has {length} characters, fewer than {LENGTH}"));
    }
    let kinds = key.chars().collect::<HashSet<_>>().len();
    (kinds < KINDS).then(|| format!("has {kinds} different characters, fewer than {KINDS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_guessed_is_weak_and_the_key_itself_is_never_shown() {
        assert_eq!(
            weakness("change-me").as_deref(),
            Some("is an example from a document")
        );
        assert_eq!(
            weakness("hunter2").as_deref(),
            Some("has 7 characters, fewer than 32")
        );
        assert_eq!(
            weakness(&"ab".repeat(30)).as_deref(),
            Some("has 2 different characters, fewer than 8")
        );
        assert_eq!(weakness("kM0zq1vX9bT4sR7yW2nP5cJ8dF3gH6aL"), None);
    }
}
