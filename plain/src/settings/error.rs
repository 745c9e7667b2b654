//! What can be wrong with settings, in words that say what to do.

use std::fmt;
use std::sync::Arc;

use super::{FileError, Origin};

/// One problem with the settings.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A settings file could not be read.
    #[error(transparent)]
    File(#[from] FileError),

    /// What was asked belongs to no application.
    #[error("there are no settings here; load an application with `App::load`")]
    NoSettings,

    /// A name that no installed package declares.
    #[error("{}: unknown setting{}; {hint}", name(.setting), in_brackets(.origin.as_ref()))]
    Unknown {
        /// The name, without the environment's prefix.
        setting: String,
        /// Where it was used; none where a program asked for it.
        origin: Option<Origin>,
        /// What to do, with the nearest known name.
        hint: String,
    },

    /// A setting that stands inside a table of the file, where it has no effect.
    #[error(
        "{setting}: stands in the table {table} ({origin}), where it sets nothing; \
         move it above the first [table] of the file"
    )]
    Misplaced {
        /// The setting.
        setting: String,
        /// The setting whose table it stands in.
        table: String,
        /// Where the table begins.
        origin: Origin,
    },

    /// A value of another type than the setting's.
    #[error("{setting}: {problem}, found {found} ({origin}); {hint}")]
    Invalid {
        /// The setting.
        setting: String,
        /// What was expected.
        problem: String,
        /// What was found; the value itself only if the setting is not secret.
        found: Box<str>,
        /// Where it was found.
        origin: Origin,
        /// What to write instead.
        hint: Box<str>,
    },

    /// A value that has the right type and still can't be used: [`check`] says why.
    ///
    /// [`check`]: super::SettingsGroup::check
    #[error("{setting}: {problem}{found}")]
    Refused {
        /// The setting.
        setting: String,
        /// What is wrong with it, and what to do.
        problem: String,
        /// What was found and where, in brackets; empty where the setting is not set.
        found: String,
    },

    /// An environment variable that begins like a setting and whose name is not UTF-8.
    #[error("environment variable {}: its name is not UTF-8; unset it", .variable.escape_debug())]
    NotUnicode {
        /// The variable; what of its name is not UTF-8 is replaced.
        variable: String,
    },

    /// Code asked for a group of settings that no installed package declares.
    #[error("the settings {group} are not declared; {}", how_to_declare(.package.as_ref()))]
    NotDeclared {
        /// The Rust type that was asked for.
        group: &'static str,
        /// The linked package that would declare it, if there is one.
        package: Option<&'static str>,
    },

    /// A group's type can't be read, mostly because it asks for all of its fields.
    #[error(
        "the settings {group} of the package {package} can't be read: {cause}; \
         check that #[serde(default)] stands above the struct"
    )]
    Incomplete {
        /// The Rust type.
        group: &'static str,
        /// The package that declares it.
        package: &'static str,
        /// What serde says.
        #[source]
        cause: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// Quotes a name that would not be seen, or that a terminal would take as a command.
fn name(setting: &str) -> String {
    match setting.is_empty() || setting.contains(|c: char| !c.is_alphanumeric() && c != '_') {
        true => format!("{setting:?}"),
        false => setting.to_owned(),
    }
}

fn in_brackets(origin: Option<&Origin>) -> String {
    origin
        .map(|origin| format!(" ({origin})"))
        .unwrap_or_default()
}

fn how_to_declare(package: Option<&&'static str>) -> String {
    match package {
        Some(package) => format!(
            "the package {package} declares them and is linked but not installed: \
             add \"{package}\" to INSTALLED_PACKAGES"
        ),
        None => "a package declares them in its `install`, with `to.settings::<...>()`".to_owned(),
    }
}

/// All problems that were found with the settings; there is at least one.
#[derive(Debug, Clone)]
pub struct SettingsErrors(pub(super) Vec<SettingsError>);

impl SettingsErrors {
    /// Iterates over the problems, in the order in which they are printed.
    pub fn iter(&self) -> std::slice::Iter<'_, SettingsError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a SettingsErrors {
    type Item = &'a SettingsError;
    type IntoIter = std::slice::Iter<'a, SettingsError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "the settings have a problem:")?,
            count => write!(f, "the settings have {count} problems:")?,
        }
        self.0.iter().try_for_each(|error| write!(f, "\n- {error}"))
    }
}

impl std::error::Error for SettingsErrors {}

/// Two declarations of one setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{setting}: declared twice, by {} and by {}; rename one, or install only one of the packages",
    .packages[0], .packages[1]
)]
#[non_exhaustive]
pub struct DuplicateSetting {
    /// The setting.
    pub setting: String,
    /// The packages, the first to declare it first; the same one twice if two groups of it clash.
    pub packages: [&'static str; 2],
}
