//! The package `plain.sessions`: sessions in the database, safe under concurrent requests.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `package` | what the package brings |
//! | `settings` | its settings |
//! | `key` | session keys as credentials |
//! | `typed` | names of values with their types |
//! | `json` | what a session can hold |
//! | `store` | the session of a request, its record of changes, and their commit |
//! | `models` | the table |
//! | `cookie`, `middleware` | the way to and from the browser |
//! | `requests`, `views`, `templates` | the way to handlers and pages |
//! | `chores`, `preflight` | upkeep |
//! | `admin` | the sessions in the admin |
//! | `test` | sessions in tests |

#![doc = include_str!("../README.md")]

mod admin;
pub mod chores;
mod cookie;
mod error;
mod json;
mod key;
pub mod middleware;
mod models;
mod package;
mod preflight;
mod requests;
mod settings;
mod store;
mod templates;
pub mod test;
mod typed;
mod views;

plain::embedded!();

pub use admin::SessionAdmin;
pub use error::{SessionError, SessionNotAvailable};
pub use json::JsonError;
pub use key::{Key, KeyHash};
pub use models::Session;
pub use package::package;
pub use requests::get_request_session;
pub use settings::{SameSiteSetting, SessionSettings};
pub use store::SessionStore;
pub use templates::get_template_session;
pub use typed::{Name, SessionKey, ValueName};
pub use views::{AroundSession, SessionView, WithSession, with_session};
