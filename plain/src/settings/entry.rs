//! What a person is shown of a setting.

use serde::Serialize;
use serde_json::Value;

use super::Origin;

/// One setting as it is shown: in `plain settings list`, on the admin's page, in a report.
///
/// Secrets are masked in it, so all of it can be printed and serialized.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The name, in upper case.
    pub name: String,
    /// The package that declares it.
    pub package: &'static str,
    /// What it holds, such as `boolean`, `integer` or `list of strings`.
    pub kind: String,
    /// What it is for: the doc comment of its field.
    pub description: String,
    /// The value it has where no layer sets it; `null` for none.
    pub default: Value,
    /// The value it has; `null` for none.
    pub value: Value,
    /// Where the value comes from.
    pub source: Origin,
    /// Whether the value is another than the default; for a secret, whether it is set at all.
    pub changed: bool,
    /// Whether the value is masked.
    pub secret: bool,
    /// The environment variables that set it; the first one that is present wins.
    pub variables: Vec<String>,
}

impl Entry {
    /// Returns the value as text: JSON, or `not set`.
    pub fn value_text(&self) -> String {
        text(&self.value)
    }

    /// Returns the default as text: JSON, or `not set`.
    pub fn default_text(&self) -> String {
        text(&self.default)
    }

    /// Returns the first paragraph of the description, on one line.
    pub fn summary(&self) -> String {
        let first = self.description.split("\n\n").next().unwrap_or_default();
        first.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        value => super::found::show(value),
    }
}
