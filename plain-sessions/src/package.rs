//! The package itself: all that `plain.sessions` brings.

use plain::http::Result;
use plain::packages::{Installer, Package};

use crate::admin::SessionAdmin;
use crate::middleware::SessionMiddleware;
use crate::settings::SessionSettings;
use crate::{EMBEDDED, chores, middleware, preflight, templates};

/// The package `plain.sessions`, for the list in `main`.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     plain::main([plain_sessions::package()])
/// }
/// ```
pub fn package() -> Box<dyn Package> {
    Box::new(Sessions)
}

struct Sessions;

impl Package for Sessions {
    fn name(&self) -> &'static str {
        "plain.sessions"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.settings::<SessionSettings>()
            .docs(include_str!("../README.md"))
            .migrations(EMBEDDED.migrations)
            .middleware(middleware::NAME, SessionMiddleware::new)
            .chore(chores::NAME, chores::ClearExpired)
            .check("sessions.cookie_secure", preflight::CookieSecure)
            .check("sessions.cookie_httponly", preflight::CookieHttpOnly)
            .check("sessions.cookie_name", preflight::CookieName)
            .check("sessions.middleware", preflight::MiddlewareListed)
            .check("sessions.expired", preflight::FewExpired)
            .admin(SessionAdmin)
            .template_global("get_current_session", templates::get_current_session);
        Ok(())
    }
}
