//! What stands behind the pages of a viewset, whatever its rows are.

use futures_util::future::BoxFuture;
use serde::Serialize;

use super::access::{Operation, Visitor};
use super::action::{ActionFace, Confirmation};
use super::card::Card;
use super::form::FormField;
use super::list_query::ListQuery;
use super::meta::Meta;
use super::rows::{Object, Preview, Reveal, Rows, Selection};
use crate::http::{Error, FormData, Result};
use crate::services::Services;
use crate::views::BoundForm;

/// What pages need to know before they ask for any row.
pub(super) struct Face {
    pub(super) meta: Meta,
    /// What one object is called.
    pub(super) one: String,
    pub(super) columns: Vec<Head>,
    /// The order at first, in names of columns.
    pub(super) order: Option<&'static str>,
    pub(super) filters: Vec<FilterFace>,
    pub(super) search: Option<SearchFace>,
    pub(super) actions: Vec<ActionFace>,
    pub(super) tasks: Vec<ActionFace>,
    pub(super) object_actions: Vec<ActionFace>,
    pub(super) create: Option<Vec<FormField>>,
    pub(super) update: Option<Vec<FormField>>,
    pub(super) delete: Option<Confirmation>,
    pub(super) cards: Vec<Card>,
    pub(super) page_size: u64,
}

/// The head of a column.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Head {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) sortable: bool,
}

/// A filter as pages know it.
#[derive(Clone, Debug)]
pub(super) struct FilterFace {
    pub(super) name: String,
    pub(super) label: String,
    /// The order at first where it is on, in names of columns.
    pub(super) order: Option<&'static str>,
}

/// A search as pages know it.
#[derive(Clone, Debug)]
pub(super) struct SearchFace {
    pub(super) hint: String,
    /// What stands for a text that must not be shown.
    pub(super) kept_as: Option<fn(&str) -> String>,
}

/// Which form is meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Writing<'a> {
    Create,
    /// Changes the object with this id.
    Update(&'a str),
}

/// Names of fields, each with the text that stands in it.
pub(super) type Texts = Vec<(String, String)>;

/// What came of a form.
pub(super) enum Written {
    /// It was saved.
    Saved {
        id: String,
        label: String,
        /// The names of the fields that have other values now.
        changed: Vec<&'static str>,
    },
    /// Something is wrong with it.
    Rejected(BoundForm),
}

/// Who wants what of an action.
pub(super) struct Order<'a> {
    pub(super) app: &'a Services,
    pub(super) visitor: &'a Visitor,
    pub(super) action: &'a str,
    pub(super) selection: &'a Selection,
    pub(super) query: &'a ListQuery,
}

/// The pages of one viewset, brought by one package.
pub(super) struct Entry {
    pub(super) package: &'static str,
    pub(super) backend: Box<dyn Backend>,
}

/// A source of rows. Whether a visitor may ask is decided before.
pub(super) trait Backend: Send + Sync {
    fn face(&self) -> &Face;

    fn permits(&self, visitor: &Visitor, operation: Operation) -> bool;

    fn rows<'a>(&'a self, app: &'a Services, query: &'a ListQuery) -> BoxFuture<'a, Result<Rows>>;

    fn object<'a>(
        &'a self,
        app: &'a Services,
        id: &'a str,
        reveal: Reveal,
    ) -> BoxFuture<'a, Result<Option<Object>>>;

    /// What a selection holds, for the page that asks whether to go on.
    fn preview<'a>(
        &'a self,
        _: &'a Services,
        _: &'a Selection,
        _: &'a ListQuery,
    ) -> BoxFuture<'a, Result<Preview>> {
        Box::pin(async { Err(not_here()) })
    }

    /// Runs an action of the list, and returns with how many objects something was done; `progress`
    /// is told that after each batch.
    fn act<'a>(
        &'a self,
        _: Order<'a>,
        _progress: &'a (dyn Fn(u64) + Send + Sync),
    ) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async { Err(not_here()) })
    }

    /// Runs an action of one object's page.
    fn act_on<'a>(&'a self, _: Order<'a>, _id: &'a str) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async { Err(not_here()) })
    }

    fn run_task<'a>(&'a self, _: &'a Services, _: &'a str) -> BoxFuture<'a, Result<String>> {
        Box::pin(async { Err(not_here()) })
    }

    /// What stands in the fields of the form that changes an object.
    fn initial<'a>(
        &'a self,
        _: &'a Services,
        _id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Texts>>> {
        Box::pin(async { Err(not_here()) })
    }

    fn write<'a>(
        &'a self,
        _: &'a Services,
        _: Writing<'a>,
        _: &'a FormData,
    ) -> BoxFuture<'a, Result<Written>> {
        Box::pin(async { Err(not_here()) })
    }

    /// Deletes an object; false if there was none.
    fn delete<'a>(&'a self, _: &'a Services, _id: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Err(not_here()) })
    }
}

/// What the admin has no page for.
pub(super) fn not_here() -> Error {
    Error::not_found("the admin has no such page")
}
