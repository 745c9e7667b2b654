//! Requests for the unit tests of this part and of those above it.

use super::{Body, Connection, Request, Scheme};
use crate::services::Services;

/// A request over clear HTTP from nowhere, of no application.
pub(crate) fn request<'a>(
    method: &str,
    target: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: impl Into<Body>,
) -> Request {
    request_of(method, target, headers, body, Services::default())
}

/// The same, of an application that shares `services`.
pub(crate) fn request_of<'a>(
    method: &str,
    target: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: impl Into<Body>,
    services: Services,
) -> Request {
    let mut builder = http::Request::builder().method(method).uri(target);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    let connection = Connection {
        peer: None,
        scheme: Scheme::Http,
    };
    let request = builder
        .body(body.into())
        .expect("the test's request is valid");
    Request::new(request, connection, services)
}

/// A GET request.
pub(crate) fn get<'a>(
    target: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Request {
    request("GET", target, headers, Body::empty())
}

/// A POST request whose body comes in one chunk for each of `chunks`, its length unknown.
pub(crate) fn post_chunks(content_type: &str, chunks: &[&'static [u8]]) -> Request {
    let chunks: Vec<Result<_, std::io::Error>> = chunks
        .iter()
        .map(|chunk| Ok(bytes::Bytes::from_static(chunk)))
        .collect();
    let body = Body::stream(futures_util::stream::iter(chunks));
    request("POST", "/", [("content-type", content_type)], body)
}
