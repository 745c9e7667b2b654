//! The package itself: all that it brings.

use plain::http::Result;
use plain::packages::{Installer, Package};

use crate::admin::GreetingAdmin;
use crate::chores::ForgetGreetings;
use crate::commands::Greet;
use crate::middleware::GreetMiddleware;
use crate::preflight::MiddlewareListed;
use crate::settings::GreetingSettings;
use crate::{EMBEDDED, chores, middleware, templates};

/// The package `__package__`, for the list in `main`.
pub fn package() -> Box<dyn Package> {
    Box::new(This)
}

struct This;

impl Package for This {
    fn name(&self) -> &'static str {
        "__package__"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.settings::<GreetingSettings>()
            .docs(include_str!("../README.md"))
            .migrations(EMBEDDED.migrations)
            .templates(EMBEDDED.templates)
            .assets(EMBEDDED.assets)
            .middleware(middleware::NAME, |_app| Ok(GreetMiddleware))
            .chore(chores::NAME, ForgetGreetings)
            .check("__package__.middleware", MiddlewareListed)
            .template_global("__module___greeting", templates::greeting)
            .template_filter("__module___exclaimed", templates::exclaimed)
            .command(Greet)
            .admin(GreetingAdmin);
        Ok(())
    }
}
