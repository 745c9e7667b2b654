//! The columns of a list and the fields of a detail page: names, and how each is shown.

use std::sync::Arc;

use serde_json::Value as Json;

use super::cell::Cell;
use super::meta::label;
use crate::db::Field;
use crate::nearest::hint;
use crate::services::Services;

type Compute<T> = Arc<dyn Fn(&T, &Services) -> Cell + Send + Sync>;

/// Names in order; what is computed by a function, and not read from the row, has one here.
pub(super) struct Columns<T> {
    pub(super) names: Vec<&'static str>,
    computed: Vec<(&'static str, Compute<T>)>,
    labels: Vec<(&'static str, String)>,
}

impl<T> Columns<T> {
    pub(super) fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            names: names.into_iter().collect(),
            computed: Vec::new(),
            labels: Vec::new(),
        }
    }

    pub(super) fn compute<F>(&mut self, name: &'static str, function: F)
    where
        F: Fn(&T, &Services) -> Cell + Send + Sync + 'static,
    {
        self.computed.push((name, Arc::new(function)));
    }

    pub(super) fn rename(&mut self, name: &'static str, label: impl Into<String>) {
        self.labels.push((name, label.into()));
    }

    /// Takes over how `others` shows what is not told here.
    pub(super) fn inherit(&mut self, others: &Self) {
        self.computed.extend(others.computed.iter().cloned());
        self.labels.extend(others.labels.iter().cloned());
    }

    pub(super) fn label(&self, name: &str) -> String {
        let own = self.labels.iter().find(|(known, _)| *known == name);
        own.map_or_else(|| label(name), |(_, label)| label.clone())
    }

    /// What `row`, which serde wrote as `json`, shows in the column `name`.
    pub(super) fn cell(
        &self,
        name: &str,
        row: &T,
        json: &Json,
        fields: &[Field],
        app: &Services,
    ) -> Cell {
        if let Some((_, compute)) = self.computed.iter().find(|(known, _)| *known == name) {
            return compute(row, app);
        }
        let value = json.get(name).unwrap_or(&Json::Null);
        match fields.iter().find(|field| field.name() == name) {
            Some(field) => Cell::of_field(field.kind(), value),
            None => Cell::of_json(value),
        }
    }

    /// The first name that is neither computed nor one of `fields`, with what was probably meant.
    pub(super) fn unknown(&self, fields: &[Field]) -> Option<String> {
        let fields = || fields.iter().map(Field::name);
        let computed = || self.computed.iter().map(|(name, _)| *name);
        let known = |name: &str| fields().chain(computed()).any(|known| known == name);
        let unknown = self.names.iter().find(|name| !known(name))?;
        let hint = hint(unknown, fields().chain(computed()));
        Some(format!(
            "`{unknown}`, which is neither a field of the model nor computed: {hint}"
        ))
    }
}
