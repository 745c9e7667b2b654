//! Checks of how users are set up.

use plain::db::Model;
use plain::http::Result;
use plain::preflight::{Check, Finding, Stage};
use plain::services::Services;
use plain::settings::CoreSettings;

use crate::mail::Outbox;
use crate::middleware;
use crate::models::User;
use crate::settings::AuthSettings;

/// `auth.middleware`: without it every page that asks for its user fails.
#[derive(Debug)]
pub(crate) struct MiddlewareListed;

impl Check for MiddlewareListed {
    fn description(&self) -> &'static str {
        "The middleware of plain.auth is listed."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings = app.settings::<CoreSettings>()?;
        let listed = settings
            .middleware
            .iter()
            .any(|name| name == middleware::NAME);
        Ok(finding_unless(listed, || {
            Finding::error(
                "plain.auth is installed, but its middleware is not listed",
                format!(
                    "add \"{}\" to MIDDLEWARE in settings.toml",
                    middleware::NAME
                ),
            )
        }))
    }
}

/// `auth.urls`: without its pages nobody can sign in.
#[derive(Debug)]
pub(crate) struct PagesIncluded;

impl Check for PagesIncluded {
    fn description(&self) -> &'static str {
        "The pages of plain.auth have addresses."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let included = app.reverse("auth:sign_in", ()).is_ok();
        Ok(finding_unless(included, || {
            Finding::error(
                "plain.auth is installed, but its pages have no address, so nobody can sign in",
                "add include(\"account\", plain_auth::urls()) to the project's URLs",
            )
        }))
    }
}

/// `auth.admin`: an admin that nobody can open is of no use.
#[derive(Debug)]
pub(crate) struct SomeoneIsAdmin;

impl Check for SomeoneIsAdmin {
    fn description(&self) -> &'static str {
        "Where the admin is installed, an active user is an admin."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings = app.settings::<CoreSettings>()?;
        if settings
            .installed_packages
            .iter()
            .all(|name| name != "plain.admin")
        {
            return Ok(Vec::new());
        }
        let admins = User::query()
            .filter("is_admin", true)
            .filter("is_active", true);
        let exists = admins.exists(app.database()?).await?;
        Ok(finding_unless(exists, || {
            Finding::warning(
                "the admin is installed, and no active user is an admin",
                "run `plain users create you@example.com --admin`",
            )
        }))
    }
}

/// `auth.argon2`: what tests use is too little for passwords of people.
#[derive(Debug)]
pub(crate) struct HashingIsStrong;

/// The settings that OWASP's Password Storage Cheat Sheet gives for Argon2id as equally strong:
/// memory in KiB, and passes.
const STRONG: [(u32, u32); 5] = [
    (47_104, 1),
    (19_456, 2),
    (12_288, 3),
    (9_216, 4),
    (7_168, 5),
];

impl Check for HashingIsStrong {
    fn description(&self) -> &'static str {
        "Passwords are hashed as slowly as they should be."
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings = app.settings::<AuthSettings>()?;
        let (memory, passes) = (
            settings.auth_argon2_memory_kib,
            settings.auth_argon2_iterations,
        );
        let strong = STRONG
            .iter()
            .any(|(least_memory, least_passes)| memory >= *least_memory && passes >= *least_passes);
        Ok(finding_unless(strong, || {
            Finding::error(
                format!(
                    "passwords are hashed with AUTH_ARGON2_MEMORY_KIB = {memory} and \
                     AUTH_ARGON2_ITERATIONS = {passes}, so whoever gets hold of the database \
                     guesses them quickly"
                ),
                "remove both from the settings; the defaults are 19456 and 2",
            )
        }))
    }
}

/// `auth.sign_up`: whether strangers make accounts should be a decision.
#[derive(Debug)]
pub(crate) struct SignUpIsMeant;

impl Check for SignUpIsMeant {
    fn description(&self) -> &'static str {
        "Strangers can make accounts only where that is meant."
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings = app.settings::<AuthSettings>()?;
        Ok(finding_unless(!settings.auth_sign_up, || {
            Finding::warning(
                "signing up is open: every stranger can make an account",
                "if that is not meant, set AUTH_SIGN_UP = false",
            )
        }))
    }
}

/// `auth.mailer`: a link that is printed reaches nobody, and stands in a log.
#[derive(Debug)]
pub(crate) struct MailsAreSent;

impl Check for MailsAreSent {
    fn description(&self) -> &'static str {
        "Links for a new password are sent by mail."
    }

    fn stage(&self) -> Stage {
        Stage::Deploy
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        Ok(finding_unless(!Outbox::of(app)?.prints(), || {
            Finding::warning(
                "no mailer is set up: links for a new password are printed to the server's output \
                 instead of being sent",
                "implement plain_auth::Mailer, and share an Outbox with it in your package",
            )
        }))
    }
}

fn finding_unless(good: bool, finding: impl FnOnce() -> Finding) -> Vec<Finding> {
    if good { Vec::new() } else { vec![finding()] }
}
