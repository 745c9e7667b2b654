//! What can go wrong with a session.

use plain::db;

use crate::json::JsonError;

/// The middleware of sessions is not part of the application.
#[derive(Debug, thiserror::Error)]
#[error(
    "the session is not available: add \"plain.sessions.middleware.SessionMiddleware\" to \
     MIDDLEWARE and \"plain.sessions\" to INSTALLED_PACKAGES, in settings.toml"
)]
pub struct SessionNotAvailable;

/// A session could not be read, changed or saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A value is not of the type that was asked for.
    #[error(
        "the session value `{name}` is {found}, not {expected}: ask for the type that was set, or \
         remove the value"
    )]
    WrongType {
        /// The name of the value.
        name: String,
        /// What it is.
        found: &'static str,
        /// The Rust type that was asked for.
        expected: &'static str,
    },
    /// A value can't be stored in a session.
    #[error("the session value `{name}` was not set: {problem}")]
    NotStorable {
        /// The name of the value.
        name: String,
        /// What is wrong with it.
        problem: JsonError,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// Every new key was in use.
    #[error(
        "no unused session key was found in {0} tries: the operating system's random generator \
         repeats itself"
    )]
    NoUnusedKey(usize),
}
