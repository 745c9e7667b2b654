//! The page of one object.

use minijinja::Value;

use super::super::access::Operation;
use super::super::backend::Entry;
use super::super::changes::{self, Change, note};
use super::super::guard::{Page, Visit};
use super::super::model::gone;
use super::super::rows::{Object, Reveal};
use super::{change_values, may, notice, viewset_context};
use crate::context;
use crate::http::{Response, Result};

pub(in super::super) struct DetailPage;

impl Page for DetailPage {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::View)?;
        let object = find(visit, entry, Reveal::Names).await?;
        show(visit, entry, &object).await
    }
}

/// Shows what is hidden at first, and notes who asked.
pub(in super::super) struct RevealValues;

impl Page for RevealValues {
    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        visit.entry(Operation::View)?;
        let entry = visit.entry(Operation::Act)?;
        let object = find(visit, entry, Reveal::Values).await?;
        let Some(hidden) = &object.hidden else {
            return Err(super::super::backend::not_here());
        };
        // Before they are shown: what can't be noted is not shown.
        let noted = changes::Entry {
            visitor: &visit.visitor,
            action: "Values shown",
            page: entry.backend.face().meta.path(),
            object: Some((&object.id, &object.label)),
            details: &hidden.title,
        };
        note(visit.database()?, noted).await?;
        show(visit, entry, &object).await
    }
}

async fn find(visit: &Visit<'_>, entry: &Entry, reveal: Reveal) -> Result<Object> {
    let id: String = visit.request.param("id")?;
    let object = entry.backend.object(visit.app(), &id, reveal).await?;
    object.ok_or_else(gone)
}

async fn show(visit: &Visit<'_>, entry: &Entry, object: &Object) -> Result<Response> {
    let page = entry.backend.face().meta.path();
    let changes = Change::of_object(visit.database()?, page, &object.id).await?;
    let context = context! {
        object,
        changes => change_values(visit, &changes),
        notice => notice::of(visit).await?,
        ..context! {
        ..controls(visit, entry, object),
        ..viewset_context(visit, entry)?,
        },
    };
    visit.render("admin/detail.html", context)
}

fn controls(visit: &Visit<'_>, entry: &Entry, object: &Object) -> Value {
    let face = entry.backend.face();
    let address = |name: &str| visit.object_address(name, entry, &object.id);
    let acts = may(visit, entry, Operation::Act);
    let updates = face.update.is_some() && may(visit, entry, Operation::Update);
    let deletes = face.delete.is_some() && may(visit, entry, Operation::Delete);
    context! {
        update_address => address("admin:update").filter(|_| updates),
        delete_address => address("admin:delete").filter(|_| deletes),
        reveal_address => address("admin:reveal").filter(|_| acts),
        action_address => address("admin:object-action"),
        actions => if acts { object.actions.as_slice() } else { &[] },
    }
}
