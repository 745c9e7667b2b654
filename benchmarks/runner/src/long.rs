//! What takes long: many rows, a chore beside visitors, the admin over many rows.

mod admin;
mod clear;
mod rows;

use anyhow::Result;
use serde::Serialize;

use crate::cell::Store;
use crate::data::Data;
use crate::options::Options;

/// What one of them found.
#[derive(Debug, Clone, Serialize)]
pub(crate) enum Long {
    Rows(rows::Rows),
    Clear(clear::Clear),
    Admin(admin::Admin),
}

/// A goal: what, wanted, found, and whether it was met.
pub(crate) type Goal = (String, String, String, bool);

/// Measures all that are wanted.
pub(crate) fn measure(data: &mut Data<'_>, options: &Options) -> Result<Vec<Long>> {
    let mut found = Vec::new();
    for (name, store) in [("sqlite", Store::SqliteFull), ("postgres", Store::Postgres)] {
        if options.wants(&format!("rows-{name}")) {
            found.push(Long::Rows(rows::measure(name, store, data, options)?));
        }
        if options.wants(&format!("admin-{name}")) {
            found.push(Long::Admin(admin::measure(name, store, data, options)?));
        }
        for way in [clear::Way::Command, clear::Way::Server] {
            if options.wants(&format!("clear-{name}-{way}")) {
                found.push(Long::Clear(clear::measure(
                    name, store, way, data, options,
                )?));
            }
        }
    }
    Ok(found)
}

/// The names of them all.
pub(crate) fn names() -> Vec<String> {
    let name = |store: &str| {
        ["rows", "admin"]
            .map(|what| format!("{what}-{store}"))
            .into_iter()
            .chain([
                format!("clear-{store}-command"),
                format!("clear-{store}-server"),
            ])
            .collect::<Vec<_>>()
    };
    [name("sqlite"), name("postgres")].concat()
}

impl Long {
    /// A table of it, in Markdown.
    pub(crate) fn table(&self) -> String {
        match self {
            Self::Rows(rows) => rows.table(),
            Self::Clear(clear) => clear.table(),
            Self::Admin(admin) => admin.table(),
        }
    }

    /// Plain's goals that it says something about.
    pub(crate) fn goals(&self) -> Vec<Goal> {
        match self {
            Self::Rows(rows) => rows.goals(),
            Self::Clear(clear) => clear.goals(),
            Self::Admin(admin) => admin.goals(),
        }
    }
}
