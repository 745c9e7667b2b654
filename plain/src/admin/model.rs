//! A [`Viewset`] as a source of rows: its query sets carried out.

use chrono::Utc;
use futures_util::future::BoxFuture;
use serde_json::Value as Json;

use super::access::{Operation, Visitor};
use super::action::{Action, ActionFace, Chosen};
use super::backend::{Backend, Face, Order, Texts, Writing, Written, not_here};
use super::detail::Detail;
use super::form::Form;
use super::list::List;
use super::list_query::ListQuery;
use super::model_face::face;
use super::rows::{HiddenValues, Object, Preview, Reveal, Row, Rows, Selection};
use super::viewset::Viewset;
use crate::db::{Model, QuerySet, Total, Value};
use crate::http::{Error, FormData, Result, StatusCode};
use crate::services::Services;

/// How many rows an action is given at once.
const BATCH: u64 = 500;

/// How many rows are counted for the page that asks whether to go on.
const COUNTED: u64 = 10_000;

/// How many objects that page names.
const NAMED: u64 = 5;

/// A viewset with what its functions return, asked once when the application starts.
pub(super) struct ModelBackend<V: Viewset> {
    pub(super) viewset: V,
    face: Face,
    list: List<V::Model>,
    detail: Detail<V::Model>,
    pub(super) create: Option<Form<V::Model>>,
    pub(super) update: Option<Form<V::Model>>,
}

impl<V: Viewset> ModelBackend<V> {
    /// Takes in a viewset.
    ///
    /// # Errors
    ///
    /// What is wrong with the names in it.
    pub(super) fn new(viewset: V) -> Result<Self, String> {
        let list = viewset.list();
        let mut detail = viewset.detail();
        detail.columns.inherit(&list.columns);
        let (create, update) = (viewset.create(), viewset.update());
        let backend = Self {
            face: face(&viewset, &list, &detail, create.as_ref(), update.as_ref()),
            viewset,
            list,
            detail,
            create,
            update,
        };
        match backend.mistake() {
            None => Ok(backend),
            Some(mistake) => Err(format!(
                "the admin page `{}`, whose {mistake}",
                backend.face.meta.path()
            )),
        }
    }

    fn mistake(&self) -> Option<String> {
        let fields = V::Model::FIELDS;
        let list = self.list.columns.unknown(fields);
        let list = list.map(|unknown| format!("list shows {unknown}"));
        let detail = || {
            let unknown = self.detail.columns.unknown(fields)?;
            Some(format!("detail page shows {unknown}"))
        };
        let order = || {
            let field = |order: String| V::Model::field(order.trim_start_matches('-'));
            let error = self
                .list
                .own_orders()
                .find_map(|order| field(order).err())?;
            Some(format!("list has an order that it can't have: {error}"))
        };
        let forms = || {
            let mut forms = self.create.iter().chain(&self.update);
            let mistake = forms.find_map(|form| form.mistake.clone())?;
            Some(format!("form can't be made: {mistake}"))
        };
        list.or_else(detail).or_else(order).or_else(forms)
    }

    /// The rows that the list finds, in no order.
    fn found(&self, query: &ListQuery) -> QuerySet<V::Model> {
        let now = Utc::now();
        let mut rows = self.viewset.query();
        for filter in &self.list.filters {
            if query.filters.contains(&filter.name) {
                rows = filter.apply(rows, now);
            }
        }
        match &self.list.search {
            Some(search) if !query.search.is_empty() => search.apply(rows, &query.search),
            _ => rows,
        }
    }

    fn ordered(&self, query: &ListQuery) -> QuerySet<V::Model> {
        let rows = self.found(query);
        match query.order(&self.face) {
            // What a visitor asked for was checked when it was read.
            Some(order) => rows.order(&self.list.order_by_field(order)),
            None => rows,
        }
    }

    /// The row that is found by `id`, and what it is called.
    pub(super) async fn find(&self, app: &Services, id: &str) -> Result<Option<V::Model>> {
        let Some(key) = key::<V::Model>(id) else {
            return Ok(None);
        };
        Ok(self.viewset.query().get(app.database()?, key).await?)
    }

    pub(super) fn label(&self, row: &V::Model, id: &str) -> String {
        let own = self.viewset.label(row).filter(|label| !label.is_empty());
        own.unwrap_or_else(|| format!("{} {id}", self.face.one))
    }

    fn row(&self, app: &Services, row: &V::Model) -> Result<Row> {
        let json = serde_json::to_value(row)?;
        let id = id_of::<V::Model>(&json)?;
        let columns = &self.list.columns;
        let fields = V::Model::FIELDS;
        let cell = |name: &&'static str| columns.cell(name, row, &json, fields, app).short();
        Ok(Row {
            label: self.label(row, &id),
            id,
            cells: columns.names.iter().map(cell).collect(),
        })
    }

    async fn list_rows(&self, app: &Services, query: &ListQuery) -> Result<Rows> {
        let rows = self.ordered(query);
        let page = rows
            .page(app.database()?, query.page, self.list.page_size)
            .await?;
        let rows = page.items.iter().map(|row| self.row(app, row));
        Ok(Rows {
            rows: rows.collect::<Result<_>>()?,
            has_next: page.has_next,
            total: page.total,
        })
    }

    async fn one(&self, app: &Services, id: &str, reveal: Reveal) -> Result<Option<Object>> {
        let Some(row) = self.find(app, id).await? else {
            return Ok(None);
        };
        let json = serde_json::to_value(&row)?;
        let columns = &self.detail.columns;
        let field = |name: &&'static str| {
            let cell = columns.cell(name, &row, &json, V::Model::FIELDS, app);
            (columns.label(name), cell)
        };
        let hidden = self.detail.hidden.as_ref().map(|hidden| {
            let pairs = (hidden.pairs)(&row);
            let values = pairs.iter().map(|(_, value)| super::Cell::json(value));
            HiddenValues {
                title: hidden.title.clone(),
                values: (reveal == Reveal::Values).then(|| values.collect()),
                names: pairs.iter().map(|(name, _)| name.clone()).collect(),
            }
        });
        Ok(Some(Object {
            label: self.label(&row, id),
            fields: columns.names.iter().map(field).collect(),
            id: id_of::<V::Model>(&json)?,
            hidden,
            actions: self.offered(&row),
        }))
    }

    /// The actions of the detail page that `row`, as it is, leaves something to do for.
    fn offered(&self, row: &V::Model) -> Vec<ActionFace> {
        let actions = self.detail.actions.iter();
        let offered = actions.filter(|action| action.is_for(row));
        offered.map(|action| action.face.clone()).collect()
    }

    /// The rows of a selection, in no order.
    fn selected(&self, selection: &Selection, query: &ListQuery) -> Result<QuerySet<V::Model>> {
        let Selection::Ids(ids) = selection else {
            return Ok(self.found(query));
        };
        let keys: Option<Vec<Value>> = ids.iter().map(|id| key::<V::Model>(id)).collect();
        let keys = keys.ok_or_else(|| Error::bad_request("the selection holds what is no id"))?;
        Ok(self.viewset.query().in_list(V::Model::PRIMARY_KEY, keys))
    }

    async fn preview_of(
        &self,
        app: &Services,
        selection: &Selection,
        query: &ListQuery,
    ) -> Result<Preview> {
        let database = app.database()?;
        let rows = self.selected(selection, query)?;
        let first = rows.clone().limit(NAMED).all(database).await?;
        let objects = first.iter().map(|row| {
            let id = id_of::<V::Model>(&serde_json::to_value(row)?)?;
            Ok((self.label(row, &id), id))
        });
        let total = match rows.count_at_most(database, COUNTED + 1).await? {
            counted if counted > COUNTED => Total::AtLeast(COUNTED),
            counted => Total::Exactly(counted),
        };
        Ok(Preview {
            objects: objects.collect::<Result<_>>()?,
            total,
        })
    }

    /// Runs an action on one batch after the other, from the smallest primary key to what is now the
    /// greatest, so that neither what the action changes nor what is added meanwhile matters.
    async fn act_in_batches(
        &self,
        order: Order<'_>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<u64> {
        let action = named(&self.list.actions, order.action)?;
        let rows = self.selected(order.selection, order.query)?;
        let key_name = V::Model::PRIMARY_KEY;
        let database = order.app.database()?;
        let downward = format!("-{key_name}");
        let last = rows.clone().order(&downward).first(database).await?;
        let Some(last) = last else { return Ok(0) };
        let rows = rows.lte(key_name, key_of(&last)?).order(key_name);
        let (mut done, mut after) = (0, None);
        loop {
            let rest = match after.take() {
                Some(key) => rows.clone().gt(key_name, key),
                None => rows.clone(),
            };
            let batch = rest.limit(BATCH).all(database).await?;
            let Some(last) = batch.last() else {
                return Ok(done);
            };
            after = Some(key_of(last)?);
            let chosen = Chosen::new(batch, order.app, order.visitor);
            done += (action.run)(chosen).await?;
            progress(done);
        }
    }

    async fn act_on_one(&self, order: Order<'_>, id: &str) -> Result<u64> {
        let action = named(&self.detail.actions, order.action)?;
        let row = self.find(order.app, id).await?.ok_or_else(gone)?;
        if !action.is_for(&row) {
            return Err(not_now());
        }
        let chosen = Chosen::new(vec![row], order.app, order.visitor);
        (action.run)(chosen).await
    }
}

impl<V: Viewset> Backend for ModelBackend<V> {
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
        reveal: Reveal,
    ) -> BoxFuture<'a, Result<Option<Object>>> {
        Box::pin(self.one(app, id, reveal))
    }

    fn preview<'a>(
        &'a self,
        app: &'a Services,
        selection: &'a Selection,
        query: &'a ListQuery,
    ) -> BoxFuture<'a, Result<Preview>> {
        Box::pin(self.preview_of(app, selection, query))
    }

    fn act<'a>(
        &'a self,
        order: Order<'a>,
        progress: &'a (dyn Fn(u64) + Send + Sync),
    ) -> BoxFuture<'a, Result<u64>> {
        Box::pin(self.act_in_batches(order, progress))
    }

    fn act_on<'a>(&'a self, order: Order<'a>, id: &'a str) -> BoxFuture<'a, Result<u64>> {
        Box::pin(self.act_on_one(order, id))
    }

    fn run_task<'a>(&'a self, app: &'a Services, name: &'a str) -> BoxFuture<'a, Result<String>> {
        let mut tasks = self.list.tasks.iter();
        let task = tasks.find(|task| task.face.name == name);
        match task {
            Some(task) => (task.run)(app.clone()),
            None => Box::pin(async { Err(not_here()) }),
        }
    }

    fn initial<'a>(
        &'a self,
        app: &'a Services,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Texts>>> {
        Box::pin(self.form_values(app, id))
    }

    fn write<'a>(
        &'a self,
        app: &'a Services,
        writing: Writing<'a>,
        data: &'a FormData,
    ) -> BoxFuture<'a, Result<Written>> {
        Box::pin(self.save(app, writing, data))
    }

    fn delete<'a>(&'a self, app: &'a Services, id: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.remove(app, id))
    }
}

fn named<'a, M>(actions: &'a [Action<M>], name: &str) -> Result<&'a Action<M>> {
    let action = actions.iter().find(|action| action.face.name == name);
    action.ok_or_else(not_here)
}

/// The primary key that `id`, a part of an address, stands for.
pub(super) fn key<M: Model>(id: &str) -> Option<Value> {
    M::field(M::PRIMARY_KEY).ok()?.parse(id)
}

fn key_of<M: Model>(row: &M) -> Result<Value> {
    let id = id_of::<M>(&serde_json::to_value(row)?)?;
    key::<M>(&id).ok_or_else(|| Error::internal(format!("{id} is no key of {}", M::NAME)))
}

/// What the object that serde wrote as `json` is found by.
pub(super) fn id_of<M: Model>(json: &Json) -> Result<String> {
    match json.get(M::PRIMARY_KEY) {
        Some(Json::String(text)) => Ok(text.clone()),
        Some(number @ Json::Number(_)) => Ok(number.to_string()),
        _ => Err(Error::internal(format!(
            "the model {} is serialized without its primary key `{}`, by which the admin finds its \
             rows: leave that out of what serde skips",
            M::NAME,
            M::PRIMARY_KEY
        ))),
    }
}

/// What is told where an action is not for an object as it is, or no longer.
pub(super) fn not_now() -> Error {
    Error::new(
        StatusCode::CONFLICT,
        "this can't be done with the object as it is now; somebody may have changed it meanwhile",
    )
}

/// What is told of an object that is not there, or no longer.
pub(super) fn gone() -> Error {
    Error::not_found("this object does not exist; it may have been deleted meanwhile")
}
