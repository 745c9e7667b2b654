//! Loading: declarations and layers go in, settings or all that is wrong with them come out.

use std::any::Any;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::error::{DuplicateSetting, SettingsError, SettingsErrors};
use super::file::{self, FileError};
use super::group::{Field, Group, SettingsGroup};
use super::layers::{Inputs, Layers};
use super::reading::{Reading, is_named};
use super::{CoreSettings, Entry, Settings, Shared};

/// What stands before a setting's name in the environment.
pub(super) const PREFIX: &str = "PLAIN_";

/// Collects the groups of settings and the layers that fill them, then loads all at once.
///
/// Files are read when they are given, so that [`peek`](Loader::peek) and [`load`](Loader::load)
/// see the same; what is wrong with them is told by `load`.
#[derive(Default)]
pub(crate) struct Loader {
    pub(super) groups: Vec<Group>,
    pub(super) linked: Vec<Group>,
    pub(super) inputs: Inputs,
    pub(super) file_errors: Vec<FileError>,
}

impl Loader {
    /// Starts without declarations and without layers.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Declares the group `S` for `package`, which may declare several; again is the same as once.
    ///
    /// # Errors
    /// [`DuplicateSetting`] where another group has a setting of the same name; nothing is declared.
    pub(crate) fn declare<S: SettingsGroup>(
        &mut self,
        package: &'static str,
    ) -> Result<&mut Self, DuplicateSetting> {
        let group = Group::of::<S>(package);
        if self
            .groups
            .iter()
            .any(|other| (other.id, other.package) == (group.id, package))
        {
            return Ok(self);
        }
        for field in &group.fields {
            if let Some(other) = self.declaring(&field.name) {
                return Err(DuplicateSetting {
                    setting: field.name.clone(),
                    packages: [other.package, package],
                });
            }
        }
        self.groups.push(group);
        Ok(self)
    }

    /// Notes the group `S` of a package that is linked but not installed.
    ///
    /// Its settings stay unknown, and errors say that `package` declares them.
    pub(crate) fn linked_only<S: SettingsGroup>(&mut self, package: &'static str) -> &mut Self {
        self.linked.push(Group::of::<S>(package));
        self
    }

    /// Reads the settings file at `path`; that there is none is an error. A later file wins.
    pub(crate) fn file(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        let path = path.into();
        match file::read(&path) {
            Ok(values) => self.inputs.files.push((path, values)),
            Err(error) => self.file_errors.push(error),
        }
        self
    }

    /// Takes `variables` as the environment, instead of those given before.
    ///
    /// Others than `PLAIN_<NAME>`, and the few that a group names, have no effect.
    pub(crate) fn environment<K: Into<OsString>, V: Into<OsString>>(
        &mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> &mut Self {
        self.inputs.environment = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        self
    }

    /// Takes the environment of this process.
    pub(crate) fn process_environment(&mut self) -> &mut Self {
        self.environment(std::env::vars_os())
    }

    /// Adds values by the names of their settings, as the highest layer; meant for tests.
    pub(crate) fn overrides<K: Into<String>, V: Into<Json>>(
        &mut self,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> &mut Self {
        self.inputs.code.extend(
            values
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        self
    }

    /// Reads the one group `S`, declared or not, before the others can be declared.
    ///
    /// A setting that can't be read has its default in it; [`load`](Loader::load) tells why.
    pub(crate) fn peek<S: SettingsGroup>(&self) -> S {
        let group = Group::of::<S>("");
        let layers = Layers::new(&self.inputs, group.fields.iter());
        let loaded: Option<Box<dyn Any>> =
            Reading::of(&group, &layers, &mut Vec::new()).map(|it| it.loaded as Box<dyn Any>);
        loaded
            .and_then(|it| it.downcast().ok())
            .map_or_else(S::default, |it| *it)
    }

    /// Reads and checks all declared settings.
    ///
    /// # Errors
    /// [`SettingsErrors`], with every problem there is.
    pub(crate) fn load(&self) -> Result<Settings, SettingsErrors> {
        let mut errors: Vec<SettingsError> = self
            .file_errors
            .iter()
            .cloned()
            .map(SettingsError::File)
            .collect();
        errors.extend(self.not_unicode());

        let layers = Layers::new(&self.inputs, self.fields());
        let readings: Vec<Reading<'_>> = self
            .groups
            .iter()
            .filter_map(|group| Reading::of(group, &layers, &mut errors))
            .collect();

        // With a file unread, values are missing that may well be there; without the list of
        // packages nobody can say which names are unknown. Neither is guessed at.
        if self.file_errors.is_empty() {
            let refused = readings.iter().flat_map(|it| it.refused(&errors));
            let refused: Vec<SettingsError> = refused.collect();
            if !is_named(&errors, CoreSettings::INSTALLED_PACKAGES) {
                errors.extend(self.strangers());
            }
            errors.extend(refused);
        }
        if !errors.is_empty() {
            return Err(SettingsErrors(errors));
        }
        Ok(self.finish(readings))
    }

    fn finish(&self, readings: Vec<Reading<'_>>) -> Settings {
        let mut entries: Vec<Entry> = readings.iter().flat_map(Reading::entries).collect();
        let mut packages: Vec<&str> = Vec::new();
        for group in &self.groups {
            if !packages.contains(&group.package) {
                packages.push(group.package);
            }
        }
        let place = |entry: &Entry| packages.iter().position(|it| *it == entry.package);
        entries.sort_by(|a, b| (place(a), &a.name).cmp(&(place(b), &b.name)));
        Settings(Arc::new(Shared {
            groups: readings
                .into_iter()
                .map(|it| (it.group.id, it.loaded))
                .collect(),
            linked: self
                .linked
                .iter()
                .map(|group| (group.id, group.package))
                .collect(),
            entries,
            schema: self.schema(),
        }))
    }

    fn schema(&self) -> Json {
        let properties: serde_json::Map<String, Json> = self
            .fields()
            .map(|field| (field.name.clone(), field.schema.clone()))
            .collect();
        let mut schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "settings.toml",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        let definitions: serde_json::Map<String, Json> = self
            .groups
            .iter()
            .filter_map(|group| group.definitions.as_ref()?.as_object())
            .flatten()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect();
        if !definitions.is_empty() {
            schema["definitions"] = definitions.into();
        }
        schema
    }

    fn fields(&self) -> impl Iterator<Item = &Field> + Clone {
        self.groups.iter().flat_map(|group| &group.fields)
    }

    pub(super) fn declaring(&self, name: &str) -> Option<&Group> {
        declaring(&self.groups, name)
    }

    fn not_unicode(&self) -> Vec<SettingsError> {
        let names = self
            .inputs
            .environment
            .keys()
            .filter(|name| name.to_str().is_none());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|variable| variable.starts_with(PREFIX))
            .map(|variable| SettingsError::NotUnicode { variable })
            .collect()
    }
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let groups: Vec<&str> = self.groups.iter().map(|group| group.type_name).collect();
        f.debug_struct("Loader")
            .field("groups", &groups)
            .finish_non_exhaustive()
    }
}

pub(super) fn declaring<'a>(groups: &'a [Group], name: &str) -> Option<&'a Group> {
    groups
        .iter()
        .find(|group| group.fields.iter().any(|field| field.name == name))
}
