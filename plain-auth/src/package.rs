//! The package itself: all that `plain.auth` brings.

use plain::http::Result;
use plain::packages::{Installer, Package};

use crate::admin::{AdminsOnly, UserAdmin};
use crate::commands::Users;
use crate::for_request::ByEmail;
use crate::mail::Outbox;
use crate::middleware::AuthMiddleware;
use crate::passwords::Hasher;
use crate::settings::AuthSettings;
use crate::{EMBEDDED, chores, middleware, preflight, templates};

/// The package `plain.auth`, for the list in `main`.
pub fn package() -> Box<dyn Package> {
    Box::new(Auth)
}

struct Auth;

impl Package for Auth {
    fn name(&self) -> &'static str {
        "plain.auth"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.requires("plain.sessions")
            .settings::<AuthSettings>()
            .docs(include_str!("../README.md"))
            .migrations(EMBEDDED.migrations)
            .templates(EMBEDDED.templates)
            .assets(EMBEDDED.assets)
            .share(Hasher::default())
            .share(Outbox::console())
            .middleware(middleware::NAME, |_| Ok(AuthMiddleware))
            .chore(chores::NAME, chores::ClearAttempts)
            .check("auth.middleware", preflight::MiddlewareListed)
            .check("auth.urls", preflight::PagesIncluded)
            .check("auth.admin", preflight::SomeoneIsAdmin)
            .check("auth.argon2", preflight::HashingIsStrong)
            .check("auth.sign_up", preflight::SignUpIsMeant)
            .check("auth.mailer", preflight::MailsAreSent)
            .template_global("get_current_user", templates::get_current_user)
            .command(Users)
            .sign_in(ByEmail)
            .admin_access(AdminsOnly)
            .admin(UserAdmin);
        Ok(())
    }
}
