//! Whether a value or a text fits the kind of its setting. Nothing is converted to make it fit.

use figment::value::{Num, Value};
use serde_json::Value as Json;

use super::found::{Found, Mismatch, Place};
use super::kind::{Kind, Shape};

impl Kind {
    /// Checks a value that has a type of its own: one of a file, or given in code.
    ///
    /// This stands before serde, because serde would take some values for others (a number for the
    /// variant of an enum) and because its messages speak of Rust's types.
    pub(super) fn check(&self, value: &Value) -> Result<(), Mismatch> {
        if let Value::Empty(..) = value {
            return if self.nullable {
                Ok(())
            } else {
                Err(self.mismatch(value))
            };
        }
        match (&self.shape, value) {
            (Shape::Boolean, Value::Bool(..)) | (Shape::String, Value::String(..)) => Ok(()),
            (Shape::Any, _) => Ok(()),
            (Shape::Integer { min, max }, Value::Num(_, number)) => match integer(*number) {
                Some(number) if (*min..=*max).contains(&number) => Ok(()),
                Some(number) if number > *max || *min == i64::MIN.into() => {
                    Err(self.out_of_range(value))
                }
                // What is expected names the least number.
                Some(_) => Err(self.mismatch(value)),
                None => Err(self.mismatch(value)),
            },
            (Shape::Number { min, max }, Value::Num(_, number)) => {
                let number = float(*number);
                match number.is_finite() && (*min..=*max).contains(&number) {
                    true => Ok(()),
                    false => Err(self.out_of_range(value)),
                }
            }
            (Shape::OneOf(literals), value) => match literals.contains(&json(value)) {
                true => Ok(()),
                false => Err(self.mismatch(value)),
            },
            (Shape::List(item), Value::Array(_, values)) => {
                values.iter().enumerate().try_for_each(|(index, value)| {
                    item.check(value).map_err(|it| it.at(Place::Item(index)))
                })
            }
            (Shape::Table(item), Value::Dict(_, values)) => {
                values.iter().try_for_each(|(key, value)| {
                    item.check(value)
                        .map_err(|it| it.at(Place::Key(key.clone())))
                })
            }
            (Shape::Either(kinds), value) => {
                match kinds.iter().any(|kind| kind.check(value).is_ok()) {
                    true => Ok(()),
                    false => Err(self.mismatch(value)),
                }
            }
            _ => Err(self.mismatch(value)),
        }
    }

    /// Reads the text of an environment variable: `true` or `false`, digits, a string as it is,
    /// lists and tables as JSON.
    pub(super) fn parse(&self, text: &str) -> Result<Value, Mismatch> {
        let found = Found::Text(text.to_owned());
        let refused = |problem| Mismatch::new(problem, found);
        let value = match &self.shape {
            Shape::Boolean => text.parse().ok().map(|value: bool| value.into()),
            Shape::Integer { .. } => text
                .parse()
                .ok()
                .map(|number| Value::from(shortest(number))),
            Shape::Number { .. } => text.parse().ok().map(|number: f64| number.into()),
            Shape::String => Some(text.into()),
            Shape::OneOf(literals) => literals
                .iter()
                .find(|literal| spelled(literal) == text)
                .and_then(|literal| Value::serialize(literal).ok()),
            Shape::List(_) | Shape::Table(_) => json_text(text),
            Shape::Any => json_text(text).or_else(|| Some(text.into())),
            Shape::Either(kinds) => {
                // Any text is a string, so that is tried last.
                let (strings, others): (Vec<_>, Vec<_>) =
                    kinds.iter().partition(|kind| kind.shape == Shape::String);
                others
                    .into_iter()
                    .chain(strings)
                    .find_map(|kind| kind.parse(text).ok())
            }
        };
        let Some(value) = value else {
            return Err(refused(format!("expected {}", self.expected())));
        };
        match self.check(&value) {
            Ok(()) => Ok(value),
            // The text is what was written; only of a part of it the value says more.
            Err(it) if it.place.is_empty() => Err(refused(it.problem)),
            Err(it) => Err(it),
        }
    }

    fn mismatch(&self, value: &Value) -> Mismatch {
        let found = Found::Value(value.clone());
        Mismatch::new(format!("expected {}", self.expected()), found)
    }

    fn out_of_range(&self, value: &Value) -> Mismatch {
        Mismatch {
            problem: format!("expected {}", self.expected_range()),
            ..self.mismatch(value)
        }
    }
}

fn integer(number: Num) -> Option<i128> {
    match (number.to_i128(), number.to_u128()) {
        (Some(number), _) => Some(number),
        // Beyond any bound that a kind can have.
        (_, Some(number)) => Some(i128::try_from(number).unwrap_or(i128::MAX)),
        _ => None,
    }
}

fn float(number: Num) -> f64 {
    match (number.to_f64(), integer(number)) {
        (Some(number), _) => number,
        (_, Some(number)) => number as f64,
        _ => f64::NAN,
    }
}

/// Returns the number as the type that serde's integers accept; they refuse 128 bits.
fn shortest(number: i128) -> Num {
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => Num::I64(number),
        (_, Ok(number)) => Num::U64(number),
        _ => Num::I128(number),
    }
}

fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

fn json_text(text: &str) -> Option<Value> {
    let value: Json = serde_json::from_str(text).ok()?;
    Value::serialize(value).ok()
}

fn spelled(literal: &Json) -> String {
    literal
        .as_str()
        .map_or_else(|| literal.to_string(), str::to_owned)
}
