//! The one place where an error becomes a response.

use http::header::{self, HeaderValue};
use serde_json::json;

use crate::Mode;
use crate::db;
use crate::http::{Details, Error, InvalidField, Request, Response, StatusCode};
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

/// What is known of an error whose view only said `?`.
fn classify(error: Error) -> Error {
    let says_nothing = error.status() == StatusCode::INTERNAL_SERVER_ERROR;
    if says_nothing && is_database_away(&error) {
        return error
            .with_status(StatusCode::SERVICE_UNAVAILABLE)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    match faults(&error) {
        Some(faults) if says_nothing => unprocessable(faults).with_cause(error.to_string()),
        Some(faults) if error.detail("fields").is_none() => {
            let fields = fields(&faults);
            error.with_detail("fields", fields)
        }
        _ => error,
    }
}

/// A database that is away is no fault of the view: 503, and the client is asked to come back.
fn is_database_away(error: &Error) -> bool {
    let database = error.find::<db::Error>();
    database.is_some_and(db::Error::is_unavailable)
}

/// What the client did wrong, by field; `None` for an error of another kind.
fn faults(error: &Error) -> Option<Vec<(String, String)>> {
    if let Some(invalid) = error.find::<InvalidField>() {
        let field = invalid.field.clone()?;
        return Some(vec![(field, invalid.message.clone())]);
    }
    let report = error.find::<garde::Report>()?;
    let faults = report.iter();
    Some(
        faults
            .map(|(path, fault)| (path.to_string(), fault.message().to_owned()))
            .collect(),
    )
}

/// 422 for what was read well and breaks rules (RFC 9110 section 15.5.21).
fn unprocessable(faults: Vec<(String, String)>) -> Error {
    let told: Vec<String> = faults
        .iter()
        .map(|(field, message)| match field.is_empty() {
            true => message.clone(),
            false => format!("`{field}`: {message}"),
        })
        .collect();
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, told.join("; "))
        .with_detail("fields", fields(&faults))
}

/// Names of fields with the lists of what is wrong with each.
fn fields(faults: &[(String, String)]) -> Details {
    let mut fields = Details::new();
    for (field, message) in faults {
        let messages = fields.entry(field.as_str()).or_insert_with(|| json!([]));
        if let Some(messages) = messages.as_array_mut() {
            messages.push(json!(message));
        }
    }
    fields
}
