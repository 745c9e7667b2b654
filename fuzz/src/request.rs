//! A request without a server.

use plain::http::{Body, Connection, Request, Scheme};
use plain::services::Services;

/// A POST of `body` with one header.
pub(crate) fn post(name: &'static str, value: http::HeaderValue, body: Body) -> Request {
    let mut request = http::Request::new(body);
    *request.method_mut() = http::Method::POST;
    request.headers_mut().insert(name, value);
    let connection = Connection::new(None, Scheme::Http);
    Request::new(request, connection, Services::default())
}
