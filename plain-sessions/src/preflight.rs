//! Checks of how sessions are set up.

use chrono::{TimeDelta, Utc};
use plain::db::Model;
use plain::http::Result;
use plain::preflight::{Check, Finding, Stage};
use plain::services::Services;
use plain::settings::CoreSettings;

use crate::middleware;
use crate::models::Session;
use crate::settings::SessionSettings;

/// `sessions.cookie_secure`: the key must not travel in clear text.
#[derive(Debug)]
pub(crate) struct CookieSecure;

impl Check for CookieSecure {
    fn description(&self) -> &'static str {
        "The session cookie travels over HTTPS only."
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings = app.settings::<SessionSettings>()?;
        Ok(finding_unless(settings.session_cookie_secure, || {
            Finding::error(
                "the session cookie is sent over plain http, where everyone on the way can read it",
                "set SESSION_COOKIE_SECURE = true",
            )
        }))
    }
}

/// `sessions.cookie_httponly`: scripts have no use for the key.
#[derive(Debug)]
pub(crate) struct CookieHttpOnly;

impl Check for CookieHttpOnly {
    fn description(&self) -> &'static str {
        "Scripts can't read the session cookie."
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings = app.settings::<SessionSettings>()?;
        Ok(finding_unless(settings.session_cookie_httponly, || {
            Finding::error(
                "scripts can read the session cookie, so one injected script takes over sessions",
                "set SESSION_COOKIE_HTTPONLY = true",
            )
        }))
    }
}

/// `sessions.cookie_name`: a host next to this one, or clear HTTP, could set a cookie of the same name
/// (RFC 6265bis section 4.1.3, ASVS 3.3.1).
#[derive(Debug)]
pub(crate) struct CookieName;

impl Check for CookieName {
    fn description(&self) -> &'static str {
        "No other host can set the session cookie."
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings = app.settings::<SessionSettings>()?;
        // Browsers drop a cookie with such a name that is not `Secure`.
        let good = settings.has_prefix() || !settings.session_cookie_secure;
        Ok(finding_unless(good, || {
            Finding::warning(
                "the name of the session cookie has no prefix, so other hosts of this domain, and \
                 pages in clear http, can set one in its place",
                format!(
                    "set SESSION_COOKIE_NAME = \"{}{}\"; it signs everybody out once",
                    settings.best_prefix(),
                    settings.session_cookie_name
                ),
            )
        }))
    }
}

/// `sessions.middleware`: without it every page that asks for its session fails.
#[derive(Debug)]
pub(crate) struct MiddlewareListed;

impl Check for MiddlewareListed {
    fn description(&self) -> &'static str {
        "The middleware of plain.sessions is listed."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings = app.settings::<CoreSettings>()?;
        let listed = settings
            .middleware
            .iter()
            .any(|name| name == middleware::NAME);
        Ok(finding_unless(listed, || {
            Finding::error(
                "plain.sessions is installed, but its middleware is not listed",
                format!(
                    "add \"{}\" to MIDDLEWARE in settings.toml",
                    middleware::NAME
                ),
            )
        }))
    }
}

/// `sessions.expired`: a table that nobody clears grows for ever.
#[derive(Debug)]
pub(crate) struct FewExpired;

/// Expired rows that are no reason to worry.
const TOLERATED: u64 = 10_000;

impl Check for FewExpired {
    fn description(&self) -> &'static str {
        "Expired sessions are cleared."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let long_ago = Utc::now() - TimeDelta::days(2);
        let expired = Session::query().lt("expires_at", long_ago);
        let counted = expired
            .count_at_most(app.database()?, TOLERATED + 1)
            .await?;
        Ok(finding_unless(counted <= TOLERATED, || {
            Finding::warning(
                format!(
                    "more than {TOLERATED} sessions expired over two days ago and are still stored"
                ),
                "run `plain chores run plain.sessions.chores.ClearExpired`, and see that `plain \
                 worker` runs or CHORES_IN_SERVER is on",
            )
        }))
    }
}

fn finding_unless(good: bool, finding: impl FnOnce() -> Finding) -> Vec<Finding> {
    if good { Vec::new() } else { vec![finding()] }
}
