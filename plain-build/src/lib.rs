//! Embeds a package's migrations, templates and assets into its crate, from its build script.
//!
//! A package's `build.rs` is one line, and `plain::embedded!()` in its `lib.rs` defines `EMBEDDED`,
//! which holds the files:
//!
//! ```no_run
//! // In `fn main` of build.rs:
//! plain_build::embed();
//! ```
//!
//! A file that is added, removed or changed rebuilds the crate. Hidden files and what editors leave
//! behind (`*~`, `*.swp`, `#*#` and the like) are left out.

mod files;
mod watch;
mod write;

use std::path::{Path, PathBuf};

/// Embeds the folders `migrations`, `templates` and `assets` beside `Cargo.toml`, as far as they
/// exist.
///
/// An error ends the build and says which file is at fault.
pub fn embed() {
    Folders::default().embed();
}

/// Which folders are embedded; start with [`Folders::default`] where one of them stands elsewhere.
///
/// ```no_run
/// plain_build::Folders::default().migrations("../migrations").embed();
/// ```
#[derive(Debug, Clone)]
#[must_use = "`embed()` embeds them"]
pub struct Folders {
    migrations: PathBuf,
    templates: PathBuf,
    assets: PathBuf,
    name: Option<String>,
}

impl Default for Folders {
    fn default() -> Self {
        Self {
            migrations: "migrations".into(),
            templates: "templates".into(),
            assets: "assets".into(),
            name: None,
        }
    }
}

impl Folders {
    /// The folder of the migrations, relative to `Cargo.toml`.
    pub fn migrations(mut self, folder: impl Into<PathBuf>) -> Self {
        self.migrations = folder.into();
        self
    }

    /// The folder of the templates, relative to `Cargo.toml`.
    pub fn templates(mut self, folder: impl Into<PathBuf>) -> Self {
        self.templates = folder.into();
        self
    }

    /// The folder of the assets, relative to `Cargo.toml`.
    pub fn assets(mut self, folder: impl Into<PathBuf>) -> Self {
        self.assets = folder.into();
        self
    }

    /// Makes it a further set, for a crate that holds several packages: `plain::embedded!("admin")`
    /// reads the set named `admin`.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Writes what `plain::embedded!()` reads, and tells cargo when to do so again.
    ///
    /// An error ends the build and says which file is at fault.
    pub fn embed(self) {
        if let Err(problem) = self.try_embed() {
            // Cargo fails the build after it has shown this.
            println!("cargo::error={}", problem.replace('\n', " "));
        }
    }

    fn try_embed(&self) -> Result<(), String> {
        let root = variable("CARGO_MANIFEST_DIR")?;
        let folders = [&self.migrations, &self.templates, &self.assets]
            .map(|folder| plain_path(&root.join(folder)));
        for instruction in watch::instructions(&root, &folders) {
            println!("{instruction}");
        }
        let [migrations, templates, assets] = &folders;
        let source = write::source(&[
            ("migrations", migrations, files::list(migrations)?),
            ("templates", templates, files::list(templates)?),
            ("assets", assets, files::list(assets)?),
        ])?;
        let name = self.name.iter().map(|name| format!("_{name}"));
        let file = format!("plain_embedded{}.rs", name.collect::<String>());
        let target = variable("OUT_DIR")?.join(file);
        std::fs::write(&target, source)
            .map_err(|error| format!("cannot write {}: {error}", target.display()))
    }
}

fn variable(name: &str) -> Result<PathBuf, String> {
    std::env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{name} is not set; call plain_build from a build script"))
}

/// `path` without `..`, so that one file has one name; a path that leads nowhere stays as it is.
fn plain_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
