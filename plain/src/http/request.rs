//! The request that middleware and views are given.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::panic::Location;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::header::{self, HeaderMap};
use http::{Extensions, Method, Uri, Version};
use minijinja::Value;

use super::body::Body;
use super::content::Content;
use super::error::{Error, Result};
use crate::services::Services;
use crate::settings::SettingsGroup;

/// How the client speaks to us, or to the proxy in front of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Clear text.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// `"http"` or `"https"`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// What the server knows of the connection that a request came over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The other end; `None` for a request that was made in code or came over a Unix socket.
    pub peer: Option<SocketAddr>,
    /// Whether the connection itself is over TLS.
    pub scheme: Scheme,
}

impl Connection {
    /// A connection from `peer` that is over TLS where `scheme` says so.
    pub fn new(peer: Option<SocketAddr>, scheme: Scheme) -> Self {
        Self { peer, scheme }
    }
}

/// The values that a URL's pattern captured, percent-decoded, in the order of the pattern.
#[derive(Clone, Debug, Default)]
pub struct PathParams {
    names: Arc<[Box<str>]>,
    values: Vec<String>,
}

impl PathParams {
    /// Pairs the `names` of a pattern with the `values` of one path.
    pub(crate) fn new(names: Arc<[Box<str>]>, values: Vec<String>) -> Self {
        Self { names, values }
    }

    /// The captured text of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let position = self.names.iter().position(|known| **known == *name)?;
        self.values.get(position).map(String::as_str)
    }

    /// Names and texts, in the order of the pattern.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .iter()
            .map(|name| &**name)
            .zip(self.values.iter().map(String::as_str))
    }
}

/// One request, from the first byte of its head on.
///
/// A middleware may change it (`&mut Request`); views read it. Its body is read on demand, by
/// `form`, `json`, `multipart`, `text` or `bytes`.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Search {
///     q: String,
///     page: Option<u32>,
/// }
///
/// fn search(request: &Request) -> Result<Response> {
///     let search: Search = request.query()?;
///     let page = search.page.unwrap_or(1);
///     Ok(Response::text(format!("page {page} of what is found for {}", search.q)))
/// }
/// # let request = plain::test::RequestFactory::new().get("/search?q=mug").build();
/// # assert_eq!(search(&request).unwrap().status(), 200);
/// ```
pub struct Request {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    extensions: Extensions,
    content: Content,
    client_address: Option<IpAddr>,
    connection: Connection,
    scheme: Scheme,
    params: PathParams,
    route: Option<Arc<str>>,
    services: Services,
    context: Mutex<Vec<(Cow<'static, str>, Value)>>,
    nonce: Arc<OnceLock<String>>,
}

impl Request {
    /// A request as the server received it, for the application that shares `services`.
    pub fn new<B: Into<Body>>(
        request: http::Request<B>,
        connection: Connection,
        services: Services,
    ) -> Self {
        let (parts, body) = request.into_parts();
        Self {
            method: parts.method,
            uri: parts.uri,
            version: parts.version,
            headers: parts.headers,
            extensions: parts.extensions,
            content: Content::new(body.into()),
            client_address: connection.peer.map(|peer| peer.ip()),
            connection,
            scheme: connection.scheme,
            params: PathParams::default(),
            route: None,
            services,
            context: Mutex::default(),
            nonce: Arc::default(),
        }
    }

    /// The method, such as `GET`.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The target as it was sent.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The path as it was sent, still percent-encoded.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// What stands behind the `?`, still encoded; empty if nothing does.
    pub fn query_string(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// Path and query, as a link back to this page.
    pub fn full_path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |full| full.as_str())
    }

    /// The HTTP version that the client speaks.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, for a middleware to change.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The first value of the header `name`, if it is visible ASCII.
    pub fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The host and port that the client asked for: the authority of the target in HTTP/2 or in an
    /// absolute target (RFC 9112 section 3.2.2), else the header `Host`.
    pub fn host(&self) -> Option<&str> {
        match self.uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => self.header(header::HOST),
        }
    }

    /// Whether the client speaks HTTP or HTTPS, to us or to a trusted proxy.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The client's address: the other end of the connection, or what a trusted proxy says it is.
    pub fn client_address(&self) -> Option<IpAddr> {
        self.client_address
    }

    /// The connection itself, whoever is behind it.
    pub fn connection(&self) -> Connection {
        self.connection
    }

    /// Says who the client behind a trusted proxy is.
    pub(crate) fn set_client(&mut self, address: Option<IpAddr>, scheme: Scheme) {
        self.client_address = address;
        self.scheme = scheme;
    }

    /// The values that the URL's pattern captured.
    pub fn params(&self) -> &PathParams {
        &self.params
    }

    /// The value that the URL's pattern captured as `name`.
    ///
    /// ```
    /// # use plain::http::{Request, Result};
    /// fn order_number(request: &Request) -> Result<u32> {
    ///     request.param("id") // of a route like "orders/<int:id>"
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 if the text is no `T` (a number that is too large, say); 500 if the pattern captures
    /// nothing of this name.
    #[track_caller]
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T> {
        let place = Location::caller();
        let Some(text) = self.params.get(name) else {
            let known: Vec<_> = self.params.iter().map(|(known, _)| known).collect();
            let error = Error::internal(format!(
                "the URL captures no `{name}`; its pattern has: {}",
                known.join(", ")
            ));
            return Err(error.at(place));
        };
        text.parse()
            .map_err(|_| Error::not_found("nothing has this address"))
    }

    /// The pattern of the route that answers this request, such as `orders/<int:id>`.
    pub fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// The pattern of the route, to be kept.
    pub(crate) fn route_pattern(&self) -> Option<Arc<str>> {
        self.route.clone()
    }

    /// Notes which route answers the request.
    pub(crate) fn set_route(&mut self, route: Arc<str>, params: PathParams) {
        self.route = Some(route);
        self.params = params;
    }

    /// What the application shares with its parts.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The settings of one group.
    ///
    /// # Errors
    ///
    /// If no installed package declares the group.
    pub fn settings<S: SettingsGroup>(&self) -> Result<&S> {
        Ok(self.services.settings()?)
    }

    /// The value of type `T` that a middleware attached.
    pub fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    /// Attaches `value` for what stands further in, in place of an earlier one of its type.
    pub fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        self.extensions.insert(value);
    }

    /// All values that middleware attached.
    pub(crate) fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Adds `value` as `name` to what templates rendered for this request see.
    pub fn add_context(&self, name: impl Into<Cow<'static, str>>, value: Value) {
        self.context().push((name.into(), value));
    }

    /// What was added to the context of this request's templates so far.
    pub(crate) fn context_values(&self) -> Vec<(Cow<'static, str>, Value)> {
        self.context().clone()
    }

    fn context(&self) -> MutexGuard<'_, Vec<(Cow<'static, str>, Value)>> {
        // Pushing to a list leaves it whole even if it panics, so a poisoned lock is as good.
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body and what was read of it.
    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    /// Takes out the body, or what is left of it; `None` if it was taken before.
    #[cfg(test)]
    pub(crate) fn take_body(&self) -> Option<Body> {
        self.content.take()
    }

    /// The value that makes an inline script or style of this response pass its
    /// Content-Security-Policy (CSP Level 3 section 2.3.1): 128 random bits, made when first asked.
    pub fn csp_nonce(&self) -> &str {
        self.nonce.get_or_init(crate::random::token)
    }

    /// The nonce, to be made by what outlives a borrow of the request.
    pub(crate) fn nonce_handle(&self) -> Arc<OnceLock<String>> {
        Arc::clone(&self.nonce)
    }

    /// The nonce, if anything asked for it.
    pub(crate) fn used_csp_nonce(&self) -> Option<&str> {
        self.nonce.get().map(String::as_str)
    }
}

impl fmt::Debug for Request {
    /// Method and path only: the query, the headers and the body may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, self.path())
    }
}
