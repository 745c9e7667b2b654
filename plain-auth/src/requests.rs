//! From a request to its user.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plain::http::{Request, Result};
use plain::templates::{Value, to_value};
use plain_sessions::get_request_session;

use crate::models::User;
use crate::signed_in::user_of;

/// The middleware of users is not part of the application.
#[derive(Debug, thiserror::Error)]
#[error(
    "the user is not available: add \"plain.auth.middleware.AuthMiddleware\" to MIDDLEWARE, after \
     \"plain.sessions.middleware.SessionMiddleware\", and \"plain.auth\" to INSTALLED_PACKAGES, in \
     settings.toml"
)]
pub struct UserNotAvailable;

/// The user of `request`, loaded once however often it is asked for; `None` for a visitor who is
/// not signed in.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use plain_auth::get_request_user;
///
/// async fn greeting(request: &Request) -> Result<Response> {
///     let user = get_request_user(request).await?;
///     let name = user.map_or_else(|| "stranger".to_owned(), |user| user.email);
///     Ok(Response::text(name))
/// }
/// ```
///
/// From then on templates see the user as `get_current_user()`.
///
/// # Errors
///
/// [`UserNotAvailable`] if the middleware is not in `MIDDLEWARE`; a 503 if the database does not
/// answer: nobody is taken for a stranger because of that.
pub async fn get_request_user(request: &Request) -> Result<Option<User>> {
    CurrentUser::of(request)?.load(request).await
}

/// The user of one request. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct CurrentUser(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// `None` until it is asked for.
    user: Mutex<Option<Option<User>>>,
    /// Held while it is loaded, so that it is loaded once.
    loading: tokio::sync::Mutex<()>,
}

impl CurrentUser {
    pub(crate) fn of(request: &Request) -> Result<Self, UserNotAvailable> {
        request.extension::<Self>().cloned().ok_or(UserNotAvailable)
    }

    async fn load(&self, request: &Request) -> Result<Option<User>> {
        let _loading = self.0.loading.lock().await;
        if let Some(user) = self.known() {
            return Ok(user);
        }
        let session = get_request_session(request).await?;
        let user = match session.owner() {
            Some(_) => user_of(request.database()?, &session).await?,
            None => None,
        };
        self.set(request, user.clone());
        Ok(user)
    }

    /// The user, if it was asked for.
    pub(crate) fn known(&self) -> Option<Option<User>> {
        self.lock().clone()
    }

    /// Says who it is from now on.
    pub(crate) fn set(&self, request: &Request, user: Option<User>) {
        request.add_context("current_user", value(user.as_ref()));
        *self.lock() = Some(user);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Option<User>>> {
        // Only whole values are put in.
        self.0.user.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `user` as templates see it; what prints nothing and is false for a visitor.
pub(crate) fn value(user: Option<&User>) -> Value {
    user.map_or_else(plain::templates::missing, to_value)
}
