//! The admin: the back office of an application, as the package `plain.admin`.
//!
//! Packages bring a [`Viewset`] for a model (or an [`ObjectViewset`] for rows from elsewhere), which
//! says what is listed, shown, changed and done. Who may open the admin is decided by the one
//! installed package that brings an [`AdminAccess`]; without one it is closed. That decision is made
//! before anything else, for every page and method, in one place: a page can't run without the
//! visitor that only the decision yields. What is changed is kept in the change log.

mod access;
mod action;
mod backend;
mod card;
mod cell;
mod changes;
mod chart;
mod columns;
mod detail;
mod form;
mod guard;
mod icons;
mod install;
mod list;
mod list_query;
mod meta;
mod model;
mod model_face;
mod model_forms;
mod navigation;
mod objects;
mod package;
mod pages;
mod routes;
mod rows;
#[cfg(test)]
mod tests;
mod viewset;

pub use access::{Access, AdminAccess, Operation, Visitor};
pub use action::{Chosen, Confirmation, confirm};
pub use card::{Card, Content};
pub use cell::{Cell, Tone};
pub use changes::Change;
pub use detail::Detail;
pub use form::{Form, Input};
pub use list::List;
pub use meta::Meta;
pub use objects::{ObjectList, ObjectViewset};
pub use package::package;
pub use routes::urls;
pub use viewset::Viewset;
