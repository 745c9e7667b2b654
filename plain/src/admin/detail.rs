//! [`Detail`]: what the page of one object shows, and what can be done there.

use std::future::Future;
use std::sync::Arc;

use serde_json::Value as Json;

use super::action::{Action, Chosen, Confirmation};
use super::cell::Cell;
use super::columns::Columns;
use crate::db::{Field, Model};
use crate::http::Result;
use crate::services::Services;

type Pairs<M> = Arc<dyn Fn(&M) -> Vec<(String, Json)> + Send + Sync>;

/// The page of one object. What the list computes is computed here alike.
pub struct Detail<M> {
    pub(super) columns: Columns<M>,
    pub(super) actions: Vec<Action<M>>,
    pub(super) hidden: Option<Hidden<M>>,
}

/// Values whose names are shown, and that themselves are only shown when asked for.
pub(super) struct Hidden<M> {
    pub(super) title: String,
    pub(super) pairs: Pairs<M>,
}

impl<M: Model> Detail<M> {
    /// Starts with the names of what is shown.
    pub fn fields(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            columns: Columns::new(names),
            actions: Vec::new(),
            hidden: None,
        }
    }

    /// Shows all fields of the model.
    pub fn all() -> Self {
        Self::fields(M::FIELDS.iter().map(Field::name))
    }

    /// Shows as `name` what `function` makes of the object.
    #[must_use]
    pub fn computed<F, C>(mut self, name: &'static str, function: F) -> Self
    where
        F: Fn(&M) -> C + Send + Sync + 'static,
        C: Into<Cell>,
    {
        let cell = move |row: &M, _: &Services| function(row).into();
        self.columns.compute(name, cell);
        self
    }

    /// Calls `name` `label`.
    #[must_use]
    pub fn label(mut self, name: &'static str, label: impl Into<String>) -> Self {
        self.columns.rename(name, label);
        self
    }

    /// Shows under `title` the names of these values, and the values themselves only when a visitor
    /// asks for them, which is noted in the change log.
    #[must_use]
    pub fn hidden<F>(mut self, title: impl Into<String>, pairs: F) -> Self
    where
        F: Fn(&M) -> Vec<(String, Json)> + Send + Sync + 'static,
    {
        self.hidden = Some(Hidden {
            title: title.into(),
            pairs: Arc::new(pairs),
        });
        self
    }

    /// Offers an action on this object. `run` returns with how many objects something was done.
    #[must_use]
    pub fn action<F, A>(mut self, label: impl Into<String>, ask: Confirmation, run: F) -> Self
    where
        F: Fn(Chosen<M>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<u64>> + Send + 'static,
    {
        self.actions.push(Action::new(label, ask, run));
        self
    }

    /// Offers an action on those objects for which `condition` holds, such as to cancel an order that
    /// is open; on others it is refused, too.
    #[must_use]
    pub fn action_if<F, A, C>(
        mut self,
        label: impl Into<String>,
        condition: C,
        ask: Confirmation,
        run: F,
    ) -> Self
    where
        F: Fn(Chosen<M>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<u64>> + Send + 'static,
        C: Fn(&M) -> bool + Send + Sync + 'static,
    {
        let action = Action::new(label, ask, run).only_if(condition);
        self.actions.push(action);
        self
    }
}

impl<M> std::fmt::Debug for Detail<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detail")
            .field("fields", &self.columns.names)
            .finish_non_exhaustive()
    }
}
