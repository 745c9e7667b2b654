//! The package itself: all that `plain.admin` brings.

use super::changes::ChangeAdmin;
use super::navigation::BUILT_IN;
use crate::http::Result;
use crate::packages::{Installer, Item, Package};

crate::embedded!("admin");

/// The package `plain.admin`, for the list in `main`.
pub fn package() -> Box<dyn Package> {
    Box::new(Admin)
}

struct Admin;

/// Shared where the admin is installed.
#[derive(Debug)]
pub(super) struct Installed;

/// A path that no viewset can have.
#[derive(Debug)]
struct Reserved;

impl Package for Admin {
    fn name(&self) -> &'static str {
        "plain.admin"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.docs(include_str!("../../admin/README.md"))
            .migrations(EMBEDDED.migrations)
            .templates(EMBEDDED.templates)
            .assets(EMBEDDED.assets)
            .share(Installed)
            .admin(ChangeAdmin);
        for page in BUILT_IN {
            to.collect(Item::AdminPage, page.path, Reserved);
        }
        Ok(())
    }
}
