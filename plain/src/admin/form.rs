//! [`Form`]: which fields of a model the admin writes, and how they are asked for and checked.

use chrono::NaiveDateTime;
use garde::Validate;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::meta::label;
use crate::db::{Field, FieldKind, Model, Value};
use crate::http::{FormData, Result};
use crate::views::{BoundForm, Rejection, checked};

type Check = fn(&FormData) -> Result<(), Rejection>;

/// A form that makes or changes an object of a model. Only the fields that it lists are ever
/// written, whatever is sent.
///
/// What is sent is read by the kinds of the fields; [`checked_by`](Form::checked_by) adds rules.
///
/// ```
/// # use plain::db::{Field, Model};
/// # #[derive(serde::Serialize, plain::db::FromRow)]
/// # struct Product { id: i64, name: String, status: String }
/// # impl Model for Product {
/// #     const NAME: &'static str = "Product";
/// #     const TABLE: &'static str = "product";
/// #     const FIELDS: &'static [Field] = &[Field::integer("id"), Field::text("name"), Field::text("status")];
/// # }
/// use plain::admin::{Form, Input};
///
/// #[derive(serde::Deserialize, garde::Validate)]
/// struct ProductForm {
///     #[garde(length(min = 1, max = 80))]
///     name: String,
///     #[garde(skip)]
///     status: String,
/// }
///
/// let form = Form::<Product>::fields(["name", "status"])
///     .input("status", Input::Choice(vec!["draft".into(), "public".into()]))
///     .help("name", "As customers see it.")
///     .checked_by::<ProductForm>();
/// ```
pub struct Form<M> {
    pub(super) fields: Vec<FormField>,
    check: Option<Check>,
    /// A name that is no field of the model, with what was probably meant.
    pub(super) mistake: Option<String>,
    model: std::marker::PhantomData<fn() -> M>,
}

/// How a field is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "choices", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Input {
    /// A line of text.
    Text,
    /// An email address.
    Email,
    /// Several lines of text.
    Area,
    /// A number.
    Number,
    /// A box to tick.
    Checkbox,
    /// A date and a time, in UTC.
    Time,
    /// One of these texts.
    Choice(Vec<String>),
}

/// A field of a form.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FormField {
    pub(super) name: &'static str,
    label: String,
    help: String,
    input: Input,
    required: bool,
    /// Whether it is written in letters that are all as wide.
    is_code: bool,
    #[serde(skip)]
    field: Field,
}

impl<M: Model> Form<M> {
    /// Starts with the names of the fields that it writes, each asked for by its kind.
    pub fn fields(names: impl IntoIterator<Item = &'static str>) -> Self {
        let mut form = Self {
            fields: Vec::new(),
            check: None,
            mistake: None,
            model: std::marker::PhantomData,
        };
        for name in names {
            match M::field(name) {
                Ok(field) => form.fields.push(FormField::of(field)),
                Err(error) => form.mistake = Some(error.to_string()),
            }
        }
        form
    }

    /// Asks for the field `name` in another way.
    #[must_use]
    pub fn input(mut self, name: &str, input: Input) -> Self {
        self.change(name, |field| field.input = input);
        self
    }

    /// Calls the field `name` `label`.
    #[must_use]
    pub fn label(mut self, name: &str, label: impl Into<String>) -> Self {
        self.change(name, |field| field.label = label.into());
        self
    }

    /// Adds a line of help to the field `name`. What stands between backticks in it is shown as code.
    #[must_use]
    pub fn help(mut self, name: &str, help: impl Into<String>) -> Self {
        self.change(name, |field| field.help = help.into());
        self
    }

    /// Also reads what was sent into an `F`, and refuses it by the rules of that.
    #[must_use]
    pub fn checked_by<F>(mut self) -> Self
    where
        F: DeserializeOwned + Validate<Context = ()>,
    {
        self.check = Some(|data| checked::<F>(data.parse()).map(drop));
        self
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut FormField)) {
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => change(field),
            None => self.mistake = Some(format!("the form lists no field `{name}`: list it first")),
        }
    }

    /// The values of the fields, or the form with what is wrong with them.
    ///
    /// # Errors
    ///
    /// If what was sent is no form at all.
    pub(super) fn read(
        &self,
        data: &FormData,
    ) -> Result<Result<Vec<(&'static str, Value)>, BoundForm>> {
        let mut bound = BoundForm::submitted(data);
        let mut values = Vec::new();
        for field in &self.fields {
            match field.read(data) {
                Ok(value) => values.push((field.name, value)),
                Err(message) => bound.add_error(Some(field.name), message),
            }
        }
        match self.check.map(|check| check(data)) {
            Some(Err(Rejection::Failed(error))) => return Err(error),
            // A field that was found fault with is not told twice.
            Some(Err(Rejection::Invalid(errors))) if bound.is_valid() => {
                for (field, message) in errors {
                    let listed = |name: &&str| self.fields.iter().any(|field| field.name == *name);
                    bound.add_error(field.as_deref().filter(listed), message);
                }
            }
            _ => {}
        }
        Ok(if bound.is_valid() {
            Ok(values)
        } else {
            Err(bound)
        })
    }
}

impl FormField {
    fn of(field: &Field) -> Self {
        let input = match field.kind() {
            FieldKind::Boolean => Input::Checkbox,
            FieldKind::Integer | FieldKind::Float => Input::Number,
            FieldKind::Json => Input::Area,
            FieldKind::Time => Input::Time,
            FieldKind::Text | FieldKind::Bytes => Input::Text,
        };
        Self {
            name: field.name(),
            label: label(field.name()),
            help: String::new(),
            required: !field.is_nullable() && input != Input::Checkbox,
            input,
            is_code: matches!(field.kind(), FieldKind::Json | FieldKind::Bytes),
            field: *field,
        }
    }

    fn read(&self, data: &FormData) -> Result<Value, String> {
        let mut sent = data.values(self.name);
        let text = sent.next();
        if sent.next().is_some() {
            return Err("it was sent more than once".to_owned());
        }
        if self.input == Input::Checkbox {
            return Ok(Value::Bool(text.is_some()));
        }
        let text = text
            .map(|text| text.replace("\r\n", "\n"))
            .unwrap_or_default();
        if text.is_empty() && self.field.is_nullable() {
            return Ok(Value::Null);
        }
        if text.is_empty() && self.required {
            return Err("fill this in".to_owned());
        }
        if let Input::Choice(choices) = &self.input
            && !choices.contains(&text)
        {
            return Err("choose one of the list".to_owned());
        }
        let value = match self.field.kind() {
            FieldKind::Time => time(&text).or_else(|| self.field.parse(&text)),
            _ => self.field.parse(&text),
        };
        value.ok_or_else(|| match self.field.kind() {
            FieldKind::Integer => "this is no whole number".to_owned(),
            FieldKind::Float => "this is no number".to_owned(),
            FieldKind::Json => "this is no JSON".to_owned(),
            FieldKind::Time => "this is no date and time".to_owned(),
            _ => "this can't be stored".to_owned(),
        })
    }

    /// What stands in the field for the value that serde wrote as `json`.
    pub(super) fn initial(&self, json: &serde_json::Value) -> Option<(String, String)> {
        use serde_json::Value as Json;
        let text = match (self.field.kind(), json) {
            (_, Json::Null) | (FieldKind::Boolean, Json::Bool(false)) => return None,
            (FieldKind::Json, json) => serde_json::to_string_pretty(json).unwrap_or_default(),
            (FieldKind::Time, Json::String(text)) => local(text),
            (_, Json::String(text)) => text.clone(),
            (_, json) => json.to_string(),
        };
        Some((self.name.to_owned(), text))
    }
}

/// What a browser sends of an input for a date and a time (HTML section 2.3.5.5), taken as UTC.
fn time(text: &str) -> Option<Value> {
    let formats = [
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%S%.f",
    ];
    let mut read = formats.into_iter();
    let time = read.find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some(Value::Time(time.and_utc()))
}

/// A time of RFC 3339 as an input for a date and a time holds it.
fn local(text: &str) -> String {
    match chrono::DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.naive_utc().format("%Y-%m-%dT%H:%M:%S").to_string(),
        Err(_) => text.to_owned(),
    }
}

impl<M> std::fmt::Debug for Form<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form")
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}
