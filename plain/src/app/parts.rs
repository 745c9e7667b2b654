//! What all installed packages bring, by kind.

use std::path::Path;

use super::StartError;
use crate::Mode;
use crate::assets::Assets;
use crate::chores::ChoreEntry;
use crate::embedded::Folder;
use crate::packages::{AddFilter, CommandEntry, MiddlewareDeclaration, Selection};
use crate::preflight::CheckEntry;
use crate::services::ServicesBuilder;
use crate::templates::{Global, Templates};
use crate::urls::Urls;

/// The contributions of all packages, in the order in which they are installed.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) services: ServicesBuilder,
    pub(super) urls: Vec<(&'static str, Urls)>,
    pub(super) middleware: Vec<MiddlewareDeclaration>,
    pub(super) chores: Vec<ChoreEntry>,
    pub(super) checks: Vec<CheckEntry>,
    pub(super) commands: Vec<CommandEntry>,
    templates: Vec<(&'static str, Folder)>,
    template_globals: Vec<(&'static str, Global)>,
    template_filters: Vec<AddFilter>,
    assets: Vec<(&'static str, Folder)>,
}

impl Parts {
    pub(super) fn gather(selection: Selection) -> Self {
        let mut parts = Self::default();
        for (package, brought) in selection.installed {
            let named = |folder| (package, folder);
            parts.templates.extend(brought.templates.map(named));
            parts.assets.extend(brought.assets.map(named));
            parts.template_globals.extend(brought.template_globals);
            let filters = brought.template_filters.into_iter();
            parts.template_filters.extend(filters.map(|(_, add)| add));
            let urls = brought.urls.into_iter();
            parts.urls.extend(urls.map(|urls| (package, urls)));
            parts.middleware.extend(brought.middleware);
            parts.chores.extend(brought.chores);
            parts.checks.extend(brought.checks);
            parts.commands.extend(brought.commands);
            let collected = brought.collected.into_iter().map(|one| one.share);
            for share in brought.shared.into_iter().chain(collected) {
                share(&mut parts.services);
            }
        }
        parts
    }

    /// The template engine of a project in the folder `root`.
    pub(super) fn templates(&mut self, mode: Mode, root: &Path) -> Result<Templates, StartError> {
        let mut builder = Templates::builder(mode);
        for (package, folder) in &self.templates {
            builder.package(package, *folder);
        }
        builder.project(root.join("templates"));
        for (name, global) in self.template_globals.drain(..) {
            builder.global(name, global);
        }
        for add in self.template_filters.drain(..) {
            add(&mut builder);
        }
        Ok(builder.build()?)
    }

    /// The static files of a project in the folder `root`.
    pub(super) fn assets(&self, mode: Mode, root: &Path) -> Result<Assets, StartError> {
        Ok(Assets::new(mode, &self.assets, Some(&root.join("assets")))?)
    }
}
