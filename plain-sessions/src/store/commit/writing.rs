//! The statements that write the rows of a batch: one for all of which the same becomes.
//!
//! The rows stand in it as placeholders. There are statements for some numbers of rows only, so that a
//! connection keeps them prepared; what is left over is filled with NULL, and meets no condition.

use std::fmt::Write;

use plain::db::{Kind, Query, Sql, Transaction, Value};

use super::swap::Swap;
use crate::json;
use crate::models::Session;

/// A statement with its values.
pub(super) struct Writing {
    sql: Sql,
    values: Vec<Value>,
}

/// A column of the rows in a statement, each of which stands for an `R`.
struct Column<R> {
    name: &'static str,
    /// Its type in PostgreSQL, which does not take it from where a value goes.
    kind: &'static str,
    value: fn(&R) -> Value,
}

impl<R> Column<R> {
    const fn new(name: &'static str, kind: &'static str, value: fn(&R) -> Value) -> Self {
        Self { name, kind, value }
    }
}

const ID: Column<Session> = Column::new("id", "BIGINT", |it| it.id.into());
const KEY_HASH: Column<Session> = Column::new("key_hash", "TEXT", |it| (&it.key_hash).into());
const SESSION_DATA: Column<Session> = Column::new("session_data", "JSONB", data);
const CREATED_AT: Column<Session> = Column::new("created_at", TIME, |it| it.created_at.into());
const EXPIRES_AT: Column<Session> = Column::new("expires_at", TIME, |it| it.expires_at.into());
const OWNER: Column<Session> = Column::new("owner", "TEXT", |it| it.owner.clone().into());

const SWAP: [Column<Swap>; 9] = [
    Column::new("number", "BIGINT", |it| it.old.session.id.into()),
    Column::new("key_hash", "TEXT", |it| (&it.old.session.key_hash).into()),
    Column::new("old_data", "JSONB", |it| data(&it.old.session)),
    Column::new("created_at", TIME, |it| it.old.session.created_at.into()),
    Column::new("old_expires_at", TIME, |it| {
        it.old.session.expires_at.into()
    }),
    Column::new("old_owner", "TEXT", |it| {
        it.old.session.owner.clone().into()
    }),
    Column::new("new_data", "JSONB", |it| data(&it.new.session)),
    Column::new("new_expires_at", TIME, |it| {
        it.new.session.expires_at.into()
    }),
    Column::new("new_owner", "TEXT", |it| {
        it.new.session.owner.clone().into()
    }),
];

const TIME: &str = "TIMESTAMPTZ";

fn data(session: &Session) -> Value {
    Value::JsonText(json::text(&session.session_data))
}

impl Writing {
    /// Deletes the rows of `sessions`; `None` if there are none, as in the others.
    pub(super) fn deletion(kind: Kind, sessions: &[&Session]) -> Option<Self> {
        let around = ["DELETE FROM plainsessions_session WHERE id IN (", ")"];
        Self::new(kind, sessions, &[ID], around)
    }

    /// Writes `sessions` over their rows, all but the key, whose index would be written anew.
    pub(super) fn update(kind: Kind, sessions: &[&Session]) -> Option<Self> {
        let columns = [ID, SESSION_DATA, CREATED_AT, EXPIRES_AT, OWNER];
        let around = [
            "UPDATE plainsessions_session AS s SET session_data = n.session_data, \
             created_at = n.created_at, expires_at = n.expires_at, owner = n.owner FROM (",
            ") AS n WHERE s.id = n.id",
        ];
        Self::new(kind, sessions, &columns, around)
    }

    /// Writes `sessions` over their rows.
    pub(super) fn rekeying(kind: Kind, sessions: &[&Session]) -> Option<Self> {
        let columns = [ID, KEY_HASH, SESSION_DATA, CREATED_AT, EXPIRES_AT, OWNER];
        let around = [
            "UPDATE plainsessions_session AS s SET key_hash = n.key_hash, \
             session_data = n.session_data, created_at = n.created_at, \
             expires_at = n.expires_at, owner = n.owner FROM (",
            ") AS n WHERE s.id = n.id",
        ];
        Self::new(kind, sessions, &columns, around)
    }

    /// Inserts `sessions`, and returns for each its number and the hash of its key.
    pub(super) fn insertion(kind: Kind, sessions: &[&Session]) -> Option<Self> {
        let columns = [KEY_HASH, SESSION_DATA, CREATED_AT, EXPIRES_AT, OWNER];
        let around = [
            "INSERT INTO plainsessions_session \
             (key_hash, session_data, created_at, expires_at, owner) ",
            " WHERE key_hash IS NOT NULL RETURNING id, key_hash",
        ];
        Self::new(kind, sessions, &columns, around)
    }

    /// Changes the rows that are as they were, and returns their numbers.
    pub(super) fn swap(kind: Kind, swaps: &[&Swap]) -> Option<Self> {
        let around = [
            "UPDATE plainsessions_session AS s SET session_data = n.new_data, \
             expires_at = n.new_expires_at, owner = n.new_owner FROM (",
            ") AS n WHERE s.id = n.number AND s.key_hash = n.key_hash \
             AND s.session_data = n.old_data AND s.created_at = n.created_at \
             AND s.expires_at = n.old_expires_at AND s.owner IS NOT DISTINCT FROM n.old_owner \
             RETURNING id",
        ];
        Self::new(kind, swaps, &SWAP, around)
    }

    /// The statement in `work`, which is committed with it if it `is_last`.
    pub(super) fn query(self, work: &mut Transaction, is_last: bool) -> Query<'_> {
        let query = match is_last {
            true => work.query_and_commit(self.sql),
            false => work.query(self.sql),
        };
        query.bind_all(self.values)
    }

    /// The statement that has the rows in between of `around`.
    fn new<R>(
        kind: Kind,
        rows: &[&R],
        columns: &[Column<R>],
        [head, tail]: [&str; 2],
    ) -> Option<Self> {
        if rows.is_empty() {
            return None;
        }
        let placeholders = padded(rows.len()) * columns.len();
        let mut values = Vec::with_capacity(placeholders);
        for row in rows {
            values.extend(columns.iter().map(|column| (column.value)(row)));
        }
        values.resize(placeholders, Value::Null);
        let mut sql = String::with_capacity(8 * placeholders + 500);
        sql.push_str(head);
        add_rows(&mut sql, kind, columns, placeholders);
        sql.push_str(tail);
        Some(Self {
            sql: Sql::trusted(sql),
            values,
        })
    }
}

/// How many rows a statement for so many has: up to a quarter more, so that there are few.
fn padded(least: usize) -> usize {
    least.next_multiple_of((least.next_power_of_two() / 4).max(1))
}

/// Adds a query of the rows, which are as many as `placeholders` fill.
fn add_rows<R>(sql: &mut String, kind: Kind, columns: &[Column<R>], placeholders: usize) {
    for (index, column) in columns.iter().enumerate() {
        sql.push_str(if index == 0 { "WITH n (" } else { ", " });
        sql.push_str(column.name);
    }
    for index in 0..placeholders {
        let column = index % columns.len();
        sql.push_str(match (index, column) {
            (0, _) => ") AS (VALUES (",
            (_, 0) => "), (",
            _ => ", ",
        });
        let number = index + 1;
        // Writing to a text never fails.
        let _ = match kind {
            // With numbers it would look through all of them for each value that is bound.
            Kind::Sqlite => sql.write_char('?'),
            // The first row says for all what they are.
            Kind::Postgres if index == column => {
                write!(sql, "CAST(${number} AS {})", columns[column].kind)
            }
            Kind::Postgres => write!(sql, "${number}"),
        };
    }
    sql.push_str(")) SELECT * FROM n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_statement_are_as_many_as_of_few_others() {
        assert_eq!([1, 2, 3, 5, 9, 17].map(padded), [1, 2, 3, 6, 12, 24]);
        let sizes: std::collections::HashSet<_> = (1..=256).map(padded).collect();
        assert_eq!((sizes.len(), sizes.iter().max()), (16, Some(&256)));
    }

    #[test]
    fn a_statement_names_its_columns_once_and_postgresql_their_types_too() {
        let text = |kind| {
            let mut sql = String::new();
            add_rows(&mut sql, kind, &[ID, OWNER], 4);
            sql
        };
        assert_eq!(
            text(Kind::Sqlite),
            "WITH n (id, owner) AS (VALUES (?, ?), (?, ?)) SELECT * FROM n"
        );
        assert_eq!(
            text(Kind::Postgres),
            "WITH n (id, owner) AS (VALUES (CAST($1 AS BIGINT), CAST($2 AS TEXT)), ($3, $4)) \
             SELECT * FROM n"
        );
    }
}
