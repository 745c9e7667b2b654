//! What can be done with objects of a list besides changing their fields.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::access::Visitor;
use super::meta::slug;
use crate::http::Result;
use crate::services::Services;

/// Whether something is asked before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    pub(super) question: Option<String>,
}

impl Confirmation {
    /// It is done at once.
    pub fn none() -> Self {
        Self { question: None }
    }
}

/// It is done after `question` was answered with yes, on a page of its own.
pub fn confirm(question: impl Into<String>) -> Confirmation {
    Confirmation {
        question: Some(question.into()),
    }
}

/// The objects that an action is to be done with, and for whom.
#[derive(Debug)]
#[non_exhaustive]
pub struct Chosen<M> {
    /// The objects; at most a few hundred. An action on more is called again with the next ones.
    pub rows: Vec<M>,
    /// What the application shares with its parts.
    pub app: Services,
    /// Who does it.
    pub visitor: Visitor,
}

impl<M> Chosen<M> {
    pub(super) fn new(rows: Vec<M>, app: &Services, visitor: &Visitor) -> Self {
        Self {
            rows,
            app: app.clone(),
            visitor: visitor.clone(),
        }
    }
}

type Run<M> = Arc<dyn Fn(Chosen<M>) -> BoxFuture<'static, Result<u64>> + Send + Sync>;

type Condition<M> = Arc<dyn Fn(&M) -> bool + Send + Sync>;

/// An action on objects.
pub(super) struct Action<M> {
    pub(super) face: ActionFace,
    pub(super) run: Run<M>,
    /// For which objects there is something to do; all, if nothing is said.
    condition: Option<Condition<M>>,
}

impl<M> Action<M> {
    pub(super) fn new<F, A>(label: impl Into<String>, confirmation: Confirmation, run: F) -> Self
    where
        F: Fn(Chosen<M>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<u64>> + Send + 'static,
    {
        Self {
            face: ActionFace::new(label, confirmation),
            run: Arc::new(move |chosen| Box::pin(run(chosen))),
            condition: None,
        }
    }

    pub(super) fn only_if(self, condition: impl Fn(&M) -> bool + Send + Sync + 'static) -> Self {
        Self {
            condition: Some(Arc::new(condition)),
            ..self
        }
    }

    pub(super) fn is_for(&self, object: &M) -> bool {
        let condition = self.condition.as_ref();
        condition.is_none_or(|condition| condition(object))
    }
}

/// An action on no object in particular.
pub(super) struct Task {
    pub(super) face: ActionFace,
    pub(super) run: Arc<dyn Fn(Services) -> BoxFuture<'static, Result<String>> + Send + Sync>,
}

impl Task {
    pub(super) fn new<F, A>(label: impl Into<String>, confirmation: Confirmation, run: F) -> Self
    where
        F: Fn(Services) -> A + Send + Sync + 'static,
        A: Future<Output = Result<String>> + Send + 'static,
    {
        Self {
            face: ActionFace::new(label, confirmation),
            run: Arc::new(move |app| Box::pin(run(app))),
        }
    }
}

/// An action as pages and addresses know it.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct ActionFace {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) question: Option<String>,
}

impl ActionFace {
    fn new(label: impl Into<String>, confirmation: Confirmation) -> Self {
        let label = label.into();
        Self {
            name: slug(&label),
            label,
            question: confirmation.question,
        }
    }
}
