//! The list page of a viewset.

use minijinja::Value;
use serde::Serialize;

use super::super::access::Operation;
use super::super::backend::{Entry, Face};
use super::super::guard::{Page, Visit};
use super::super::list_query::{DEEPEST, ListQuery, no_such_page};
use super::super::rows::Rows;
use super::{may, notice, total_text, viewset_context};
use crate::context;
use crate::db::Total;
use crate::http::{Response, Result};

pub(in super::super) struct ListPage;

impl Page for ListPage {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::List)?;
        let face = entry.backend.face();
        let query = ListQuery::read(visit.request, face)?;
        let kept = kept(face, &query.search);
        if kept != query.search {
            return redirect(visit, entry, &query.searched(kept));
        }
        let rows = entry.backend.rows(visit.app(), &query).await?;
        if rows.rows.is_empty() && query.page > 1 {
            return Err(no_such_page());
        }
        let cards = entry.backend.face().cards.iter();
        let cards = futures_util::future::join_all(cards.map(|card| card.shown(visit.app())));
        let context = context! {
            cards => cards.await,
            notice => notice::of(visit).await?,
        ..context! {
            ..table(visit, entry, &query, &rows)?,
            ..controls(visit, entry, &query)?,
            ..viewset_context(visit, entry)?,
        },
        };
        visit.render("admin/list.html", context)
    }

    /// A search whose text must not stand in an address.
    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        let entry = visit.entry(Operation::List)?;
        let face = entry.backend.face();
        let query = ListQuery::read(visit.request, face)?;
        let form = visit.request.form_data().await?;
        let text = form.field("q").unwrap_or_default().trim();
        redirect(visit, entry, &query.searched(kept(face, text)))
    }
}

fn redirect(visit: &Visit<'_>, entry: &Entry, query: &ListQuery) -> Result<Response> {
    let address = visit.address("admin:list", entry)?;
    Ok(Response::redirect(format!("{address}{}", query.text())))
}

/// What stands in addresses for the searched text.
fn kept(face: &Face, text: &str) -> String {
    let kept_as = face.search.as_ref().and_then(|search| search.kept_as);
    match kept_as {
        Some(kept_as) if !text.is_empty() => kept_as(text),
        _ => text.to_owned(),
    }
}

#[derive(Serialize)]
struct Column {
    label: String,
    /// Where a click on the head leads, if it can be sorted.
    address: Option<String>,
    /// As `aria-sort` says it.
    sorted: Option<&'static str>,
}

fn table(visit: &Visit<'_>, entry: &Entry, query: &ListQuery, rows: &Rows) -> Result<Value> {
    let face = entry.backend.face();
    let address = visit.address("admin:list", entry)?;
    let at = |query: &ListQuery| format!("{address}{}", query.text());
    let sort = query.order(face).unwrap_or_default();
    let columns = face.columns.iter().map(|column| Column {
        label: column.label.clone(),
        address: column
            .sortable
            .then(|| at(&query.sorted(column.name, sort))),
        sorted: match sort.strip_prefix('-') {
            Some(name) if name == column.name => Some("descending"),
            None if sort == column.name => Some("ascending"),
            _ => None,
        },
    });
    let opens = may(visit, entry, Operation::View);
    let shown = rows.rows.iter().map(|row| {
        let address = visit.object_address("admin:detail", entry, &row.id);
        context! {
            id => row.id,
            label => row.label,
            cells => row.cells,
            address => address.filter(|_| opens),
        }
    });
    let deepest = query.page.saturating_mul(face.page_size) >= DEEPEST;
    let first = (query.page - 1) * face.page_size + 1;
    let next = (rows.has_next && !deepest).then(|| at(&query.at(query.page + 1)));
    let last = match rows.total {
        Total::Exactly(total) => Some(total.min(DEEPEST).div_ceil(face.page_size).max(1)),
        Total::AtLeast(_) => None,
    };
    Ok(context! {
        columns => columns.collect::<Vec<_>>(),
        rows => shown.collect::<Vec<_>>(),
        total => total_text(rows.total),
        first,
        last_row => first + (rows.rows.len() as u64).saturating_sub(1),
        page => query.page,
        last_page => last,
        previous => (query.page > 1).then(|| at(&query.at(query.page - 1))),
        next,
        deepest => rows.has_next && deepest,
    })
}

fn controls(visit: &Visit<'_>, entry: &Entry, query: &ListQuery) -> Result<Value> {
    let face = entry.backend.face();
    let list = visit.address("admin:list", entry)?;
    let filters = face.filters.iter().map(|filter| {
        context! {
            label => filter.label,
            address => format!("{list}{}", query.toggled(&filter.name).text()),
            active => query.filters.contains(&filter.name),
        }
    });
    let acts = may(visit, entry, Operation::Act);
    let creates = face.create.is_some() && may(visit, entry, Operation::Create);
    let create = creates.then(|| visit.address("admin:create", entry));
    let text = query.at(1).text();
    let search = face.search.as_ref().map(|search| {
        context! { hint => search.hint, private => search.kept_as.is_some(), text => query.search }
    });
    // In a GET form the query of the address is lost, so the rest of it stands in hidden fields.
    let kept = query.filters.iter().map(|filter| ("filter", filter));
    let kept = kept.chain(query.sort.iter().map(|sort| ("sort", sort)));
    Ok(context! {
        filters => filters.collect::<Vec<_>>(),
        search,
        kept => kept.collect::<Vec<_>>(),
        search_address => format!("{list}{}", query.searched(String::new()).text()),
        is_narrow => query.is_narrow(),
        actions => if acts { face.actions.as_slice() } else { &[] },
        tasks => if acts { face.tasks.as_slice() } else { &[] },
        action_address => format!("{}{text}", visit.address("admin:action", entry)?),
        task_address => visit.address("admin:task", entry)?,
        create_address => create.transpose()?,
    })
}
