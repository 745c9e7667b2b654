//! [`ObjectViewset`]: pages for rows that come from elsewhere than a table.

use std::cmp::Ordering;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value as Json;

use super::access::{Operation, Visitor};
use super::backend::{Backend, Face, FilterFace, Head, SearchFace};
use super::card::Card;
use super::cell::Cell;
use super::columns::Columns;
use super::list_query::ListQuery;
use super::meta::{Meta, slug};
use super::rows::{Object, Reveal, Row, Rows};
use crate::db::Total;
use crate::http::Result;
use crate::services::Services;

/// A list and pages of objects that are in no table: of another service, a file, the program
/// itself. A package brings it with `to.admin_objects(..)`.
///
/// ```
/// use plain::admin::{Meta, ObjectList, ObjectViewset};
/// use plain::http::Result;
/// use plain::services::Services;
///
/// #[derive(serde::Serialize)]
/// struct Server { name: &'static str, healthy: bool }
///
/// struct Servers;
///
/// impl ObjectViewset for Servers {
///     type Object = Server;
///
///     fn meta(&self) -> Meta {
///         Meta::new("Servers").icon("server")
///     }
///
///     fn list(&self) -> ObjectList<Server> {
///         ObjectList::fields(["name", "healthy"])
///             .filter("Down", |server: &Server| !server.healthy)
///     }
///
///     async fn objects(&self, _app: &Services) -> Result<Vec<Server>> {
///         Ok(vec![Server { name: "a", healthy: true }])
///     }
///
///     fn id(&self, server: &Server) -> String {
///         server.name.to_owned()
///     }
/// }
/// ```
pub trait ObjectViewset: Send + Sync + 'static {
    /// What is listed; serde says what its fields are.
    type Object: Serialize + Send + Sync + 'static;

    /// Title, icon, section and path.
    fn meta(&self) -> Meta;

    /// The list page. It can be searched in what it shows.
    fn list(&self) -> ObjectList<Self::Object>;

    /// All objects.
    ///
    /// # Errors
    ///
    /// If their source can't be reached.
    fn objects(&self, app: &Services) -> impl Future<Output = Result<Vec<Self::Object>>> + Send;

    /// What tells this object from the others, in its address.
    fn id(&self, object: &Self::Object) -> String;

    /// What is shown at a glance above the list and on the start page.
    fn cards(&self) -> Vec<Card> {
        Vec::new()
    }

    /// Whether this visitor, who is an admin, may do this. Nobody else is ever asked about.
    fn permits(&self, _visitor: &Visitor, _operation: Operation) -> bool {
        true
    }
}

/// The list page of an [`ObjectViewset`].
pub struct ObjectList<T> {
    columns: Columns<T>,
    filters: Vec<Filter<T>>,
    order: Option<&'static str>,
    page_size: u64,
}

struct Filter<T> {
    name: String,
    label: String,
    keep: Arc<dyn Fn(&T) -> bool + Send + Sync>,
}

impl<T> ObjectList<T> {
    /// Starts with the names of the columns.
    pub fn fields(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            columns: Columns::new(names),
            filters: Vec::new(),
            order: None,
            page_size: 25,
        }
    }

    /// Shows in the column `name` what `function` makes of the object.
    #[must_use]
    pub fn computed<F, C>(mut self, name: &'static str, function: F) -> Self
    where
        F: Fn(&T) -> C + Send + Sync + 'static,
        C: Into<Cell>,
    {
        let cell = move |object: &T, _: &Services| function(object).into();
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

    /// Offers a choice of objects.
    #[must_use]
    pub fn filter<F>(mut self, label: impl Into<String>, keep: F) -> Self
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let label = label.into();
        self.filters.push(Filter {
            name: slug(&label),
            label,
            keep: Arc::new(keep),
        });
        self
    }

    /// How many objects a page has.
    #[must_use]
    pub fn page_size(mut self, objects: u64) -> Self {
        self.page_size = objects.clamp(1, 500);
        self
    }
}

impl<T> std::fmt::Debug for ObjectList<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectList")
            .field("columns", &self.columns.names)
            .finish_non_exhaustive()
    }
}

/// An object viewset with what its functions return.
pub(super) struct ObjectBackend<V: ObjectViewset> {
    viewset: V,
    face: Face,
    list: ObjectList<V::Object>,
}

impl<V: ObjectViewset> ObjectBackend<V> {
    pub(super) fn new(viewset: V) -> Self {
        let (meta, list) = (viewset.meta(), viewset.list());
        let head = |name: &&'static str| Head {
            name,
            label: list.columns.label(name),
            sortable: true,
        };
        let filters = list.filters.iter().map(|filter| FilterFace {
            name: filter.name.clone(),
            label: filter.label.clone(),
            order: None,
        });
        let face = Face {
            one: meta.one("Object").to_owned(),
            columns: list.columns.names.iter().map(head).collect(),
            order: list.order,
            filters: filters.collect(),
            search: Some(SearchFace {
                hint: format!("Search {}", meta.title().to_lowercase()),
                kept_as: None,
            }),
            meta,
            actions: Vec::new(),
            tasks: Vec::new(),
            object_actions: Vec::new(),
            create: None,
            update: None,
            delete: None,
            cards: viewset.cards(),
            page_size: list.page_size,
        };
        Self {
            viewset,
            face,
            list,
        }
    }

    async fn list_rows(&self, app: &Services, query: &ListQuery) -> Result<Rows> {
        let mut found = Vec::new();
        let filters = self.list.filters.iter();
        let filters: Vec<_> = filters
            .filter(|filter| query.filters.contains(&filter.name))
            .collect();
        let searched = query.search.to_lowercase();
        for object in self.viewset.objects(app).await? {
            let json = serde_json::to_value(&object)?;
            let kept = filters.iter().all(|filter| (filter.keep)(&object));
            if kept && self.contains(&json, &searched) {
                found.push((object, json));
            }
        }
        self.sort(&mut found, query);
        let total = found.len() as u64;
        let skipped = (query.page - 1).saturating_mul(self.list.page_size);
        let shown = found
            .iter()
            .skip(usize::try_from(skipped).unwrap_or(usize::MAX))
            .take(usize::try_from(self.list.page_size).unwrap_or(usize::MAX));
        let rows = shown.map(|(object, json)| Row {
            id: self.viewset.id(object),
            label: self.viewset.id(object),
            cells: self.cells(object, json, app),
        });
        Ok(Rows {
            rows: rows.collect(),
            has_next: skipped.saturating_add(self.list.page_size) < total,
            total: Total::Exactly(total),
        })
    }

    fn cells(&self, object: &V::Object, json: &Json, app: &Services) -> Vec<Cell> {
        let columns = &self.list.columns;
        let names = columns.names.iter();
        let cells = names.map(|name| columns.cell(name, object, json, &[], app).short());
        cells.collect()
    }

    fn contains(&self, json: &Json, searched: &str) -> bool {
        let contains = |name: &&'static str| match json.get(name) {
            Some(Json::String(text)) => text.to_lowercase().contains(searched),
            Some(value) => value.to_string().to_lowercase().contains(searched),
            None => false,
        };
        searched.is_empty() || self.list.columns.names.iter().any(contains)
    }

    fn sort(&self, found: &mut [(V::Object, Json)], query: &ListQuery) {
        let Some(sort) = query.order(&self.face) else {
            return;
        };
        let name = sort.strip_prefix('-').unwrap_or(sort);
        found.sort_by(|(_, one), (_, other)| compare(one.get(name), other.get(name)));
        if sort.starts_with('-') {
            found.reverse();
        }
    }

    async fn one(&self, app: &Services, id: &str) -> Result<Option<Object>> {
        let objects = self.viewset.objects(app).await?;
        let mut objects = objects.iter();
        let Some(object) = objects.find(|object| self.viewset.id(object) == id) else {
            return Ok(None);
        };
        let json = serde_json::to_value(object)?;
        let columns = &self.list.columns;
        let mut fields: Vec<_> = columns
            .names
            .iter()
            .map(|name| {
                (
                    columns.label(name),
                    columns.cell(name, object, &json, &[], app),
                )
            })
            .collect();
        let others = json.as_object().into_iter().flatten();
        let others = others.filter(|(name, _)| columns.names.iter().all(|known| known != name));
        fields.extend(others.map(|(name, value)| (columns.label(name), Cell::of_json(value))));
        Ok(Some(Object {
            id: id.to_owned(),
            label: id.to_owned(),
            fields,
            hidden: None,
            actions: Vec::new(),
        }))
    }
}

impl<V: ObjectViewset> Backend for ObjectBackend<V> {
    fn face(&self) -> &Face {
        &self.face
    }

    fn permits(&self, visitor: &Visitor, operation: Operation) -> bool {
        self.viewset.permits(visitor, operation)
    }

    fn rows<'a>(&'a self, app: &'a Services, query: &'a ListQuery) -> BoxFuture<'a, Result<Rows>> {
        Box::pin(self.list_rows(app, query))
    }

    fn object<'a>(
        &'a self,
        app: &'a Services,
        id: &'a str,
        _: Reveal,
    ) -> BoxFuture<'a, Result<Option<Object>>> {
        Box::pin(self.one(app, id))
    }
}

/// Numbers by size, all else as text; what is missing first.
fn compare(one: Option<&Json>, other: Option<&Json>) -> Ordering {
    let text = |value: Option<&Json>| match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    match (one.and_then(Json::as_f64), other.and_then(Json::as_f64)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => text(one).cmp(&text(other)),
    }
}
