//! The layers of values, put over each other by figment, which keeps where each value came from.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde_json::Value as Json;

use super::Origin;
use super::file::FileValues;
use super::found::{Found, Mismatch};
use super::group::Field;

/// What there is to read settings from; later files win over earlier ones.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) files: Vec<(PathBuf, FileValues)>,
    pub(super) environment: BTreeMap<OsString, OsString>,
    pub(super) code: BTreeMap<String, Json>,
}

/// The value that wins for each setting that a layer sets.
pub(super) struct Layers<'a> {
    inputs: &'a Inputs,
    figment: Figment,
    /// The settings whose environment variable can't be read as their kind.
    unreadable: BTreeMap<String, (String, Mismatch)>,
}

impl<'a> Layers<'a> {
    pub(super) fn new<'f>(
        inputs: &'a Inputs,
        fields: impl Iterator<Item = &'f Field> + Clone,
    ) -> Self {
        let mut layers = Self {
            inputs,
            figment: Figment::new(),
            unreadable: BTreeMap::new(),
        };
        // From the highest layer down, each without the names that a higher one sets: figment would
        // merge tables of one name, and a setting is replaced whole.
        layers.add_code(fields.clone());
        layers.add_environment(fields.clone());
        layers.add_files(fields);
        layers
    }

    /// Returns the value that a layer gives to `name` and where it stands, or why it can't be read.
    pub(super) fn find(&self, name: &str) -> Option<(Result<Value, Mismatch>, Origin)> {
        if let Some((variable, mismatch)) = self.unreadable.get(name) {
            let source = Origin::Environment {
                variable: variable.clone(),
            };
            return Some((Err(mismatch.clone()), source));
        }
        let value = self.figment.find_value(name).ok()?;
        let source = self.source(name, self.figment.get_metadata(value.tag()));
        Some((Ok(value), source))
    }

    fn source(&self, name: &str, metadata: Option<&Metadata>) -> Origin {
        match metadata.and_then(|metadata| metadata.source.as_ref()) {
            Some(figment::Source::File(path)) => {
                let mut files = self
                    .inputs
                    .files
                    .iter()
                    .rev()
                    .filter(|(file, _)| file == path);
                let line = files
                    .find_map(|(_, values)| values.get(name))
                    .map_or(1, |it| it.line);
                Origin::File {
                    path: path.clone(),
                    line,
                }
            }
            Some(figment::Source::Custom(variable)) => Origin::Environment {
                variable: variable.clone(),
            },
            _ => Origin::Code,
        }
    }

    fn add_code<'f>(&mut self, fields: impl Iterator<Item = &'f Field>) {
        let value = |field: &Field| Value::serialize(self.inputs.code.get(&field.name)?).ok();
        let values = fields
            .filter_map(|field| Some((field.name.clone(), value(field)?)))
            .collect();
        self.add(Metadata::named("code"), values);
    }

    fn add_environment<'f>(&mut self, fields: impl Iterator<Item = &'f Field>) {
        for field in fields.filter(|field| !self.inputs.code.contains_key(&field.name)) {
            let environment = &self.inputs.environment;
            let mut set = field
                .variables
                .iter()
                .filter_map(|variable| Some((variable, environment.get(OsStr::new(variable))?)));
            let Some((variable, text)) = set.next() else {
                continue;
            };
            let not_text = || Mismatch::new("expected UTF-8 text".to_owned(), Found::Bytes);
            match text
                .to_str()
                .ok_or_else(not_text)
                .and_then(|text| field.kind.parse(text))
            {
                Ok(value) => {
                    let metadata = Metadata::from("environment", variable.as_str());
                    self.add(metadata, Dict::from([(field.name.clone(), value)]));
                }
                Err(mismatch) => {
                    self.unreadable
                        .insert(field.name.clone(), (variable.clone(), mismatch));
                }
            }
        }
    }

    fn add_files<'f>(&mut self, fields: impl Iterator<Item = &'f Field> + Clone) {
        for (path, values) in self.inputs.files.iter().rev() {
            let values = fields
                .clone()
                .filter(|field| !self.figment.contains(&field.name))
                .filter_map(|field| {
                    Some((field.name.clone(), values.get(&field.name)?.value.clone()))
                })
                .collect();
            self.add(Metadata::from("file", path.as_path()), values);
        }
    }

    fn add(&mut self, metadata: Metadata, values: Dict) {
        self.figment = std::mem::take(&mut self.figment).join(Layer { metadata, values });
    }
}

struct Layer {
    metadata: Metadata,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}
