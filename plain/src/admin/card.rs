//! Cards: figures at a glance.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use minijinja::Value;

use super::cell::Cell;
use super::chart;
use crate::context;
use crate::http::Result;
use crate::services::Services;

type Load = Arc<dyn Fn(Services) -> BoxFuture<'static, Result<Content>> + Send + Sync>;

/// A figure, a trend, a small table or a few pairs, above a list and on the start page.
///
/// ```
/// use plain::admin::{Card, Content};
///
/// let card = Card::new("Rows", |app| async move {
///     let rows: i64 = app.database()?.query("SELECT count(*) FROM item").scalar().await?;
///     Ok(Content::number(rows.unsigned_abs()))
/// });
/// ```
#[derive(Clone)]
pub struct Card {
    title: String,
    load: Load,
}

impl Card {
    /// A card whose content is loaded each time that it is shown; keep it quick.
    pub fn new<F, A>(title: impl Into<String>, load: F) -> Self
    where
        F: Fn(Services) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Content>> + Send + 'static,
    {
        Self {
            title: title.into(),
            load: Arc::new(move |app| Box::pin(load(app))),
        }
    }

    /// The card as templates see it. One that can't be loaded says so, and keeps no page from
    /// being shown.
    pub(super) async fn shown(&self, app: &Services) -> Value {
        let title = self.title.as_str();
        match (self.load)(app.clone()).await {
            Ok(content) => context! { title, ..content.shown(title) },
            Err(error) => {
                tracing::error!(card = title, "{error}");
                context! { title, kind => "failed", note => "" }
            }
        }
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Card").field(&self.title).finish()
    }
}

/// What a card shows.
#[derive(Clone, Debug)]
pub struct Content {
    body: Body,
    note: String,
}

#[derive(Clone, Debug)]
enum Body {
    Number(u64, Bound),
    Trend(Vec<(String, u64)>),
    Table(Vec<String>, Vec<Vec<Cell>>),
    Pairs(Vec<(String, Cell)>),
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    Exact,
    Lower,
}

impl Content {
    /// A number.
    pub fn number(number: u64) -> Self {
        Self::of(Body::Number(number, Bound::Exact))
    }

    /// What was counted up to `most`, and no further: shown as "or more" where that was reached.
    pub fn counted(number: u64, most: u64) -> Self {
        let bound = if number >= most {
            Bound::Lower
        } else {
            Bound::Exact
        };
        Self::of(Body::Number(number.min(most), bound))
    }

    /// A number for each of several days or the like, in order, as a chart.
    pub fn trend<L: Into<String>>(points: impl IntoIterator<Item = (L, u64)>) -> Self {
        let points = points.into_iter();
        let points = points.map(|(label, number)| (label.into(), number));
        Self::of(Body::Trend(points.collect()))
    }

    /// A small table.
    pub fn table<H: Into<String>>(
        heads: impl IntoIterator<Item = H>,
        rows: impl IntoIterator<Item = Vec<Cell>>,
    ) -> Self {
        let heads = heads.into_iter().map(Into::into).collect();
        Self::of(Body::Table(heads, rows.into_iter().collect()))
    }

    /// Names and values.
    pub fn pairs<N: Into<String>>(pairs: impl IntoIterator<Item = (N, Cell)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, cell)| (name.into(), cell));
        Self::of(Body::Pairs(pairs.collect()))
    }

    /// The same with a line below it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn of(body: Body) -> Self {
        Self {
            body,
            note: String::new(),
        }
    }

    fn shown(&self, title: &str) -> Value {
        let note = &self.note;
        match &self.body {
            Body::Number(number, bound) => {
                let or_more = matches!(bound, Bound::Lower);
                context! { kind => "number", number => grouped(*number), or_more, note }
            }
            Body::Trend(points) => {
                let total = points.iter().map(|(_, number)| number).sum();
                let chart = Value::from_safe_string(chart::bars(title, points));
                let ends = points.first().zip(points.last());
                let ends = ends.map(|((first, _), (last, _))| [first, last]);
                context! { kind => "trend", number => grouped(total), chart, ends, note }
            }
            Body::Table(heads, rows) => context! { kind => "table", heads, rows, note },
            Body::Pairs(pairs) => context! { kind => "pairs", pairs, note },
        }
    }
}

/// A number with its thousands apart: `12,345`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let numbers = [0, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }
}
