//! The package `app`: all that this project brings to the application.

use plain::http::Result;
use plain::packages::{Installer, Package};

use crate::admin::NoteAdmin;
use crate::{EMBEDDED, urls};

/// The package, for the list in `main`.
pub(crate) fn package() -> Box<dyn Package> {
    Box::new(App)
}

struct App;

impl Package for App {
    fn name(&self) -> &'static str {
        "app"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.requires("plain.sessions")
            .requires("plain.auth")
            .migrations(EMBEDDED.migrations)
            .templates(EMBEDDED.templates)
            .assets(EMBEDDED.assets)
            .urls(urls::urls())
            .admin(NoteAdmin);
        Ok(())
    }
}
