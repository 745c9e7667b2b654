//! Where an application's settings come from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::settings::Loader;

/// The name of the settings file; the folder that holds it is the project's.
const FILE: &str = "settings.toml";

/// The project folder, the environment, and values given in code.
///
/// ```
/// use plain::app::Source;
///
/// let source = Source::at("/srv/shop").environment([("PLAIN_DEBUG", "true")]);
/// assert_eq!(source.root().to_str(), Some("/srv/shop"));
/// ```
#[derive(Clone, Debug)]
pub struct Source {
    root: PathBuf,
    file: File,
    environment: Vec<(OsString, OsString)>,
    overrides: Vec<(String, Value)>,
}

/// Whether there is a settings file.
#[derive(Clone, Copy, Debug)]
enum File {
    Read,
    None,
}

/// No settings file was found.
#[derive(Debug, thiserror::Error)]
#[error(
    "no settings.toml in {} or any folder above it: change to the folder of a project, or make one by \
     `plain new NAME`",
    .0.display()
)]
pub struct NoProject(pub(crate) PathBuf);

impl Source {
    /// The project that the current folder belongs to, with the environment of this process.
    ///
    /// # Errors
    ///
    /// [`NoProject`] if neither the current folder nor one above it has a `settings.toml`.
    pub fn discover() -> Result<Self, NoProject> {
        // Without a current folder there is no project either.
        let start = std::env::current_dir().unwrap_or_default();
        // A link to nowhere is found too, so that no other project is taken for this one.
        let is_here = |folder: &&Path| folder.join(FILE).symlink_metadata().is_ok();
        let root = start.ancestors().find(is_here);
        match root {
            Some(root) => Ok(Self::at(root)),
            None => Err(NoProject(start)),
        }
    }

    /// The project in the folder `root`, with the environment of this process.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            file: File::Read,
            environment: std::env::vars_os().collect(),
            overrides: Vec::new(),
        }
    }

    /// A project in the folder `root` without a settings file and without the environment, for
    /// tests; see [`with`](Self::with).
    pub fn isolated(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            file: File::None,
            environment: Vec::new(),
            overrides: Vec::new(),
        }
    }

    /// The same source with other environment variables.
    #[must_use]
    pub fn environment<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter();
        self.environment = variables
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        self
    }

    /// The same source without the environment.
    #[must_use]
    pub fn without_environment(self) -> Self {
        self.environment::<OsString, OsString>([])
    }

    /// The same source with the setting `name` given in code, which wins over all else.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.overrides.push((name.into(), value.into()));
        self
    }

    /// The project folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn loader(&self) -> Loader {
        let mut loader = Loader::new();
        if let File::Read = self.file {
            loader.file(self.root.join(FILE));
        }
        loader.environment(self.environment.iter().cloned());
        loader.overrides(self.overrides.iter().cloned());
        loader
    }
}
