//! The response that an error is answered with: a page, JSON or text, by what the client prefers.
//!
//! Pages are the templates `404.html`, `500.html`, `503.html` and the like, else `error.html`; the
//! project can override each. They see `status`, `title` and `message`. Without debug mode nothing
//! of an error is shown but what was written for the client. A page that fails itself gives way to
//! a plain one.

mod facts;
mod fallback;
mod report;

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::header;
use http::{HeaderValue, StatusCode};
use minijinja::{Value, context};
use serde_json::json;

use self::report::Report;
use super::engine::Templates;
use crate::http::{Error, Request, Response};
use crate::mode::Mode;

const DEBUG_PAGE: &str = "error_debug.html";

/// Answers `request` with `error`: its status and headers, and what the client may know of it.
///
/// In [`Mode::Debug`] an error with a cause shows the chain of its causes, the place in the code or
/// the template that it comes from, the request with its queries, and the settings, without secrets.
pub(crate) fn error_response(request: &Request, error: &Error, mode: Mode) -> Response {
    let report = (mode.is_debug() && error.cause().is_some()).then(|| Report::new(request, error));
    let offered = ["text/html", "application/json", "text/plain"];
    let mut response = match request.preferred(&offered) {
        Some("text/html") => page(request, error, report.as_ref()),
        Some("application/json") => json(error, report.as_ref()),
        _ => Response::text(plain_text(error, report.as_ref())),
    };
    response.set_status(error.status());
    for (name, value) in error.headers() {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response.vary_on("Accept");
    if error.status().is_server_error() {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn json(error: &Error, report: Option<&Report>) -> Response {
    let mut content = error.details().clone();
    content.insert("status".to_owned(), error.status().as_u16().into());
    content.insert("message".to_owned(), message(error).into());
    if let Some(report) = report {
        content.insert("causes".to_owned(), json!(report.causes));
    }
    let body = json!({ "error": content }).to_string();
    Response::bytes(HeaderValue::from_static("application/json"), body)
}

fn plain_text(error: &Error, report: Option<&Report>) -> String {
    let mut text = format!(
        "{} {}\n\n{}\n",
        error.status().as_u16(),
        title(error.status()),
        message(error)
    );
    for cause in report.iter().flat_map(|report| &report.causes) {
        text.push_str(&format!("\ncaused by: {cause}\n"));
    }
    text
}

fn page(request: &Request, error: &Error, report: Option<&Report>) -> Response {
    let status = error.status();
    let context = context! {
        status => status.as_u16(),
        title => title(status),
        message => message(error),
        report => report.map(Report::to_value),
    };
    match rendered(request, status, report.is_some(), context) {
        Ok(page) => Response::html(page),
        Err(failure) => {
            tracing::error!(%failure, "the error page could not be rendered");
            let failure = report.map(|_| failure);
            Response::html(fallback::page(request, error, report, failure.as_deref()))
        }
    }
}

/// The page of the application, or why there is none. What a page calls may panic as views may.
fn rendered(
    request: &Request,
    status: StatusCode,
    debug: bool,
    context: Value,
) -> Result<String, String> {
    let render = || {
        let templates: &Templates = request.services().require()?;
        let own = format!("{}.html", status.as_u16());
        let template = match () {
            () if debug => DEBUG_PAGE,
            () if templates.contains(&own) => &own,
            () => "error.html",
        };
        request.render_to_string(template, context)
    };
    match catch_unwind(AssertUnwindSafe(render)) {
        Ok(rendered) => rendered.map_err(|error| error.to_string()),
        Err(_) => Err("a function that it calls panicked".to_owned()),
    }
}

/// What the client is told.
fn message(error: &Error) -> String {
    match error.public_message() {
        Some(message) => sentence(message),
        None => general(error.status()).to_owned(),
    }
}

/// A message with a capital letter and an end.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(letters).collect();
    if sentence.ends_with(char::is_alphanumeric) {
        sentence.push('.');
    }
    sentence
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        404 => "This page does not exist",
        405 => "This page does not do that",
        500 => "Something went wrong",
        503 => "Back in a moment",
        _ => status.canonical_reason().unwrap_or("Error"),
    }
}

/// What is said where an error has no words for the client.
fn general(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "Sign in to see this page.",
        403 => "You may not see this page.",
        404 => "Nothing has this address.",
        503 => "This is not available right now. Please try again in a moment.",
        500..=599 => "The fault is on our side. Please try again later.",
        _ => "This request could not be answered.",
    }
}

#[cfg(test)]
mod tests;
