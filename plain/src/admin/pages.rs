//! The pages of the admin, each of which runs only behind the door.

pub(super) mod actions;
pub(super) mod application;
pub(super) mod chores;
pub(super) mod detail;
pub(super) mod form;
pub(super) mod list;
mod notice;
pub(super) mod remove;
pub(super) mod start;

use minijinja::Value;

use super::access::Operation;
use super::backend::Entry;
use super::card::grouped;
use super::changes::Change;
use super::guard::Visit;
use crate::context;
use crate::db::Total;

/// A total in words: `1,234`, or `10,000+` where there may be more.
fn total_text(total: Total) -> String {
    match total {
        Total::Exactly(rows) => grouped(rows),
        Total::AtLeast(rows) => format!("{}+", grouped(rows)),
    }
}

/// The head that all pages of a viewset share.
fn viewset_context(visit: &Visit<'_>, entry: &Entry) -> crate::http::Result<Value> {
    let face = entry.backend.face();
    let list_address = visit.address("admin:list", entry)?;
    Ok(context! {
        title => face.meta.title(),
        description => face.meta.described(),
        one => face.one,
        list_address,
    })
}

/// Whether the visitor may do this with the objects of `entry`.
fn may(visit: &Visit<'_>, entry: &Entry, operation: Operation) -> bool {
    entry.backend.permits(&visit.visitor, operation)
}

/// Entries of the change log as templates see them, with links to objects that have a page.
fn change_values(visit: &Visit<'_>, changes: &[Change]) -> Vec<Value> {
    let value = |change: &Change| {
        let page = |entry: &&Entry| entry.backend.face().meta.path() == change.page;
        let address = change.object_id.as_ref().and_then(|id| {
            let entry = visit.entries().find(page)?;
            visit.object_address("admin:detail", entry, id)
        });
        context! {
            at => super::Cell::time(change.at),
            visitor => change.visitor,
            action => change.action,
            object => change.object,
            page => change.page,
            details => change.details,
            address,
        }
    };
    changes.iter().map(value).collect()
}
