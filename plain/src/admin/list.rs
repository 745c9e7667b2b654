//! [`List`]: how the rows of a model are listed, found, sorted, and acted on.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::action::{Action, Chosen, Confirmation, Task};
use super::cell::Cell;
use super::columns::Columns;
use super::meta::slug;
use crate::db::{FieldKind, Model, QuerySet};
use crate::http::Result;
use crate::services::Services;

/// How many rows a page has unless it says otherwise.
const PAGE_SIZE: u64 = 25;

/// The list page of a viewset.
///
/// Names are those of the model's fields, or of columns that are [computed](List::computed); names
/// that are neither stop the start of the application.
pub struct List<M> {
    pub(super) columns: Columns<M>,
    pub(super) order: Option<&'static str>,
    pub(super) search: Option<Search<M>>,
    pub(super) filters: Vec<Filter<M>>,
    pub(super) actions: Vec<Action<M>>,
    pub(super) tasks: Vec<Task>,
    pub(super) page_size: u64,
    sortable: Option<Vec<&'static str>>,
    sorted_by: Vec<(&'static str, &'static str)>,
}

type Find<M> = Arc<dyn Fn(QuerySet<M>, &str) -> QuerySet<M> + Send + Sync>;

/// How rows are found by a text.
pub(super) struct Search<M> {
    apply: Find<M>,
    pub(super) hint: String,
    /// What stands for a text in addresses and pages, where the text itself must not stand there.
    pub(super) kept_as: Option<fn(&str) -> String>,
}

type Narrow<M> = Arc<dyn Fn(QuerySet<M>, DateTime<Utc>) -> QuerySet<M> + Send + Sync>;

/// A named choice of rows.
pub(super) struct Filter<M> {
    pub(super) name: String,
    pub(super) label: String,
    /// The order at first where it is on.
    pub(super) order: Option<&'static str>,
    narrow: Narrow<M>,
}

impl<M: Model> List<M> {
    /// Starts with the names of the columns.
    pub fn fields(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            columns: Columns::new(names),
            order: None,
            search: None,
            filters: Vec::new(),
            actions: Vec::new(),
            tasks: Vec::new(),
            page_size: PAGE_SIZE,
            sortable: None,
            sorted_by: Vec::new(),
        }
    }

    /// Shows in the column `name` what `function` makes of the row.
    #[must_use]
    pub fn computed<F, C>(self, name: &'static str, function: F) -> Self
    where
        F: Fn(&M) -> C + Send + Sync + 'static,
        C: Into<Cell>,
    {
        self.computed_with(name, move |row, _| function(row))
    }

    /// The same for a function that also needs what the application shares, such as settings.
    #[must_use]
    pub fn computed_with<F, C>(mut self, name: &'static str, function: F) -> Self
    where
        F: Fn(&M, &Services) -> C + Send + Sync + 'static,
        C: Into<Cell>,
    {
        let cell = move |row: &M, app: &Services| function(row, app).into();
        self.columns.compute(name, cell);
        self
    }

    /// Heads the column `name` with `label`.
    #[must_use]
    pub fn label(mut self, name: &'static str, label: impl Into<String>) -> Self {
        self.columns.rename(name, label);
        self
    }

    /// The order at first: the name of a field, with `-` before it for downward.
    #[must_use]
    pub fn order(mut self, name: &'static str) -> Self {
        self.order = Some(name);
        self
    }

    /// The columns that visitors can sort by; without this, all that are fields. On a table with
    /// millions of rows, only those that an index serves.
    #[must_use]
    pub fn sortable(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.sortable = Some(names.into_iter().collect());
        self
    }

    /// Sorts the column `name` by the field `field`, which gives the same order, and which an index
    /// serves, say.
    #[must_use]
    pub fn sorted_by(mut self, name: &'static str, field: &'static str) -> Self {
        self.sorted_by.push((name, field));
        self
    }

    /// Finds rows by a text, as `search` narrows them down.
    #[must_use]
    pub fn search<F>(mut self, search: F) -> Self
    where
        F: Fn(QuerySet<M>, &str) -> QuerySet<M> + Send + Sync + 'static,
    {
        self.search = Some(Search {
            apply: Arc::new(search),
            hint: "Search".to_owned(),
            kept_as: None,
        });
        self
    }

    /// Finds rows of which one of the fields contains the text. It looks at each row: for tables
    /// that stay small, or with an index of trigrams.
    #[must_use]
    pub fn search_fields(self, names: impl IntoIterator<Item = &'static str>) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        let hint = names
            .iter()
            .map(|name| self.columns.label(name).to_lowercase());
        let hint = format!("Search {}", hint.collect::<Vec<_>>().join(", "));
        self.search(move |query, text| query.search(names.iter().copied(), text))
            .search_hint(hint)
    }

    /// What stands in the empty search field.
    #[must_use]
    pub fn search_hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(search) = &mut self.search {
            search.hint = hint.into();
        }
        self
    }

    /// Says what stands for the searched text in addresses and pages, for texts that may be
    /// secrets: it is given to `search` in place of the text. The text itself is then sent by POST,
    /// and shown nowhere. A text that is made from another stands for itself.
    #[must_use]
    pub fn search_kept_as(mut self, kept_as: fn(&str) -> String) -> Self {
        if let Some(search) = &mut self.search {
            search.kept_as = Some(kept_as);
        }
        self
    }

    /// Offers a choice of rows, as `narrow` narrows them down at the time that it is given.
    #[must_use]
    pub fn filter<F>(mut self, label: impl Into<String>, narrow: F) -> Self
    where
        F: Fn(QuerySet<M>, DateTime<Utc>) -> QuerySet<M> + Send + Sync + 'static,
    {
        let label = label.into();
        self.filters.push(Filter {
            name: slug(&label),
            label,
            order: None,
            narrow: Arc::new(narrow),
        });
        self
    }

    /// The order at first where the filter that was added last is on: the name of a field, with `-`
    /// before it for downward. On a table with millions of rows, one that the same index serves as
    /// the filter.
    #[must_use]
    pub fn filter_order(mut self, name: &'static str) -> Self {
        if let Some(filter) = self.filters.last_mut() {
            filter.order = Some(name);
        }
        self
    }

    /// Offers an action on selected rows, or all that match. `run` returns with how many objects
    /// something was done; where many match, it is called for one batch after the other.
    #[must_use]
    pub fn action<F, A>(mut self, label: impl Into<String>, ask: Confirmation, run: F) -> Self
    where
        F: Fn(Chosen<M>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<u64>> + Send + 'static,
    {
        self.actions.push(Action::new(label, ask, run));
        self
    }

    /// Offers something that is not done with selected rows, such as to tidy up. `run` returns a
    /// line that says what was done.
    #[must_use]
    pub fn task<F, A>(mut self, label: impl Into<String>, ask: Confirmation, run: F) -> Self
    where
        F: Fn(Services) -> A + Send + Sync + 'static,
        A: Future<Output = Result<String>> + Send + 'static,
    {
        self.tasks.push(Task::new(label, ask, run));
        self
    }

    /// How many rows a page has.
    #[must_use]
    pub fn page_size(mut self, rows: u64) -> Self {
        self.page_size = rows.clamp(1, 500);
        self
    }

    /// The field that the column `name` is sorted by, if visitors can sort by it.
    pub(super) fn sort_field(&self, name: &str) -> Option<&'static str> {
        let column = self.columns.names.iter().find(|known| **known == name)?;
        if let Some(sortable) = &self.sortable
            && !sortable.contains(column)
        {
            return None;
        }
        let comparable = |kind| !matches!(kind, FieldKind::Json | FieldKind::Bytes);
        let found = M::field(self.field_of(column)).ok()?;
        comparable(found.kind()).then(|| found.name())
    }

    /// An order in names of columns, in names of fields.
    pub(super) fn order_by_field(&self, order: &str) -> String {
        let (sign, name) = match order.strip_prefix('-') {
            Some(name) => ("-", name),
            None => ("", order),
        };
        format!("{sign}{}", self.field_of(name))
    }

    /// The field that stands in for the column `name` where rows are sorted by it.
    fn field_of<'a>(&'a self, name: &'a str) -> &'a str {
        let mapped = self.sorted_by.iter().find(|(known, _)| *known == name);
        mapped.map_or(name, |(_, field)| field)
    }

    /// The orders that the list itself says, in names of fields.
    pub(super) fn own_orders(&self) -> impl Iterator<Item = String> {
        let filters = self.filters.iter().filter_map(|filter| filter.order);
        let orders = self.order.into_iter().chain(filters);
        orders.map(|order| self.order_by_field(order))
    }
}

impl<M> Search<M> {
    pub(super) fn apply(&self, query: QuerySet<M>, text: &str) -> QuerySet<M> {
        (self.apply)(query, text)
    }
}

impl<M> Filter<M> {
    pub(super) fn apply(&self, query: QuerySet<M>, now: DateTime<Utc>) -> QuerySet<M> {
        (self.narrow)(query, now)
    }
}

impl<M> std::fmt::Debug for List<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List")
            .field("columns", &self.columns.names)
            .finish_non_exhaustive()
    }
}
