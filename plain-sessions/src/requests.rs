//! From a request to its session.

use plain::costs;
use plain::http::{Error, HeaderValue, Request, Result, StatusCode, header};

use crate::error::{SessionError, SessionNotAvailable};
use crate::key::UnverifiedKey;
use crate::store::SessionStore;

/// The session as the middleware attaches it to a request. Nobody else can get at a session that
/// was not loaded yet.
#[derive(Clone)]
pub(crate) struct Attached(pub(crate) SessionStore);

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
    let Attached(session) = request.extension().ok_or(SessionNotAvailable)?;
    let load = session.ensure_loaded(|| {
        let sent = request.cookie(session.cookie_name());
        sent.and_then(UnverifiedKey::parse)
    });
    costs::timed("session load", load)
        .await
        .map_err(unavailable)?;
    Ok(session.clone())
}

/// A 503, whatever keeps the database from giving or taking the session; the client may come back.
pub(crate) fn unavailable(error: SessionError) -> Error {
    let error = Error::from(error);
    error
        .with_status(StatusCode::SERVICE_UNAVAILABLE)
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
}
