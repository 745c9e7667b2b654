//! Models: Rust structs that stand for the rows of a table.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Error, FromRow, QuerySet, Value};
use crate::nearest::hint;

/// A struct whose values are rows of a table.
///
/// ```
/// use plain::db::{Field, Model};
///
/// #[derive(Debug, serde::Serialize, plain::db::FromRow)]
/// struct Order {
///     id: i64,
///     status: String,
///     note: Option<String>,
/// }
///
/// impl Model for Order {
///     const NAME: &'static str = "Order";
///     const TABLE: &'static str = "shop_order";
///     const FIELDS: &'static [Field] =
///         &[Field::integer("id"), Field::text("status"), Field::text("note").nullable()];
/// }
///
/// let paid = Order::query().filter("status", "paid").order("-id");
/// # let _ = paid;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    note = "implement `plain::db::Model` for it: `impl Model for {Self} {{ const NAME: &'static str = \"..\"; const TABLE: &'static str = \"..\"; const FIELDS: &'static [Field] = &[Field::integer(\"id\")]; }}`"
)]
pub trait Model: FromRow + Serialize + Send + Sync + 'static {
    /// The model's name, for people.
    const NAME: &'static str;

    /// The name of its table.
    const TABLE: &'static str;

    /// The columns that it reads, by the names of its fields.
    const FIELDS: &'static [Field];

    /// The field that tells rows apart; the first one unless said otherwise.
    const PRIMARY_KEY: &'static str = Self::FIELDS[0].name;

    /// All rows; the query set that it returns narrows them down.
    fn query() -> QuerySet<Self> {
        QuerySet::new()
    }

    /// The field called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownField`], which names the nearest one.
    fn field(name: &str) -> Result<&'static Field, Error> {
        Self::FIELDS
            .iter()
            .find(|field| field.name == name)
            .ok_or_else(|| Error::UnknownField {
                model: Self::NAME,
                field: name.to_owned(),
                hint: hint(name, Self::FIELDS.iter().map(|field| field.name)),
            })
    }
}

/// A column of a model's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    name: &'static str,
    kind: FieldKind,
    nullable: bool,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A floating point number.
    Float,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// JSON.
    Json,
    /// A moment.
    Time,
}

impl Field {
    /// A field that holds true or false.
    pub const fn boolean(name: &'static str) -> Self {
        Self::new(name, FieldKind::Boolean)
    }

    /// A field that holds a whole number.
    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, FieldKind::Integer)
    }

    /// A field that holds a floating point number.
    pub const fn float(name: &'static str) -> Self {
        Self::new(name, FieldKind::Float)
    }

    /// A field that holds a text.
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, FieldKind::Text)
    }

    /// A field that holds bytes.
    pub const fn bytes(name: &'static str) -> Self {
        Self::new(name, FieldKind::Bytes)
    }

    /// A field that holds JSON.
    pub const fn json(name: &'static str) -> Self {
        Self::new(name, FieldKind::Json)
    }

    /// A field that holds a moment.
    pub const fn time(name: &'static str) -> Self {
        Self::new(name, FieldKind::Time)
    }

    /// The same field, which may also hold nothing.
    #[must_use]
    pub const fn nullable(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    const fn new(name: &'static str, kind: FieldKind) -> Self {
        Self {
            name,
            kind,
            nullable: false,
        }
    }

    /// Its name, which is that of the column and of the struct's field.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it holds.
    pub const fn kind(&self) -> FieldKind {
        self.kind
    }

    /// Whether it may hold nothing.
    pub const fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// The value that `text` writes down, such as a part of a URL; `None` where no value of this
    /// field is written like that.
    ///
    /// ```
    /// use plain::db::{Field, Value};
    ///
    /// assert_eq!(Field::integer("id").parse("7"), Some(Value::Integer(7)));
    /// assert_eq!(Field::integer("id").parse("seven"), None);
    /// ```
    pub fn parse(&self, text: &str) -> Option<Value> {
        let value = match self.kind {
            FieldKind::Boolean => Value::Bool(text.parse().ok()?),
            FieldKind::Integer => Value::Integer(text.parse().ok()?),
            FieldKind::Float => Value::Float(text.parse().ok()?),
            FieldKind::Text => Value::Text(text.to_owned()),
            FieldKind::Time => {
                Value::Time(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc))
            }
            FieldKind::Json => Value::Json(serde_json::from_str(text).ok()?),
            FieldKind::Bytes => return None,
        };
        value.check().is_ok().then_some(value)
    }

    /// Refuses a value of another kind, which PostgreSQL would refuse and SQLite compare in vain.
    pub(super) fn check<M: Model>(&self, value: &Value) -> Result<(), Error> {
        let fits = matches!(
            (self.kind, value),
            (_, Value::Null)
                | (FieldKind::Boolean, Value::Bool(_))
                | (FieldKind::Integer, Value::Integer(_))
                | (FieldKind::Float, Value::Float(_) | Value::Integer(_))
                | (FieldKind::Text, Value::Text(_))
                | (FieldKind::Bytes, Value::Bytes(_))
                | (FieldKind::Json, Value::Json(_) | Value::JsonText(_))
                | (FieldKind::Time, Value::Time(_))
        );
        if fits {
            return Ok(());
        }
        Err(Error::FieldKind {
            model: M::NAME,
            field: self.name,
            expected: self.kind.described(),
            found: value.described(),
        })
    }
}

impl FieldKind {
    fn described(self) -> &'static str {
        match self {
            FieldKind::Boolean => "a boolean",
            FieldKind::Integer => "an integer",
            FieldKind::Float => "a number",
            FieldKind::Text => "a text",
            FieldKind::Bytes => "bytes",
            FieldKind::Json => "JSON",
            FieldKind::Time => "a time",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_by_the_kind_of_the_field() {
        assert_eq!(Field::boolean("x").parse("true"), Some(Value::Bool(true)));
        assert_eq!(Field::boolean("x").parse("on"), None);
        assert_eq!(Field::float("x").parse("NaN"), None);
        assert_eq!(Field::text("x").parse("a\0b"), None);
        let time = Field::time("x").parse("2026-01-31T10:15:00+02:00");
        let expected = DateTime::from_timestamp(1_769_847_300, 0).expect("a time");
        assert_eq!(time, Some(Value::Time(expected)));
    }
}
