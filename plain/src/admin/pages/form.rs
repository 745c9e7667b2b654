//! The forms that make and change objects.

use minijinja::Value;

use super::super::access::Operation;
use super::super::backend::{Entry, Writing, Written, not_here};
use super::super::changes::{self, note};
use super::super::form::FormField;
use super::super::guard::{Page, Visit};
use super::super::model::gone;
use super::super::rows::Reveal;
use super::{notice, viewset_context};
use crate::context;
use crate::http::{Response, Result, StatusCode};
use crate::views::BoundForm;

pub(in super::super) struct Create;

impl Page for Create {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::Create)?;
        show(visit, entry, Writing::Create, BoundForm::default()).await
    }

    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::Create)?;
        write(visit, entry, Writing::Create).await
    }
}

pub(in super::super) struct Update;

impl Page for Update {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::Update)?;
        let id: String = visit.request.param("id")?;
        let initial = entry.backend.initial(visit.app(), &id).await?;
        let form = BoundForm::initial(initial.ok_or_else(gone)?);
        show(visit, entry, Writing::Update(&id), form).await
    }

    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::Update)?;
        let id: String = visit.request.param("id")?;
        write(visit, entry, Writing::Update(&id)).await
    }
}

async fn write(visit: &Visit<'_>, entry: &Entry, writing: Writing<'_>) -> Result<Response> {
    let data = visit.request.form_data().await?;
    let written = entry.backend.write(visit.app(), writing, data).await?;
    let (id, label, changed) = match written {
        Written::Saved { id, label, changed } => (id, label, changed),
        Written::Rejected(form) => {
            let page = show(visit, entry, writing, form).await?;
            return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let changed = changed.join(", ");
    let (action, details) = match writing {
        Writing::Create => ("Created", String::new()),
        Writing::Update(_) if changed.is_empty() => ("Saved", "nothing changed".to_owned()),
        Writing::Update(_) => ("Changed", changed),
    };
    let noted = changes::Entry {
        visitor: &visit.visitor,
        action,
        page: entry.backend.face().meta.path(),
        object: Some((&id, &label)),
        details: &details,
    };
    let noted = note(visit.database()?, noted).await?;
    let address = visit.object_address("admin:detail", entry, &id);
    let address = address.map_or_else(|| visit.address("admin:list", entry), Ok)?;
    Ok(notice::redirect(&address, noted))
}

async fn show(
    visit: &Visit<'_>,
    entry: &Entry,
    writing: Writing<'_>,
    form: BoundForm,
) -> Result<Response> {
    let face = entry.backend.face();
    let fields: &[FormField] = match writing {
        Writing::Create => face.create.as_deref(),
        Writing::Update(_) => face.update.as_deref(),
    }
    .ok_or_else(not_here)?;
    let (label, back) = match writing {
        Writing::Create => (None, Some(visit.address("admin:list", entry)?)),
        Writing::Update(id) => {
            let object = entry.backend.object(visit.app(), id, Reveal::Names).await?;
            let back = visit.object_address("admin:detail", entry, id);
            (Some(object.ok_or_else(gone)?.label), back)
        }
    };
    let context = context! {
        form_errors => form.form_errors(),
        form => Value::from_object(form),
        fields,
        label,
        back,
        ..viewset_context(visit, entry)?,
    };
    visit.render("admin/form.html", context)
}
