//! Deleting one object.

use super::super::access::Operation;
use super::super::backend::{Entry, not_here};
use super::super::changes::{self, note};
use super::super::guard::{Page, Visit};
use super::super::model::gone;
use super::super::rows::{Object, Reveal};
use super::{notice, viewset_context};
use crate::context;
use crate::db;
use crate::http::{Error, Response, Result, StatusCode};

pub(in super::super) struct Delete;

impl Page for Delete {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let (entry, object) = find(visit).await?;
        ask(visit, entry, &object)
    }

    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        let (entry, object) = find(visit).await?;
        let form = visit.request.form_data().await?;
        if form.field("confirmed") != Some("yes") {
            return ask(visit, entry, &object);
        }
        match entry.backend.delete(visit.app(), &object.id).await {
            Ok(true) => {}
            Ok(false) => return Err(gone()),
            Err(error) if is_needed(&error) => {
                return Err(Error::new(
                    StatusCode::CONFLICT,
                    "this object can't be deleted, since others refer to it: delete those first",
                ));
            }
            Err(error) => return Err(error),
        }
        let noted = changes::Entry {
            visitor: &visit.visitor,
            action: "Deleted",
            page: entry.backend.face().meta.path(),
            object: Some((&object.id, &object.label)),
            details: "",
        };
        let noted = note(visit.database()?, noted).await?;
        Ok(notice::redirect(
            &visit.address("admin:list", entry)?,
            noted,
        ))
    }
}

fn is_needed(error: &Error) -> bool {
    matches!(error.find(), Some(db::Error::Constraint { .. }))
}

async fn find<'v>(visit: &'v Visit<'_>) -> Result<(&'v Entry, Object)> {
    let entry = visit.entry(Operation::Delete)?;
    if entry.backend.face().delete.is_none() {
        return Err(not_here());
    }
    let id: String = visit.request.param("id")?;
    let object = entry
        .backend
        .object(visit.app(), &id, Reveal::Names)
        .await?;
    Ok((entry, object.ok_or_else(gone)?))
}

fn ask(visit: &Visit<'_>, entry: &Entry, object: &Object) -> Result<Response> {
    let face = entry.backend.face();
    let question = face.delete.as_ref().and_then(|ask| ask.question.clone());
    let question = question.unwrap_or_else(|| "Delete this object for good?".to_owned());
    let labels = [&object.label];
    let context = context! {
        action => context! { name => "delete", label => "Delete", question },
        labels,
        address => visit.request.path(),
        back => visit.object_address("admin:detail", entry, &object.id),
        ..viewset_context(visit, entry)?,
    };
    visit.render("admin/confirm.html", context)
}
