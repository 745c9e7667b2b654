//! Values as JSON that SQLite and PostgreSQL both hold.
//!
//! `serde_json` writes a NaN as `null` and a map's number keys as texts, and PostgreSQL refuses a
//! NUL character. What would come back as something else, or not at all, is refused here, when it
//! is set.

mod strict;

use serde::Serialize;
use serde_json::Value;

/// How deep a session value may be nested.
pub(crate) const MOST_DEPTH: usize = 64;

/// Why a value can't be stored.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonError {
    /// JSON has no such number.
    #[error("a number that is not finite (NaN or an infinity) can't be stored as JSON")]
    NotFinite,
    /// Not every reader of JSON holds so large a number.
    #[error("an integer beyond 64 bits can't be stored")]
    TooLarge,
    /// JSON's maps have texts as keys.
    #[error("a map with keys that are not texts can't be stored as JSON")]
    KeyNotText,
    /// PostgreSQL's texts can't hold it.
    #[error("a text with a NUL character can't be stored")]
    Nul,
    /// Nested too deep.
    #[error("a value that is nested deeper than {MOST_DEPTH} levels can't be stored")]
    TooDeep,
    /// The value's own `Serialize` failed.
    #[error("{0}")]
    Custom(String),
}

/// `value` as JSON.
///
/// # Errors
///
/// [`JsonError`] for what JSON, SQLite or PostgreSQL could not give back as it was.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Value, JsonError> {
    value.serialize(strict::Strict::new())
}

/// The text of a map as JSON.
pub(crate) fn text(map: &serde_json::Map<String, Value>) -> String {
    serde_json::to_string(map).expect("values of JSON are JSON")
}

/// Whether `text` can be stored.
pub(crate) fn check_text(text: &str) -> Result<(), JsonError> {
    if text.contains('\0') {
        Err(JsonError::Nul)
    } else {
        Ok(())
    }
}

/// What a value is, in a word for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Unit,
        New(u8),
        Tuple(u8, u8),
        Struct { side: f32 },
    }

    #[derive(Serialize)]
    struct All {
        flag: bool,
        small: i8,
        large: u64,
        wide: i128,
        float: f64,
        letter: char,
        text: &'static str,
        nothing: Option<u8>,
        something: Option<u8>,
        unit: (),
        list: Vec<u8>,
        tuple: (u8, &'static str),
        map: BTreeMap<&'static str, u8>,
        letters: BTreeMap<char, u8>,
        shapes: Vec<Shape>,
    }

    #[test]
    fn every_kind_of_value_is_stored_as_serde_json_writes_it() {
        let all = All {
            flag: true,
            small: -1,
            large: u64::MAX,
            wide: -5,
            float: 1.5,
            letter: 'x',
            text: "text",
            nothing: None,
            something: Some(1),
            unit: (),
            list: vec![1, 2],
            tuple: (1, "a"),
            map: BTreeMap::from([("a", 1)]),
            letters: BTreeMap::from([('b', 2)]),
            shapes: vec![
                Shape::Unit,
                Shape::New(1),
                Shape::Tuple(1, 2),
                Shape::Struct { side: 2.0 },
            ],
        };
        assert_eq!(to_json(&all).unwrap(), serde_json::to_value(&all).unwrap());
    }

    #[test]
    fn what_would_not_come_back_is_refused() {
        assert_eq!(to_json(&f64::NAN), Err(JsonError::NotFinite));
        assert_eq!(to_json(&[1.0, f32::INFINITY]), Err(JsonError::NotFinite));
        assert_eq!(to_json(&u128::MAX), Err(JsonError::TooLarge));
        assert_eq!(to_json(&i128::MIN), Err(JsonError::TooLarge));
        assert_eq!(
            to_json(&HashMap::from([(1, "a")])),
            Err(JsonError::KeyNotText)
        );
        assert_eq!(
            to_json(&HashMap::from([(Some("a"), 1)])),
            Err(JsonError::KeyNotText)
        );
        assert_eq!(to_json("a\0b"), Err(JsonError::Nul));
        assert_eq!(to_json(&'\0'), Err(JsonError::Nul));
        assert_eq!(to_json(&HashMap::from([("a\0", 1)])), Err(JsonError::Nul));
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        let nested = |depth: usize| (1..depth).fold(json!([]), |inner, _| json!([inner]));
        assert!(to_json(&nested(MOST_DEPTH)).is_ok());
        assert_eq!(to_json(&nested(MOST_DEPTH + 1)), Err(JsonError::TooDeep));
        let map = |depth: usize| (1..depth).fold(json!({}), |inner, _| json!({ "a": inner }));
        assert!(to_json(&map(MOST_DEPTH)).is_ok());
        assert_eq!(to_json(&map(MOST_DEPTH + 1)), Err(JsonError::TooDeep));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e300..1e300).prop_map(|float: f64| Value::from(float)),
            "[^\0]*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map("[^\0]*", inner, 0..8).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_goes_in_and_comes_out_unchanged(value in any_json()) {
            prop_assert_eq!(to_json(&value), Ok(value));
        }
    }
}
