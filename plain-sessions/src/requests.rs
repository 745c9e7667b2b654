//! From a request to its session.

use plain::http::{Request, Result};

use crate::error::SessionNotAvailable;
use crate::store::SessionStore;

/// The session of `request`, loaded once however often it is asked for.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use plain_sessions::get_request_session;
///
/// async fn greeting(request: &Request) -> Result<Response> {
///     let session = get_request_session(request).await?;
///     let name: Option<String> = session.get("name")?;
///     Ok(Response::text(name.unwrap_or_else(|| "stranger".to_owned())))
/// }
/// ```
///
/// # Errors
///
/// [`SessionNotAvailable`] if the middleware of sessions is not in `MIDDLEWARE`; a 503 if the
/// database does not answer: a session is never taken for empty because it could not be read.
pub async fn get_request_session(request: &Request) -> Result<SessionStore> {
    let session = request
        .extension::<SessionStore>()
        .ok_or(SessionNotAvailable)?;
    session.ensure_loaded().await?;
    Ok(session.clone())
}
