//! Finding rows by their keys.

use std::collections::HashMap;

use plain::db::{Access, Batch, Error, Kind, Transaction, Value};

use super::select;
use crate::key::KeyHash;
use crate::models::Session;

/// The rows of several keys, by one statement.
pub(super) struct Lookup;

impl Batch for Lookup {
    type Entry = KeyHash;
    type Answer = Option<Session>;
    const ACCESS: Access = Access::Read;

    async fn run(work: &mut Transaction, keys: &[KeyHash]) -> Result<Vec<Option<Session>>, Error> {
        if let [key] = keys {
            let query = work.query(select!("key_hash = $1"));
            return Ok(vec![query.bind(key).fetch_optional().await?]);
        }
        let sql = match work.kind() {
            Kind::Sqlite => select!("key_hash IN (SELECT value FROM json_each($1))"),
            Kind::Postgres => {
                select!("key_hash = ANY (ARRAY (SELECT jsonb_array_elements_text($1)))")
            }
        };
        let rows: Vec<Session> = work.query(sql).bind(list(keys)).fetch_all().await?;
        let mut found: HashMap<_, _> = rows
            .into_iter()
            .map(|row| (row.key_hash.clone(), row))
            .collect();
        let mut answers = Vec::with_capacity(keys.len());
        for (place, key) in keys.iter().enumerate() {
            // Two requests of one visitor may wait at once.
            let is_last = !keys[place + 1..].contains(key);
            answers.push(match is_last {
                true => found.remove(key.as_str()),
                false => found.get(key.as_str()).cloned(),
            });
        }
        Ok(answers)
    }
}

/// `keys` as one value. They are hexadecimal, so there is nothing to escape.
pub(super) fn list<'a>(keys: impl IntoIterator<Item = &'a KeyHash>) -> Value {
    let mut text = String::from("[");
    for key in keys {
        if text.len() > 1 {
            text.push(',');
        }
        text.extend(["\"", key.as_str(), "\""]);
    }
    text.push(']');
    Value::JsonText(text)
}
