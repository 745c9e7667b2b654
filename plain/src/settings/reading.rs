//! Reading one group from the layers, setting by setting.

use std::collections::BTreeMap;
use std::sync::Arc;

use figment::value::{Dict, Value};
use serde_json::Value as Json;

use super::error::SettingsError;
use super::found::{Found, Mismatch, Place, show};
use super::group::{Field, Group, Loaded, Problem};
use super::layers::Layers;
use super::{Entry, Origin, hint};

/// A group with its values, and where they came from.
pub(super) struct Reading<'a> {
    pub(super) group: &'a Group,
    pub(super) loaded: Box<dyn Loaded>,
    sources: BTreeMap<&'a str, Origin>,
}

impl<'a> Reading<'a> {
    /// Reads a group, leaving out the settings that can't be read, which go to `errors`.
    pub(super) fn of(
        group: &'a Group,
        layers: &Layers<'_>,
        errors: &mut Vec<SettingsError>,
    ) -> Option<Self> {
        let unreadable = |cause: Box<figment::Error>| SettingsError::Incomplete {
            group: group.type_name,
            package: group.package,
            cause: Arc::from(cause as Box<dyn std::error::Error + Send + Sync>),
        };
        if let Err(cause) = group.read(Dict::new()) {
            errors.push(unreadable(cause));
            return None;
        }
        let mut values = Dict::new();
        let mut sources = BTreeMap::new();
        for field in &group.fields {
            let Some((value, source)) = layers.find(&field.name) else {
                continue;
            };
            match value.and_then(|value| readable(group, field, value)) {
                Ok(value) => {
                    values.insert(field.key.clone(), value);
                    sources.insert(field.name.as_str(), source);
                }
                Err(mismatch) => errors.push(invalid(field, &mismatch, source)),
            }
        }
        match group.read(values) {
            Ok(loaded) => Some(Self {
                group,
                loaded,
                sources,
            }),
            Err(cause) => {
                errors.push(unreadable(cause));
                None
            }
        }
    }

    /// Runs the group's own check, without what it says about settings that could not be read.
    pub(super) fn refused(&self, errors: &[SettingsError]) -> Vec<SettingsError> {
        let is_known = |problem: &Problem| problem.settings.iter().any(|it| is_named(errors, it));
        let problems = self.loaded.problems().into_inner();
        let problems = problems.into_iter().filter(|problem| !is_known(problem));
        let values = self.loaded.json();
        let refused = problems.map(|problem| {
            let setting = problem.settings.into_iter().next().unwrap_or_default();
            let found = self.found(&setting, &values);
            SettingsError::Refused {
                setting,
                problem: problem.text,
                found,
            }
        });
        refused.collect()
    }

    /// Says what a setting is and where that was set, for the end of an error message.
    fn found(&self, setting: &str, values: &Json) -> String {
        let source = self.sources.get(setting).unwrap_or(&Origin::Default);
        let field = self.group.fields.iter().find(|field| field.name == setting);
        let value = field
            .and_then(|field| values.get(&field.key))
            .unwrap_or(&Json::Null);
        match (value, field) {
            (Json::Null, _) | (_, None) => String::new(),
            (_, Some(field)) if field.kind.secret => format!(" ({source})"),
            _ => format!(" (found {}, {source})", show(value)),
        }
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        let values = self.loaded.json();
        let entry = |field: &Field| {
            let source = self
                .sources
                .get(field.name.as_str())
                .unwrap_or(&Origin::Default)
                .clone();
            let value = values.get(&field.key).cloned().unwrap_or_default();
            Entry {
                name: field.name.clone(),
                package: self.group.package,
                kind: field.kind.name(),
                description: field.description.clone(),
                default: field.default.clone(),
                // The mask hides whether a secret is its default.
                changed: match field.kind.secret {
                    true => source != Origin::Default,
                    false => value != field.default,
                },
                value,
                source,
                secret: field.kind.secret,
                variables: field.variables.clone(),
            }
        };
        self.group.fields.iter().map(entry).collect()
    }
}

/// Checks that one value can be read as its field.
///
/// The group is read with this value alone and defaults for the rest. Serde stops at the first
/// error, so reading the group with all values would report one of them; and the type of a single
/// field can't be had without a macro of our own.
fn readable(group: &Group, field: &Field, value: Value) -> Result<Value, Mismatch> {
    field.kind.check(&value)?;
    match group.read(Dict::from([(field.key.clone(), value.clone())])) {
        Ok(_) => Ok(value),
        Err(error) => Err(refused_by_type(field, error, value)),
    }
}

/// Turns what a field's own `Deserialize` says into a mismatch; of a secret, it may hold a part.
fn refused_by_type(field: &Field, error: Box<figment::Error>, value: Value) -> Mismatch {
    use figment::error::Kind as Cause;
    let problem = match error.kind {
        _ if field.kind.secret => format!("expected {} in the right form", field.kind.expected()),
        Cause::Message(text) => text,
        Cause::InvalidType(_, expected) | Cause::InvalidValue(_, expected) => {
            format!("expected {expected}")
        }
        other => other.to_string(),
    };
    let mut mismatch = Mismatch {
        of_right_kind: true,
        ..Mismatch::new(problem, Found::Bytes)
    };
    let mut part = &value;
    for key in error.path.iter().skip(1) {
        let (inner, place) = match part {
            Value::Dict(_, dict) => (dict.get(key), Place::Key(key.clone())),
            Value::Array(_, items) => {
                let index = key.parse().unwrap_or(usize::MAX);
                (items.get(index), Place::Item(index))
            }
            _ => break,
        };
        let Some(inner) = inner else { break };
        part = inner;
        mismatch.place.insert(0, place);
    }
    mismatch.found = Found::Value(part.clone());
    mismatch
}

/// Puts a mismatch into the words of an error.
fn invalid(field: &Field, mismatch: &Mismatch, origin: Origin) -> SettingsError {
    SettingsError::Invalid {
        setting: field.name.clone(),
        problem: mismatch.problem.clone(),
        found: mismatch.describe(field.kind.secret).into(),
        hint: hint::hint(field, mismatch, &origin).into(),
        origin,
    }
}

/// Tells whether one of `errors` is that the setting `name` can't be read.
pub(super) fn is_named(errors: &[SettingsError], name: &str) -> bool {
    errors
        .iter()
        .any(|error| matches!(error, SettingsError::Invalid { setting, .. } if setting == name))
}
