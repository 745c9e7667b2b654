//! What was just done, told on the next page.
//!
//! A notice is an entry of the change log, named by its number in the address: no words in an
//! address are ever shown.

use chrono::{TimeDelta, Utc};
use minijinja::Value;

use super::super::changes::Change;
use super::super::guard::Visit;
use crate::context;
use crate::db::Model;
use crate::http::{Response, Result};

/// For how long a notice is shown.
const SHOWN: TimeDelta = TimeDelta::minutes(5);

/// Leads to `address`, where the entry `id` of the change log is told.
pub(super) fn redirect(address: &str, id: i64) -> Response {
    let mark = if address.contains('?') { '&' } else { '?' };
    Response::redirect(format!("{address}{mark}notice={id}"))
}

/// The notice that the address of this visit names, if it is theirs.
pub(super) async fn of(visit: &Visit<'_>) -> Result<Option<Value>> {
    let named = visit.request.query_values("notice");
    let Some(id) = named.last().and_then(|id| id.parse::<i64>().ok()) else {
        return Ok(None);
    };
    let own = Change::query()
        .filter("id", id)
        .filter("visitor_id", visit.visitor.id())
        .gt("at", Utc::now() - SHOWN);
    let change = own.first(visit.database()?).await?;
    Ok(change.map(|change| {
        context! { action => change.action, object => change.object, details => change.details }
    }))
}
