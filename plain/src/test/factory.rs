//! Requests for testing one view or middleware, without an application around it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::header::{HeaderMap, HeaderValue};
use serde::Serialize;

use super::client;
use crate::http::{Body, Connection, PathParams, Request, Scheme};
use crate::services::Services;

/// Makes [`Request`]s in code.
///
/// ```
/// use plain::test::RequestFactory;
///
/// let request = RequestFactory::new().get("/orders/5").param("id", "5").build();
/// assert_eq!(request.path(), "/orders/5");
/// assert_eq!(request.param::<u32>("id").unwrap(), 5);
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestFactory {
    services: Services,
}

impl RequestFactory {
    /// A factory of requests that belong to no application.
    pub fn new() -> Self {
        Self::default()
    }

    /// A factory of requests to the application that shares `services`.
    pub fn with_services(services: Services) -> Self {
        Self { services }
    }

    /// Starts a GET of `url`, a path with a query.
    pub fn get(&self, url: &str) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// Starts a POST of the fields of `form` to `url`.
    ///
    /// # Panics
    ///
    /// If `form` is not a struct, a map or a list of pairs.
    #[track_caller]
    pub fn post_form<T: Serialize + ?Sized>(&self, url: &str, form: &T) -> RequestBuilder {
        match serde_html_form::to_string(form) {
            Ok(text) => self
                .request(Method::POST, url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(text),
            Err(error) => panic!("this can't be sent as a form: {error}"),
        }
    }

    /// Starts a request of any method for `url`, a path with a query.
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        RequestBuilder {
            services: self.services.clone(),
            method,
            url: url.to_owned(),
            headers: HeaderMap::from_iter([(
                http::header::HOST,
                HeaderValue::from_static("localhost"),
            )]),
            body: Bytes::new(),
            params: Vec::new(),
            address: IpAddr::from([127, 0, 0, 1]),
            scheme: Scheme::Http,
        }
    }
}

/// A request that [`build`](Self::build) finishes.
#[must_use = "`build()` makes the request"]
#[derive(Clone, Debug)]
pub struct RequestBuilder {
    services: Services,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
    params: Vec<(Box<str>, String)>,
    address: IpAddr,
    scheme: Scheme,
}

impl RequestBuilder {
    /// Sets the header `name`.
    ///
    /// # Panics
    ///
    /// If `name` or `value` can't be a header's.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = client::header(name, value);
        self.headers.insert(name, value);
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a value as if the URL's pattern had captured it.
    pub fn param(mut self, name: &str, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Says which address it comes from.
    pub fn peer(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Says that it comes over HTTPS.
    pub fn https(mut self) -> Self {
        self.scheme = Scheme::Https;
        self
    }

    /// The request.
    ///
    /// # Panics
    ///
    /// If its URL can't be one.
    #[track_caller]
    pub fn build(self) -> Request {
        let mut request = http::Request::new(Body::from(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = match self.url.parse() {
            Ok(uri) => uri,
            Err(error) => panic!("`{}` can't be requested: {error}", self.url),
        };
        *request.headers_mut() = self.headers;
        let connection = Connection {
            peer: Some(SocketAddr::new(self.address, 50_000)),
            scheme: self.scheme,
        };
        let route = Arc::from(request.uri().path());
        let mut request = Request::new(request, connection, self.services);
        let (names, values): (Vec<Box<str>>, Vec<String>) = self.params.into_iter().unzip();
        request.set_route(route, PathParams::new(names.into(), values));
        request
    }
}
