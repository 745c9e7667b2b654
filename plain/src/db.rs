//! One database: SQLite or PostgreSQL, behind one handle.
//!
//! SQL is written once for both, with `$1` placeholders and values bound by [`Value`]. On SQLite all
//! writes pass in turn through one connection, so "database is locked" never reaches a view; reads
//! have connections of their own and never wait for a write. Every wait is bounded, and what could
//! not be served in time is an [`Error`] for which [`Error::is_unavailable`] holds.
//!
//! Models, query sets and migrations stand on this part; what the tables mean is left to packages.

mod batch;
mod connection;
mod database;
mod driver;
mod error;
mod home;
mod lane;
mod meters;
pub mod migrations;
mod models;
mod observe;
mod postgres;
mod queries;
mod query;
mod queryset;
mod settings;
mod slot;
mod sqlite;
mod stored_time;
#[cfg(test)]
mod tests;
mod threads;
mod transaction;
mod url;
mod value;

pub use batch::{Access, Batch};
pub use database::{ConnectOptions, Create, Database, Kind};
pub use error::{Error, Unavailable};
pub use models::{Field, FieldKind, Model};
pub(crate) use observe::so_far;
pub use observe::{Statement, observe};
pub(crate) use queries::{Queries, shown};
pub(crate) use query::sealed;
pub use query::{Executor, FromRow, Query, Sql};
pub use queryset::{Page, QuerySet, Total};
pub use settings::{DatabaseSettings, Synchronous};
pub(crate) use slot::DatabaseSlot;
/// Implements the trait of this name for a struct whose fields are named as the columns are; it is
/// sqlx's.
pub use sqlx_macros::FromRow;
/// Lets a type around another one, which is marked `#[sqlx(transparent)]`, be read from a column; it is
/// sqlx's.
pub use sqlx_macros::Type;
pub use stored_time::StoredTime;
pub use transaction::Transaction;
pub use url::DatabaseUrl;
pub use value::Value;

/// What every function of this part returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;
