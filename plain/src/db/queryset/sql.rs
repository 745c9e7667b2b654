//! Putting a statement together; values are bound, never written into it.

use std::fmt::Write;

use super::{Direction, Order};
use crate::db::query::Target;
use crate::db::{Kind, Model, Query, Sql, Value};

/// A statement that is being written.
pub(super) struct Builder {
    kind: Kind,
    sql: String,
    values: Vec<Value>,
}

impl Builder {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            sql: String::with_capacity(128),
            values: Vec::new(),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// A comma before each but the first of several things.
    pub(super) fn comma(&mut self, index: usize) -> &mut Self {
        self.push(if index == 0 { "" } else { ", " })
    }

    /// A name in quotation marks, so that words of SQL can be names.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.sql.push('"');
        for c in name.chars() {
            if c == '"' {
                self.sql.push('"');
            }
            self.sql.push(c);
        }
        self.sql.push('"');
        self
    }

    /// A column with its table: SQLite would take a column that does not exist for a text otherwise.
    pub(super) fn column<M: Model>(&mut self, name: &str) -> &mut Self {
        self.name(M::TABLE).push(".").name(name)
    }

    /// All columns of the model.
    pub(super) fn columns<M: Model>(&mut self) -> &mut Self {
        for (index, field) in M::FIELDS.iter().enumerate() {
            self.comma(index).column::<M>(field.name());
        }
        self
    }

    pub(super) fn bind(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        write!(self.sql, "${}", self.values.len()).expect("writing to a string cannot fail");
        self
    }

    pub(super) fn order<M: Model>(&mut self, order: &Order) -> &mut Self {
        self.column::<M>(order.field.name());
        if order.direction == Direction::Down {
            self.push(" DESC");
        }
        // What holds nothing is the smallest for SQLite, and the greatest for PostgreSQL.
        if order.field.is_nullable() && self.kind == Kind::Postgres {
            self.push(match order.direction {
                Direction::Up => " NULLS FIRST",
                Direction::Down => " NULLS LAST",
            });
        }
        self
    }

    pub(super) fn limit(&mut self, limit: Option<u64>, offset: u64) -> &mut Self {
        // Both databases count in 64 bits with a sign; SQLite takes no offset without a limit.
        let bounded = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        if limit.is_some() || offset > 0 {
            self.push(" LIMIT ")
                .bind(limit.map_or(i64::MAX, bounded).into());
        }
        if offset > 0 {
            self.push(" OFFSET ").bind(bounded(offset).into());
        }
        self
    }

    pub(super) fn query(self, target: Target<'_>) -> Query<'_> {
        Query::new(target, Sql::trusted(self.sql)).bind_all(self.values)
    }
}
