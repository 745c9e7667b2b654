//! What to write instead of a value that does not fit its setting.

use figment::value::Value;
use serde_json::Value as Json;

use super::Origin;
use super::found::{Found, Mismatch, is_scalar, show, show_toml};
use super::group::Field;
use super::kind::Shape;

pub(super) fn hint(field: &Field, mismatch: &Mismatch, source: &Origin) -> String {
    let is_whole = mismatch.place.is_empty() && !mismatch.of_right_kind;
    match (&field.kind.shape, &mismatch.found, source) {
        (Shape::Boolean, ..) => "write true or false".to_owned(),
        (_, Found::Value(Value::String(_, text)), Origin::File { .. })
            if is_whole && field.kind.parse(text).is_ok() =>
        {
            "write it without the quotes".to_owned()
        }
        (Shape::String, Found::Value(value), Origin::File { .. })
            if is_whole && is_scalar(value) =>
        {
            "put it in quotes".to_owned()
        }
        _ if mismatch.of_right_kind && example(field).is_none() => described(field),
        (.., Origin::Environment { variable }) => environment(field, variable),
        (.., Origin::File { .. }) => {
            format!(
                "for example {} = {}",
                field.name,
                show_toml(&example_or_made_up(field))
            )
        }
        _ => format!("for example {}", show(&example_or_made_up(field))),
    }
}

/// Shows the variable as a shell takes it.
fn environment(field: &Field, variable: &str) -> String {
    match (&field.kind.shape, example_or_made_up(field)) {
        (Shape::List(_) | Shape::Table(_), example) => {
            format!("write JSON, for example {variable}='{}'", show(&example))
        }
        (_, Json::String(text)) => format!("for example {variable}={text}"),
        (_, example) => format!("for example {variable}={}", show(&example)),
    }
}

/// Points to what the setting is for, where nothing can be made up that its type takes.
fn described(field: &Field) -> String {
    match field
        .description
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
    {
        description if description.is_empty() => "correct it".to_owned(),
        description => format!("it is described as: {description}"),
    }
}

fn example_or_made_up(field: &Field) -> Json {
    example(field).unwrap_or_else(|| field.kind.example())
}

/// Returns the default, if it shows how to write a value.
fn example(field: &Field) -> Option<Json> {
    let says_nothing = match &field.default {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    };
    (!says_nothing && !field.kind.secret).then(|| field.default.clone())
}
