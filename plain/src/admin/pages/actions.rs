//! Running actions: on rows of a list, on one object, and on nothing in particular.
//!
//! What is asked before is asked on a page of its own, whose form sends the same again with the
//! answer. A selection of "all" carries no ids: search and filters in the address say what it is.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::access::Operation;
use super::super::action::ActionFace;
use super::super::backend::{Entry, Order};
use super::super::card::grouped;
use super::super::changes::{self, amend, note};
use super::super::guard::{Page, Visit};
use super::super::list_query::ListQuery;
use super::super::model::{gone, not_now};
use super::super::rows::{Reveal, Selection};
use super::{notice, total_text, viewset_context};
use crate::context;
use crate::db::Total;
use crate::http::{Error, FormData, Response, Result};

/// What an entry of the change log says until the action is done.
const BEGUN: &str = "begun; how it ended was not noted";

/// How many objects are named one by one in the change log.
const NAMED: usize = 100;

pub(in super::super) struct RunAction;

impl Page for RunAction {
    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::Act)?;
        let face = entry.backend.face();
        let query = ListQuery::read(visit.request, face)?;
        let form = visit.request.form_data().await?;
        let action = chosen(&face.actions, form)?;
        let selection = selection(form);
        let list = format!("{}{}", visit.address("admin:list", entry)?, query.text());
        let preview = match &selection {
            Selection::Ids(ids) if ids.is_empty() => {
                return Err(Error::bad_request(
                    "nothing is selected: go back and select at least one row",
                ));
            }
            selection => {
                entry
                    .backend
                    .preview(visit.app(), selection, &query)
                    .await?
            }
        };
        if preview.total == Total::Exactly(0) {
            return Err(Error::not_found(
                "none of what was selected is there any more; it may have been deleted meanwhile",
            ));
        }
        if is_to_be_asked(action, form) {
            let ids = match &selection {
                Selection::Ids(ids) => ids.as_slice(),
                Selection::All => &[],
            };
            let labels: Vec<_> = preview.objects.iter().map(|(label, _)| label).collect();
            let context = context! {
                action,
                ids,
                all => selection == Selection::All,
                count => total_text(preview.total),
                labels,
                address => visit.request.full_path(),
                back => list,
                ..viewset_context(visit, entry)?,
            };
            return visit.render("admin/confirm.html", context);
        }
        let order = Order {
            app: visit.app(),
            visitor: &visit.visitor,
            action: &action.name,
            selection: &selection,
            query: &query,
        };
        let only = match preview.objects.as_slice() {
            [(label, id)] if selection.is_of_one() => Some((id.as_str(), label.as_str())),
            _ => None,
        };
        let what = match &selection {
            Selection::Ids(_) if only.is_some() => String::new(),
            Selection::Ids(ids) => format!("{} selected", ids.len()),
            Selection::All => format!("all that match{}", narrowed(&query)),
        };
        let id = begin(visit, entry, action, only, &what).await?;
        if let Selection::Ids(ids) = &selection
            && (2..=NAMED).contains(&ids.len())
        {
            note_each(visit, entry, action, ids).await?;
        }
        let done = AtomicU64::new(0);
        let progress = |count| done.store(count, Ordering::Relaxed);
        let result = entry.backend.act(order, &progress).await;
        let count = *result.as_ref().unwrap_or(&done.load(Ordering::Relaxed));
        let outcome = result.as_ref().map(|_| format!("{} done", grouped(count)));
        let outcome = outcome.map_err(|_| format!("failed after {}", grouped(count)));
        end(visit, id, &what, outcome).await?;
        result?;
        Ok(notice::redirect(&list, id))
    }
}

pub(in super::super) struct RunTask;

impl Page for RunTask {
    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::Act)?;
        let form = visit.request.form_data().await?;
        let task = chosen(&entry.backend.face().tasks, form)?;
        let list = visit.address("admin:list", entry)?;
        if is_to_be_asked(task, form) {
            let context = context! {
                action => task,
                address => visit.request.full_path(),
                back => list,
                ..viewset_context(visit, entry)?,
            };
            return visit.render("admin/confirm.html", context);
        }
        let id = begin(visit, entry, task, None, "").await?;
        let result = entry.backend.run_task(visit.app(), &task.name).await;
        let outcome = result.as_ref().cloned();
        end(visit, id, "", outcome.map_err(|_| "failed".to_owned())).await?;
        result?;
        Ok(notice::redirect(&list, id))
    }
}

pub(in super::super) struct RunObjectAction;

impl Page for RunObjectAction {
    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::Act)?;
        let object_id: String = visit.request.param("id")?;
        let form = visit.request.form_data().await?;
        let action = chosen(&entry.backend.face().object_actions, form)?;
        let find = || entry.backend.object(visit.app(), &object_id, Reveal::Names);
        let object = find().await?.ok_or_else(gone)?;
        if object
            .actions
            .iter()
            .all(|offered| offered.name != action.name)
        {
            return Err(not_now());
        }
        let detail = visit.object_address("admin:detail", entry, &object_id);
        let detail = detail.ok_or_else(gone)?;
        if is_to_be_asked(action, form) {
            let labels = [&object.label];
            let context = context! {
                action,
                labels,
                address => visit.request.full_path(),
                back => detail,
                ..viewset_context(visit, entry)?,
            };
            return visit.render("admin/confirm.html", context);
        }
        let named = Some((object_id.as_str(), object.label.as_str()));
        let id = begin(visit, entry, action, named, "").await?;
        let order = Order {
            app: visit.app(),
            visitor: &visit.visitor,
            action: &action.name,
            selection: &Selection::All,
            query: &ListQuery::default(),
        };
        let result = entry.backend.act_on(order, &object_id).await;
        let outcome = result
            .as_ref()
            .map(|count| format!("{} done", grouped(*count)));
        end(visit, id, "", outcome.map_err(|_| "failed".to_owned())).await?;
        result?;
        let back = match find().await? {
            Some(_) => detail,
            None => visit.address("admin:list", entry)?,
        };
        Ok(notice::redirect(&back, id))
    }
}

/// The action that the form names.
fn chosen<'a>(actions: &'a [ActionFace], form: &FormData) -> Result<&'a ActionFace> {
    let name = form.field("action").unwrap_or_default();
    if name.is_empty() {
        return Err(Error::bad_request(
            "no action is chosen: go back and choose one",
        ));
    }
    let action = actions.iter().find(|action| action.name == name);
    action.ok_or_else(|| {
        let known: Vec<_> = actions.iter().map(|action| action.name.as_str()).collect();
        let hint = crate::nearest::hint(name, known);
        Error::not_found(format!("this page has no action `{name}`; {hint}"))
    })
}

fn selection(form: &FormData) -> Selection {
    if form.field("all") == Some("yes") {
        return Selection::All;
    }
    let mut ids: Vec<String> = form.values("id").map(str::to_owned).collect();
    ids.sort_unstable();
    ids.dedup();
    Selection::Ids(ids)
}

fn is_to_be_asked(action: &ActionFace, form: &FormData) -> bool {
    action.question.is_some() && form.field("confirmed") != Some("yes")
}

fn narrowed(query: &ListQuery) -> String {
    let search = Some(&query.search).filter(|search| !search.is_empty());
    let search = search.map(|search| format!("search \"{search}\""));
    let filters = query
        .filters
        .iter()
        .map(|filter| format!("filter {filter}"));
    let parts: Vec<_> = search.into_iter().chain(filters).collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(" ({})", parts.join(", ")),
    }
}

async fn begin(
    visit: &Visit<'_>,
    entry: &Entry,
    action: &ActionFace,
    object: Option<(&str, &str)>,
    what: &str,
) -> Result<i64> {
    let noted = changes::Entry {
        visitor: &visit.visitor,
        action: &action.label,
        page: entry.backend.face().meta.path(),
        object,
        details: &joined(what, BEGUN),
    };
    Ok(note(visit.database()?, noted).await?)
}

async fn end(
    visit: &Visit<'_>,
    id: i64,
    what: &str,
    outcome: Result<String, String>,
) -> Result<()> {
    let outcome = outcome.unwrap_or_else(|failure| failure);
    Ok(amend(visit.database()?, id, &joined(what, &outcome)).await?)
}

fn joined(what: &str, outcome: &str) -> String {
    match what {
        "" => outcome.to_owned(),
        what => format!("{what}: {outcome}"),
    }
}

/// Notes the action at each object, so that it shows on the page of that object.
async fn note_each(
    visit: &Visit<'_>,
    entry: &Entry,
    action: &ActionFace,
    ids: &[String],
) -> Result<()> {
    for id in ids {
        let object = entry.backend.object(visit.app(), id, Reveal::Names).await?;
        let Some(object) = object else { continue };
        let noted = changes::Entry {
            visitor: &visit.visitor,
            action: &action.label,
            page: entry.backend.face().meta.path(),
            object: Some((id, &object.label)),
            details: &format!("one of {} selected", ids.len()),
        };
        note(visit.database()?, noted).await?;
    }
    Ok(())
}
