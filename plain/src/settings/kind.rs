//! The kind of a setting: what its JSON Schema lets it hold, and how that is called.

use serde_json::{Value as Json, json};

/// What a setting holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kind {
    pub(super) shape: Shape,
    /// Whether `null` is a value of it.
    pub(super) nullable: bool,
    /// Whether a [`Secret`](super::Secret) is in it.
    pub(super) secret: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Boolean,
    Integer {
        min: i128,
        max: i128,
    },
    Number {
        min: f64,
        max: f64,
    },
    String,
    OneOf(Vec<Json>),
    List(Box<Kind>),
    /// A map, or a struct, whose fields are left to its `Deserialize`.
    Table(Box<Kind>),
    Either(Vec<Kind>),
    /// What the schema does not say; left to the type's `Deserialize`.
    Any,
}

impl Kind {
    pub(super) fn of(schema: &Json) -> Self {
        let (shape, nullable) = shape(schema);
        Self {
            shape,
            nullable,
            secret: holds_secret(schema),
        }
    }

    /// Returns the name of the kind, such as `list of strings`.
    pub(super) fn name(&self) -> String {
        match &self.shape {
            Shape::Boolean => "boolean".to_owned(),
            Shape::Integer { .. } => "integer".to_owned(),
            Shape::Number { .. } => "number".to_owned(),
            Shape::String => "string".to_owned(),
            Shape::OneOf(literals) if literals.len() == 1 => literals[0].to_string(),
            Shape::OneOf(literals) => format!("one of {}", listed(literals)),
            Shape::List(item) => format!("list{}", item.of_many()),
            Shape::Table(item) => format!("table{}", item.of_many()),
            Shape::Either(kinds) => kinds
                .iter()
                .map(Self::name)
                .collect::<Vec<_>>()
                .join(" or "),
            Shape::Any => "any value".to_owned(),
        }
    }

    fn of_many(&self) -> String {
        match &self.shape {
            Shape::Any => String::new(),
            Shape::Boolean | Shape::Integer { .. } | Shape::Number { .. } | Shape::String => {
                format!(" of {}s", self.name())
            }
            Shape::List(item) => format!(" of lists{}", item.of_many()),
            Shape::Table(item) => format!(" of tables{}", item.of_many()),
            Shape::OneOf(_) | Shape::Either(_) => format!(" of {}", self.name()),
        }
    }

    /// Says what was expected where something of another type was found.
    pub(super) fn expected(&self) -> String {
        match &self.shape {
            Shape::Integer { min, max } if *max >= i64::MAX.into() => {
                match *min == i64::MIN.into() {
                    true => "an integer".to_owned(),
                    false => format!("an integer of {min} or more"),
                }
            }
            Shape::Number { min, max } if (*min, *max) == (f64::NEG_INFINITY, f64::INFINITY) => {
                "a number".to_owned()
            }
            Shape::Integer { .. } | Shape::Number { .. } => self.expected_range(),
            Shape::Either(kinds) => kinds
                .iter()
                .map(Self::expected)
                .collect::<Vec<_>>()
                .join(" or "),
            Shape::OneOf(_) | Shape::Any => self.name(),
            Shape::Boolean | Shape::String | Shape::List(_) | Shape::Table(_) => {
                format!("a {}", self.name())
            }
        }
    }

    /// Says what was expected where the number found is too small or too great.
    pub(super) fn expected_range(&self) -> String {
        match &self.shape {
            Shape::Integer { min, max } => format!("an integer from {min} to {max}"),
            Shape::Number { min, max } => match (min.is_finite(), max.is_finite()) {
                (true, true) => format!("a number from {min} to {max}"),
                (true, false) => format!("a number of {min} or more"),
                (false, true) => format!("a number of {max} or less"),
                (false, false) => "a finite number".to_owned(),
            },
            _ => self.expected(),
        }
    }

    /// Returns a value of this kind to show as an example.
    pub(super) fn example(&self) -> Json {
        match &self.shape {
            Shape::Boolean => json!(true),
            Shape::Integer { min, max } => Json::from(i64::try_from(1.clamp(*min, *max)).ok()),
            Shape::Number { min, max } => json!(0.5_f64.max(*min).min(*max)),
            Shape::String | Shape::Any => json!("text"),
            Shape::OneOf(literals) => literals.first().cloned().unwrap_or_default(),
            Shape::List(item) if item.shape == Shape::String => json!(["a", "b"]),
            Shape::List(item) => json!([item.example()]),
            Shape::Table(item) => json!({ "name": item.example() }),
            Shape::Either(kinds) => kinds.first().map(Self::example).unwrap_or_default(),
        }
    }
}

fn listed(literals: &[Json]) -> String {
    literals
        .iter()
        .map(Json::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the shape and whether it may be null.
fn shape(schema: &Json) -> (Shape, bool) {
    if let Some(literal) = schema.get("const") {
        return literals(std::slice::from_ref(literal));
    }
    if let Some(Json::Array(values)) = schema.get("enum") {
        return literals(values);
    }
    if let Some(Json::Array(schemas)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        return either(schemas.iter().map(Kind::of));
    }
    match schema.get("type") {
        Some(Json::String(name)) => typed(name, schema),
        Some(Json::Array(names)) => either(names.iter().filter_map(Json::as_str).map(|name| {
            let (shape, nullable) = typed(name, schema);
            Kind {
                shape,
                nullable,
                secret: false,
            }
        })),
        _ => (Shape::Any, true),
    }
}

fn literals(values: &[Json]) -> (Shape, bool) {
    let given: Vec<Json> = values
        .iter()
        .filter(|value| !value.is_null())
        .cloned()
        .collect();
    let nullable = given.len() < values.len();
    (Shape::OneOf(given), nullable)
}

/// Joins alternatives: `null` becomes a property of the kind, and literals become one list.
fn either(kinds: impl Iterator<Item = Kind>) -> (Shape, bool) {
    let mut nullable = false;
    let mut literals = Vec::new();
    let mut others = Vec::new();
    for kind in kinds {
        nullable |= kind.nullable;
        match kind.shape {
            Shape::OneOf(values) => literals.extend(values),
            _ => others.push(kind),
        }
    }
    if !literals.is_empty() {
        let shape = Shape::OneOf(literals);
        others.push(Kind {
            shape,
            nullable: false,
            secret: false,
        });
    }
    match others.len() {
        1 => (others.remove(0).shape, nullable),
        _ => (Shape::Either(others), nullable),
    }
}

fn typed(name: &str, schema: &Json) -> (Shape, bool) {
    let inner = |key| Box::new(schema.get(key).map_or_else(Kind::any, Kind::of));
    let shape = match name {
        "boolean" => Shape::Boolean,
        "integer" => integer(schema),
        "number" => Shape::Number {
            min: schema
                .get("minimum")
                .and_then(Json::as_f64)
                .unwrap_or(f64::NEG_INFINITY),
            max: schema
                .get("maximum")
                .and_then(Json::as_f64)
                .unwrap_or(f64::INFINITY),
        },
        "string" => Shape::String,
        "array" => Shape::List(inner("items")),
        "object" => Shape::Table(inner("additionalProperties")),
        "null" => return (Shape::OneOf(Vec::new()), true),
        _ => return (Shape::Any, true),
    };
    (shape, false)
}

/// Takes the bounds from the schema, else from the Rust type that `format` names.
fn integer(schema: &Json) -> Shape {
    let (least, greatest) = match schema.get("format").and_then(Json::as_str) {
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint" | "uint64" | "uint128") => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    let bound = |key| schema.get(key).and_then(whole);
    let min = bound("minimum").unwrap_or(least);
    Shape::Integer {
        min,
        max: bound("maximum").unwrap_or(greatest),
    }
}

fn whole(number: &Json) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// Tells whether a `writeOnly` value stands anywhere in the schema.
fn holds_secret(schema: &Json) -> bool {
    match schema {
        Json::Object(map) => {
            map.get("writeOnly") == Some(&Json::Bool(true)) || map.values().any(holds_secret)
        }
        Json::Array(items) => items.iter().any(holds_secret),
        _ => false,
    }
}

impl Kind {
    fn any() -> Self {
        Self {
            shape: Shape::Any,
            nullable: true,
            secret: false,
        }
    }
}
