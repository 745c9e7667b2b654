//! The statements of a piece of work for a person: those that are alike as one.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::Statement;

/// The statements with one text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Alike<'a> {
    pub(crate) sql: &'a str,
    /// How many times it was sent; more than once is often a query in a loop.
    pub(crate) times: usize,
    /// How many rows all of them returned or changed; `None` where one failed.
    pub(crate) rows: Option<u64>,
    /// How long they took together.
    #[serde(serialize_with = "milliseconds")]
    pub(crate) elapsed: Duration,
}

/// All statements of a piece of work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Queries<'a> {
    pub(crate) count: usize,
    #[serde(serialize_with = "milliseconds")]
    pub(crate) elapsed: Duration,
    /// In the order in which each was first sent.
    pub(crate) alike: Vec<Alike<'a>>,
}

impl<'a> Queries<'a> {
    pub(crate) fn of(statements: &'a [Statement]) -> Self {
        let mut queries: Vec<Alike<'a>> = Vec::new();
        for statement in statements {
            let known = queries.iter_mut().find(|alike| alike.sql == statement.sql);
            match known {
                Some(alike) => {
                    alike.times += 1;
                    alike.elapsed += statement.elapsed;
                    alike.rows = alike
                        .rows
                        .zip(statement.rows)
                        .map(|(rows, more)| rows + more);
                }
                None => queries.push(Alike {
                    sql: &statement.sql,
                    times: 1,
                    rows: statement.rows,
                    elapsed: statement.elapsed,
                }),
            }
        }
        Self {
            count: statements.len(),
            elapsed: statements.iter().map(|statement| statement.elapsed).sum(),
            alike: queries,
        }
    }
}

impl fmt::Display for Alike<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = match self.rows {
            Some(1) => "1 row".to_owned(),
            Some(rows) => format!("{rows} rows"),
            None => "failed".to_owned(),
        };
        let repeated = match self.times {
            1 => String::new(),
            times => format!("repeated {times} times: "),
        };
        // A statement of several lines as one.
        let sql = self.sql.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(f, "{:>9}  {rows:<8}  {repeated}{sql}", shown(self.elapsed))
    }
}

/// A duration as a person compares it with others.
pub(crate) fn shown(elapsed: Duration) -> String {
    format!("{:.1} ms", elapsed.as_secs_f64() * 1000.0)
}

fn milliseconds<S: serde::Serializer>(elapsed: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((elapsed.as_secs_f64() * 1e6).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_are_alike_are_one_line_with_their_number() {
        let statement = |sql: &str, rows| Statement {
            sql: sql.to_owned(),
            elapsed: Duration::from_micros(1500),
            rows,
        };
        let statements = [
            statement("SELECT 1", Some(1)),
            statement("SELECT *\n  FROM item", Some(2)),
            statement("SELECT 1", Some(1)),
            statement("SELECT x", None),
        ];
        let queries = Queries::of(&statements);
        let lines: Vec<String> = queries.alike.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "   3.0 ms  2 rows    repeated 2 times: SELECT 1",
                "   1.5 ms  2 rows    SELECT * FROM item",
                "   1.5 ms  failed    SELECT x",
            ]
        );
        assert_eq!(
            (queries.count, shown(queries.elapsed).as_str()),
            (4, "6.0 ms")
        );
    }
}
