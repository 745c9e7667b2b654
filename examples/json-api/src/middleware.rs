//! `notes.middleware.JsonFirst`: clients that take anything are answered in JSON.

use plain::http::{HeaderValue, Request, Response, Result, header};
use plain::middleware::Middleware;

/// The name under which `MIDDLEWARE` lists it.
pub(crate) const NAME: &str = "notes.middleware.JsonFirst";

/// Errors are pages for who does not say otherwise; those of an API had better be JSON.
#[derive(Debug)]
pub(crate) struct JsonFirst;

impl Middleware for JsonFirst {
    async fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {
        if matches!(request.header(header::ACCEPT), None | Some("*/*")) {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::ACCEPT, json);
        }
        Ok(None)
    }
}
