//! Checks of what protects visitors.

use crate::http::Result;
use crate::middleware::{HostSettings, HttpsSettings};
use crate::preflight::{Check, Finding, Stage};
use crate::services::Services;

/// Without hosts nothing is answered, with all of them a stranger chooses what links point to.
pub(super) struct HostsAreNamed;

impl Check for HostsAreNamed {
    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &HostSettings = app.settings()?;
        let hosts = &settings.allowed_hosts;
        let finding = if hosts.is_empty() {
            Some(Finding::error(
                "ALLOWED_HOSTS is empty: no request is answered",
                "name the hosts that visitors use, such as ALLOWED_HOSTS = [\"example.com\"]",
            ))
        } else if hosts.iter().any(|host| host == "*") {
            Some(Finding::warning(
                "ALLOWED_HOSTS holds \"*\": whoever sends a request chooses what links point to",
                "name the hosts that visitors use",
            ))
        } else {
            None
        };
        Ok(finding.into_iter().collect())
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}

/// Over clear HTTP, everyone on the way reads and writes.
pub(super) struct HttpsIsRequired;

impl Check for HttpsIsRequired {
    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &HttpsSettings = app.settings()?;
        let finding = Finding::warning(
            "HTTPS_REDIRECT_ENABLED is off: visitors may stay on clear HTTP",
            "remove it, or silence this check if a proxy in front redirects",
        );
        Ok((!settings.https_redirect_enabled)
            .then_some(finding)
            .into_iter()
            .collect())
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }
}
