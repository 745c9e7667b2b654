//! Settings: typed groups, filled from layers, checked as a whole when an application starts.
//!
//! A later layer wins: defaults, `settings.toml`, the environment (`PLAIN_<NAME>`), values given in
//! code. A layer replaces a setting whole; lists and tables are not merged.
//!
//! Promises: every problem is reported at once, with the setting, what was expected, what was found
//! and where; a name that nobody declared is a problem; a [`Secret`] is never shown; no content of a
//! file or a variable makes this code panic. Which groups there are is left to the packages.

mod core_settings;
mod entry;
mod error;
mod file;
mod fit;
mod found;
mod group;
mod hint;
mod kind;
mod layers;
mod loader;
mod names;
mod origin;
mod reading;
mod secret;
pub(crate) mod server_settings;
mod strangers;
#[cfg(test)]
mod tests;

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use self::core_settings::CoreSettings;
pub use self::entry::Entry;
pub use self::error::{DuplicateSetting, SettingsError, SettingsErrors};
pub use self::file::FileError;
pub use self::group::{Problems, SettingsGroup};
pub(crate) use self::loader::Loader;
pub use self::origin::Origin;
pub use self::secret::Secret;
pub(crate) use self::server_settings::{Bind, NotAnAddress, ServerSettings, split_address};

use self::group::Loaded;
use crate::services::Services;

/// The settings of an application, read and checked; a clone is cheap and shows the same values.
///
/// ```
/// use plain::app::{App, Source};
/// use plain::settings::CoreSettings;
///
/// let app = App::load([], Source::isolated("/srv/site").with("DEBUG", true))?;
/// assert!(app.settings().get::<CoreSettings>()?.debug);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Settings(Arc<Shared>);

struct Shared {
    groups: HashMap<TypeId, Box<dyn Loaded>>,
    /// The groups of packages that are linked but not installed, with their package.
    linked: HashMap<TypeId, &'static str>,
    entries: Vec<Entry>,
    schema: serde_json::Value,
}

impl Services {
    /// Returns the settings of the group `S`.
    ///
    /// # Errors
    /// Those of [`Settings::get`], and [`SettingsError::NoSettings`] outside of an application.
    pub fn settings<S: SettingsGroup>(&self) -> Result<&S, SettingsError> {
        self.get::<Settings>()
            .ok_or(SettingsError::NoSettings)?
            .get()
    }
}

impl Settings {
    /// Returns the group `S`, by one look-up and without a lock.
    ///
    /// # Errors
    /// [`SettingsError::NotDeclared`] where no installed package declares `S`; it names the package
    /// to install if one that is linked does.
    pub fn get<S: SettingsGroup>(&self) -> Result<&S, SettingsError> {
        let id = TypeId::of::<S>();
        self.0
            .groups
            .get(&id)
            .and_then(|group| (&**group as &dyn Any).downcast_ref())
            .ok_or_else(|| SettingsError::NotDeclared {
                group: type_name::<S>(),
                package: self.0.linked.get(&id).copied(),
            })
    }

    /// Returns every setting, in the order in which packages were declared, then by name.
    pub fn entries(&self) -> &[Entry] {
        &self.0.entries
    }

    /// Returns the setting called `name`, as in `SECRET_KEY`.
    ///
    /// # Errors
    /// [`SettingsError::Unknown`] with the nearest name, where nobody declared `name`.
    pub fn entry(&self, name: &str) -> Result<&Entry, SettingsError> {
        let entries = &self.0.entries;
        entries
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| SettingsError::Unknown {
                setting: name.to_owned(),
                origin: None,
                hint: names::nearest(name, entries.iter().map(|entry| entry.name.as_str()))
                    .map_or_else(
                        || "`plain settings list` shows all names".to_owned(),
                        |near| names::did_you_mean(name, near, ""),
                    ),
            })
    }

    /// Returns the JSON Schema (draft 7) of a `settings.toml` that holds these settings.
    ///
    /// Editors complete and check the file with it.
    pub fn schema(&self) -> &serde_json::Value {
        &self.0.schema
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.0
                    .entries
                    .iter()
                    .map(|entry| (&entry.name, entry.value_text())),
            )
            .finish()
    }
}
