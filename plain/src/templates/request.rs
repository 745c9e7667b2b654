//! A request as templates and their functions see it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::{Extensions, Method, Uri};
use minijinja::value::{Enumerator, Object, Value};

use super::context::missing;
use crate::http::{Request, Scheme};
use crate::services::Services;

/// What a template sees as `request`, and what a package's template function is given.
///
/// It owns all of it, since values in a template may outlive the rendering; the values that
/// middleware attached are clones, so what they share they still share.
///
/// In a template it has `method`, `path`, `full_path`, `scheme`, `host`, `route`, `query` (with the
/// last value of each name; one that was not sent prints nothing) and `csp_nonce`.
pub struct TemplateRequest {
    method: Method,
    uri: Uri,
    scheme: Scheme,
    host: Option<Box<str>>,
    route: Option<Arc<str>>,
    services: Services,
    extensions: Extensions,
    nonce: Arc<OnceLock<String>>,
}

impl TemplateRequest {
    /// Takes from `request` what templates may see.
    pub fn new(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            scheme: request.scheme(),
            host: request.host().map(Box::from),
            route: request.route_pattern(),
            services: request.services().clone(),
            extensions: request.extensions().clone(),
            nonce: request.nonce_handle(),
        }
    }

    /// The method, such as `GET`.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as it was sent, still percent-encoded.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// Path and query, as a link back to this page.
    pub fn full_path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |full| full.as_str())
    }

    /// Whether the client speaks HTTP or HTTPS.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host and port that the client asked for.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// What the application shares with its parts.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The value of type `T` that a middleware attached to the request.
    pub fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    /// The nonce of this response's Content-Security-Policy, made when first asked.
    pub fn csp_nonce(&self) -> &str {
        self.nonce.get_or_init(crate::random::token)
    }

    fn query(&self) -> Value {
        let query = self.uri.query().unwrap_or_default();
        // What is no query of pairs reads as one without.
        let pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
        Value::from_object(Query(pairs))
    }
}

const FIELDS: &[&str] = &[
    "method",
    "path",
    "full_path",
    "scheme",
    "host",
    "route",
    "query",
    "csp_nonce",
];

impl Object for TemplateRequest {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let text = |text: Option<&str>| text.map_or_else(missing, Value::from);
        Some(match key {
            "method" => self.method.as_str().into(),
            "path" => self.path().into(),
            "full_path" => self.full_path().into(),
            "scheme" => self.scheme.as_str().into(),
            "host" => text(self.host()),
            "route" => text(self.route.as_deref()),
            "query" => self.query(),
            "csp_nonce" => self.csp_nonce().into(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        // The nonce is left out: looking at all of the request is not a use of it.
        Enumerator::Str(&FIELDS[..FIELDS.len() - 1])
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl fmt::Debug for TemplateRequest {
    /// Method and path only: the query may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TemplateRequest({} {})", self.method, self.path())
    }
}

/// The pairs of the query.
#[derive(Debug)]
struct Query(Vec<(String, String)>);

impl Object for Query {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let last = self.0.iter().rev().find(|(name, _)| name == key);
        Some(last.map_or_else(missing, |(_, value)| value.as_str().into()))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        Enumerator::Values(names.into_iter().map(Value::from).collect())
    }
}
