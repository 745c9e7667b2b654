//! A form with what stands in its fields and what is wrong with them, for templates.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::context;
use minijinja::value::{Object, Value, ValueKind};

use crate::http::FormData;

/// What a template knows as `form`.
///
/// Every name is a field: `form.email.value` is empty where nothing was filled in, so a template
/// need not ask. `values` has all values of a name that came more than once.
#[derive(Debug, Default)]
pub struct BoundForm {
    values: HashMap<String, Vec<String>>,
    errors: HashMap<String, Vec<String>>,
    form_errors: Vec<String>,
}

impl BoundForm {
    /// A form that was not sent yet, with these pairs of names and texts in its fields.
    pub fn initial(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in values {
            form.values.entry(name).or_default().push(value);
        }
        form
    }

    /// A form that was not sent yet, with what `values`, a context, has in its fields. What is a list
    /// fills a field that comes more than once.
    ///
    /// # Errors
    ///
    /// If `values` is no map.
    pub fn from_value(values: &Value) -> Result<Self, minijinja::Error> {
        let mut form = Self::default();
        for name in values.try_iter()? {
            let value = values.get_item(&name)?;
            let texts = form.values.entry(name.to_string()).or_default();
            match value.kind() {
                ValueKind::None | ValueKind::Undefined => {}
                ValueKind::Seq => texts.extend(value.try_iter()?.map(|item| item.to_string())),
                _ => texts.push(value.to_string()),
            }
        }
        Ok(form)
    }

    /// A form as the visitor sent it.
    pub fn submitted(data: &FormData) -> Self {
        Self::initial(
            data.fields()
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        )
    }

    /// Adds what is wrong with `field`, or with the form as a whole.
    pub fn add_error(&mut self, field: Option<&str>, message: impl Into<String>) {
        let errors = match field {
            Some(field) => self.errors.entry(field.to_owned()).or_default(),
            None => &mut self.form_errors,
        };
        errors.push(message.into());
    }

    /// Whether nothing is wrong with it.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty() && self.form_errors.is_empty()
    }

    /// What is wrong with the form as a whole.
    pub fn form_errors(&self) -> &[String] {
        &self.form_errors
    }
}

impl Object for BoundForm {
    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        let name = name.as_str()?;
        let values = self.values.get(name).cloned().unwrap_or_default();
        let value = values.last().cloned().unwrap_or_default();
        let errors = self.errors.get(name).cloned().unwrap_or_default();
        Some(context! { name, value, values, errors })
    }
}
