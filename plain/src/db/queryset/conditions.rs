//! Narrowing a query set down.

use super::sql::Builder;
use super::{Mistake, QuerySet};
use crate::db::{Field, FieldKind, Kind, Model, Value};

/// What rows must fulfil.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// The field compares with the value by the operator.
    Compare(&'static Field, &'static str, Value),
    Null(&'static Field),
    NotNull(&'static Field),
    In(&'static Field, Vec<Value>),
    /// One of the fields contains the text.
    Search(Vec<&'static Field>, String),
    /// All conditions of one of the lists hold.
    Any(Vec<Vec<Condition>>),
    /// Every row does.
    Always,
    /// No row does.
    Never,
}

impl<M: Model> QuerySet<M> {
    /// Rows whose field is `value`; [`Value::Null`] stands for no value.
    pub fn filter(self, name: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => self.is_null(name),
            // What cannot be stored is nowhere.
            value if value.check().is_err() => self.known(name, |_| Condition::Never),
            value => self.compare(name, "=", value),
        }
    }

    /// Rows whose field is not `value`, those without a value among them.
    pub fn exclude(self, name: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => self.is_not_null(name),
            // What cannot be stored is nowhere, so there is nothing to leave out.
            value if value.check().is_err() => self.known(name, |_| Condition::Always),
            value => self.compare(name, "IS DISTINCT FROM", value),
        }
    }

    /// Rows whose field has another value than `value`, those without a value not among them.
    pub fn ne(self, name: &str, value: impl Into<Value>) -> Self {
        self.compare(name, "<>", value.into())
    }

    /// Rows whose field is greater than `value`.
    pub fn gt(self, name: &str, value: impl Into<Value>) -> Self {
        self.compare(name, ">", value.into())
    }

    /// Rows whose field is `value` or greater.
    pub fn gte(self, name: &str, value: impl Into<Value>) -> Self {
        self.compare(name, ">=", value.into())
    }

    /// Rows whose field is smaller than `value`.
    pub fn lt(self, name: &str, value: impl Into<Value>) -> Self {
        self.compare(name, "<", value.into())
    }

    /// Rows whose field is `value` or smaller.
    pub fn lte(self, name: &str, value: impl Into<Value>) -> Self {
        self.compare(name, "<=", value.into())
    }

    /// Rows whose field has no value.
    pub fn is_null(self, name: &str) -> Self {
        self.known(name, Condition::Null)
    }

    /// Rows whose field has a value.
    pub fn is_not_null(self, name: &str) -> Self {
        self.known(name, Condition::NotNull)
    }

    /// Rows whose field is one of `values`; of no values, no rows.
    pub fn in_list<V: Into<Value>>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let Some(field) = self.field(name) else {
            return self;
        };
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        let wrong = values.iter().find(|value| field.check::<M>(value).is_err());
        if let Some(wrong) = wrong.cloned() {
            return self.mistaken(field, wrong);
        }
        self.conditions.push(Condition::In(field, values));
        self
    }

    /// Rows of which one of the named fields contains `text`, whatever the case of its letters (on
    /// SQLite that holds for the letters of ASCII). An empty text is contained in all.
    pub fn search<'n>(
        mut self,
        names: impl IntoIterator<Item = &'n str>,
        text: impl Into<String>,
    ) -> Self {
        let mut fields = Vec::new();
        for name in names {
            fields.extend(self.field(name));
        }
        let text = text.into();
        if text.contains('\0') {
            self.conditions.push(Condition::Never);
        } else if !text.is_empty() {
            self.conditions.push(Condition::Search(fields, text));
        }
        self
    }

    /// Rows that are in one of `alternatives`; only what narrows those down counts, not their order
    /// or limit. Of no alternatives, no rows.
    pub fn any(mut self, alternatives: impl IntoIterator<Item = Self>) -> Self {
        let mut lists = Vec::new();
        for alternative in alternatives {
            self.mistake = self.mistake.or(alternative.mistake);
            lists.push(alternative.conditions);
        }
        self.conditions.push(Condition::Any(lists));
        self
    }

    fn compare(mut self, name: &str, operator: &'static str, value: Value) -> Self {
        let Some(field) = self.field(name) else {
            return self;
        };
        if field.check::<M>(&value).is_err() {
            return self.mistaken(field, value);
        }
        self.conditions
            .push(Condition::Compare(field, operator, value));
        self
    }

    fn known(mut self, name: &str, condition: impl Fn(&'static Field) -> Condition) -> Self {
        let condition = self.field(name).map(condition);
        self.conditions.extend(condition);
        self
    }

    fn mistaken(mut self, field: &'static Field, value: Value) -> Self {
        self.mistake.get_or_insert(Mistake::Value(field, value));
        self
    }

    pub(super) fn push_conditions(&self, builder: &mut Builder) {
        for (index, condition) in self.conditions.iter().enumerate() {
            builder.push(if index == 0 { " WHERE " } else { " AND " });
            condition.push::<M>(builder);
        }
    }
}

impl Condition {
    fn push<M: Model>(&self, builder: &mut Builder) {
        match self {
            Condition::Compare(field, operator, value) => {
                builder
                    .column::<M>(field.name())
                    .push(" ")
                    .push(operator)
                    .push(" ");
                builder.bind(value.clone());
            }
            Condition::Null(field) => {
                builder.column::<M>(field.name()).push(" IS NULL");
            }
            Condition::NotNull(field) => {
                builder.column::<M>(field.name()).push(" IS NOT NULL");
            }
            Condition::In(field, values) => push_in::<M>(builder, field, values),
            Condition::Search(fields, text) => push_search::<M>(builder, fields, text),
            Condition::Any(lists) => push_any::<M>(builder, lists),
            Condition::Always => {
                builder.push("1 = 1");
            }
            Condition::Never => {
                builder.push("1 = 0");
            }
        }
    }
}

fn push_in<M: Model>(builder: &mut Builder, field: &Field, values: &[Value]) {
    // What is null or cannot be stored is equal to nothing, and PostgreSQL could not take it.
    let mut values = values
        .iter()
        .filter(|it| **it != Value::Null && it.check().is_ok())
        .peekable();
    if values.peek().is_none() {
        builder.push("1 = 0");
        return;
    }
    builder.column::<M>(field.name()).push(" IN (");
    for (index, value) in values.enumerate() {
        builder.comma(index).bind(value.clone());
    }
    builder.push(")");
}

/// Written without constants for empty lists, which would keep SQLite from using indexes here.
fn push_any<M: Model>(builder: &mut Builder, lists: &[Vec<Condition>]) {
    if lists.is_empty() {
        builder.push("1 = 0");
        return;
    }
    builder.push("(");
    for (index, conditions) in lists.iter().enumerate() {
        builder.push(if index == 0 { "(" } else { " OR (" });
        if conditions.is_empty() {
            builder.push("1 = 1");
        }
        for (index, condition) in conditions.iter().enumerate() {
            builder.push(if index == 0 { "" } else { " AND " });
            condition.push::<M>(builder);
        }
        builder.push(")");
    }
    builder.push(")");
}

fn push_search<M: Model>(builder: &mut Builder, fields: &[&'static Field], text: &str) {
    if fields.is_empty() {
        builder.push("1 = 0");
        return;
    }
    builder.push("(");
    for (index, field) in fields.iter().enumerate() {
        builder.push(if index == 0 { "" } else { " OR " });
        match builder.kind() {
            Kind::Sqlite => {
                builder.push("instr(lower(");
                push_text::<M>(builder, field);
                builder.push("), lower(").bind(text.into()).push(")) > 0");
            }
            // An operator and not a function, so that an index of trigrams can serve it.
            Kind::Postgres => {
                push_text::<M>(builder, field);
                builder
                    .push(" ILIKE ")
                    .bind(like_pattern(text).into())
                    .push(" ESCAPE '\\'");
            }
        }
    }
    builder.push(")");
}

fn push_text<M: Model>(builder: &mut Builder, field: &Field) {
    if field.kind() == FieldKind::Text {
        builder.column::<M>(field.name());
        return;
    }
    builder
        .push("CAST(")
        .column::<M>(field.name())
        .push(" AS TEXT)");
}

/// The pattern of texts that contain `text`.
fn like_pattern(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_pattern_is_escaped() {
        assert_eq!(like_pattern(r"50%_\"), r"%50\%\_\\%");
    }
}
