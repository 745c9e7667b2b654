//! The one place where an error becomes a response.

use http::header::{self, HeaderValue};

use crate::Mode;
use crate::db;
use crate::http::{Error, Request, Response, StatusCode};
use crate::templates::error_response;

/// Logs `error` if it is ours, and answers with the page of its status.
pub(super) fn respond(request: &Request, error: Error, mode: Mode) -> Response {
    let error = classify(error);
    if error.status().is_server_error() {
        tracing::error!(
            method = %request.method(),
            path = request.path(),
            status = error.status().as_u16(),
            "{error}"
        );
    }
    error_response(request, &error, mode)
}

/// A database that is away is no fault of the view: 503, and the client is asked to come back.
fn classify(error: Error) -> Error {
    let away = error
        .find::<db::Error>()
        .is_some_and(db::Error::is_unavailable);
    if !away || error.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return error;
    }
    error
        .with_status(StatusCode::SERVICE_UNAVAILABLE)
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
}
