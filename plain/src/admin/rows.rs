//! Rows on their way from a source to a page.

use serde::Serialize;

use super::action::ActionFace;
use super::cell::Cell;
use crate::db::Total;

/// One page of a list.
#[derive(Debug, Serialize)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) has_next: bool,
    #[serde(skip)]
    pub(super) total: Total,
}

/// One row: what its object is found by, and its cells in the order of the columns.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) cells: Vec<Cell>,
}

/// One object as its page shows it.
#[derive(Debug, Serialize)]
pub(super) struct Object {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) fields: Vec<(String, Cell)>,
    pub(super) hidden: Option<HiddenValues>,
    /// What can be done with it as it is.
    pub(super) actions: Vec<ActionFace>,
}

/// Values that are shown when asked for.
#[derive(Debug, Serialize)]
pub(super) struct HiddenValues {
    pub(super) title: String,
    pub(super) names: Vec<String>,
    /// The values, once asked for.
    pub(super) values: Option<Vec<Cell>>,
}

/// Whether hidden values are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reveal {
    Names,
    Values,
}

/// Which rows an action is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// These, by what they are found by.
    Ids(Vec<String>),
    /// All that the list finds with its search and filters.
    All,
}

impl Selection {
    pub(super) fn is_of_one(&self) -> bool {
        matches!(self, Self::Ids(ids) if ids.len() == 1)
    }
}

/// What an action would be done with.
#[derive(Debug)]
pub(super) struct Preview {
    pub(super) total: Total,
    /// What the first of them are called, with what they are found by.
    pub(super) objects: Vec<(String, String)>,
}
