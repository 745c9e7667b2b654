//! Lists of URLs: [`path`], [`include()`], and [`urls`] that collects them.

use std::fmt;
use std::sync::Arc;

use super::{Endpoint, IntoEndpoint};

/// One line of a list of URLs, made by [`path`] or [`include()`].
#[derive(Clone)]
pub struct Url {
    pub(super) pattern: String,
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) target: Target,
}

#[derive(Clone)]
pub(super) enum Target {
    View(Arc<dyn Endpoint>),
    List(Urls),
}

/// A list of URLs, to be mounted or included in another. Cheap enough to clone.
#[derive(Clone, Debug, Default)]
pub struct Urls {
    pub(super) list: Vec<Url>,
}

/// Collects what [`path`] and [`include()`] made.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use plain::urls::{include, path, urls};
/// use plain::views::View;
///
/// struct Hello;
///
/// impl View for Hello {
///     async fn get(&self, _request: &Request) -> Result<Response> {
///         Ok(Response::text("Hello"))
///     }
/// }
///
/// let shop = urls([
///     path("", Hello),
///     path("orders/<int:id>", Hello).name("order"),
/// ]);
/// let all = urls([path("", Hello), include("shop", shop).namespace("shop")]);
/// ```
pub fn urls(list: impl IntoIterator<Item = Url>) -> Urls {
    Urls {
        list: list.into_iter().collect(),
    }
}

/// Binds `pattern` to `view`.
///
/// A pattern has no leading slash, since it continues the prefix that it is included under; `""`
/// is that prefix itself. `<name>` captures one segment as text, `<int:name>`, `<slug:name>`,
/// `<uuid:name>` a segment of that form, `<path:name>` the rest of the path. Text may stand before
/// and behind a placeholder (`report-<int:year>.csv`). All else stands for itself, written decoded
/// (`café`).
pub fn path(pattern: impl Into<String>, view: impl IntoEndpoint) -> Url {
    Url::new(pattern, Target::View(view.into_endpoint()))
}

/// Mounts `urls` under `prefix`, a pattern without a leading or trailing slash; `""` mounts them
/// here.
pub fn include(prefix: impl Into<String>, urls: Urls) -> Url {
    Url::new(prefix, Target::List(urls))
}

impl Url {
    fn new(pattern: impl Into<String>, target: Target) -> Self {
        Self {
            pattern: pattern.into(),
            name: None,
            namespace: None,
            target,
        }
    }

    /// Names a path, for `reverse` and `url()`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Puts the names of an included list behind `namespace`: `cart` becomes `shop:cart`.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Url");
        shown.field("pattern", &self.pattern);
        match &self.target {
            Target::View(view) => shown.field("view", &view.type_name()),
            Target::List(urls) => shown.field("urls", &urls.list),
        };
        shown.finish_non_exhaustive()
    }
}
