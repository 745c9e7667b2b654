//! How values are shown to people, and what was found where something else was expected.

use figment::value::{Num, Value};
use serde_json::Value as Json;

/// How much of a wrong text is repeated in an error message, in characters.
const SHOWN: usize = 60;

/// The key under which the TOML parser hands a date on.
const DATE_KEY: &str = "$__toml_private_datetime";

/// A value or text that does not fit the kind of its setting.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mismatch {
    /// Such as `expected an integer`.
    pub(super) problem: String,
    pub(super) found: Found,
    /// Whether its kind is right, and the setting's own type refuses it all the same.
    pub(super) of_right_kind: bool,
    /// Where in a list or table it was found, innermost first.
    pub(super) place: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    /// A value of a file, or given in code.
    Value(Value),
    /// The text of an environment variable.
    Text(String),
    /// An environment variable that is no text.
    Bytes,
}

/// A place in a list, counted from zero, or in a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Item(usize),
    Key(String),
}

impl Mismatch {
    pub(super) fn new(problem: String, found: Found) -> Self {
        Self {
            problem,
            found,
            of_right_kind: false,
            place: Vec::new(),
        }
    }

    pub(super) fn at(mut self, place: Place) -> Self {
        self.place.push(place);
        self
    }

    /// Says what was found and where in the value; of a secret, only its type.
    pub(super) fn describe(&self, secret: bool) -> String {
        let places = self.place.iter().map(|place| match place {
            Place::Item(index) => format!(" as item {}", index + 1),
            Place::Key(_) if secret => " in the table".to_owned(),
            Place::Key(key) => format!(" under {}", quoted(key)),
        });
        self.found.describe(secret) + &places.collect::<String>()
    }
}

impl Found {
    pub(super) fn describe(&self, secret: bool) -> String {
        match (self, secret) {
            (Self::Bytes, _) => "other bytes".to_owned(),
            (Self::Text(_), true) => "a text that is not shown".to_owned(),
            (Self::Text(text), false) => quoted(text),
            (Self::Value(value), true) => article(type_of(value)),
            (Self::Value(value), false) => describe(value),
        }
    }
}

fn describe(value: &Value) -> String {
    let kind = type_of(value);
    match value {
        Value::String(_, text) => format!("the {kind} {}", quoted(text)),
        Value::Bool(_, value) => format!("the {kind} {value}"),
        Value::Num(_, number) => format!("the {kind} {}", digits(*number)),
        _ => article(kind),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::String(..) | Value::Char(..) => "string",
        Value::Bool(..) => "boolean",
        Value::Num(_, Num::F32(_) | Num::F64(_)) => "number",
        Value::Num(..) => "integer",
        Value::Empty(..) => "null",
        Value::Dict(_, dict) if dict.contains_key(DATE_KEY) => "date",
        Value::Dict(..) => "table",
        Value::Array(..) => "list",
    }
}

/// Tells whether quotes around it would make a string of what was written.
pub(super) fn is_scalar(value: &Value) -> bool {
    !matches!(type_of(value), "table" | "list")
}

fn article(kind: &str) -> String {
    match kind {
        "null" => kind.to_owned(),
        "integer" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

fn digits(number: Num) -> String {
    match (number.to_i128(), number.to_u128(), number.to_f64()) {
        (Some(number), ..) => number.to_string(),
        (_, Some(number), _) => number.to_string(),
        (.., Some(number)) => format!("{number:?}"),
        _ => String::new(),
    }
}

/// Quotes a text as an error message shows it: on one line, and cut where it is long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Writes a value as JSON with a space after each comma and colon.
pub(super) fn show(value: &Json) -> String {
    write(value, ("{", "}"), |key, value| {
        format!("{}: {value}", Json::from(key))
    })
}

/// Writes a value as TOML; what JSON writes of texts and numbers is TOML, too.
pub(super) fn show_toml(value: &Json) -> String {
    write(value, ("{ ", " }"), |key, value| {
        format!("{} = {value}", Json::from(key))
    })
}

fn write(
    value: &Json,
    (open, close): (&str, &str),
    pair: impl Fn(&str, String) -> String + Copy,
) -> String {
    let inner = |value: &Json| write(value, (open, close), pair);
    match value {
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(inner).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(map) if map.is_empty() => "{}".to_owned(),
        Json::Object(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, v)| pair(key, inner(v))).collect();
            format!("{open}{}{close}", pairs.join(", "))
        }
        scalar => scalar.to_string(),
    }
}
