//! URLs: patterns, names, and the way back from a name to a path.
//!
//! [`path`] binds a pattern to a view, [`include()`] mounts a list of them under a prefix (and a
//! namespace), [`Router`] resolves a path and reverses a name. What stands at the end of a path is
//! an [`Endpoint`]; views become one. All patterns and names are checked when the application
//! starts. Which view answers which method is not decided here.

mod converter;
mod error;
mod list;
mod params;
mod pattern;
mod request_path;
mod reverse;
mod router;
#[cfg(test)]
mod tests;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::http::{Request, Response, Result};
use crate::services::Services;

pub use converter::Converter;
pub use error::{PatternFault, RouteLabel, UrlError};
pub use list::{Url, Urls, include, path, urls};
pub use params::UrlParams;
pub(crate) use request_path::push_path;
pub use reverse::ReverseError;
pub use router::{Resolution, Route, Router};

/// What answers the requests of one URL. Views become one through [`IntoEndpoint`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer the requests of a URL",
    note = "implement `plain::views::View` for it; `path` makes an endpoint of a view"
)]
pub trait Endpoint: Send + Sync {
    /// Answers `request`.
    fn call<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>>;

    /// The methods that it answers, in the order of the header `Allow`, for `plain urls list`.
    fn methods(&self) -> Vec<&'static str>;

    /// The name of the type behind it, for `plain urls list`.
    fn type_name(&self) -> &'static str;
}

impl fmt::Debug for dyn Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

/// What [`path`] takes: a view.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view",
    label = "`path` takes a view",
    note = "a `SessionView`, `AuthView`, `TemplateView`, `FormView`, ... becomes one with `.as_view()`",
    note = "else implement `plain::views::View` for it: `impl View for {Self} {{ async fn get(&self, request: &Request) -> Result<Response> {{ .. }} }}`"
)]
pub trait IntoEndpoint {
    /// The endpoint behind which it stands.
    fn into_endpoint(self) -> Arc<dyn Endpoint>;
}

impl IntoEndpoint for Arc<dyn Endpoint> {
    fn into_endpoint(self) -> Arc<dyn Endpoint> {
        self
    }
}

impl Request {
    /// The path of the URL `name`, with `params` in the places of its pattern.
    ///
    /// `name` includes its namespaces (`shop:order`). Give `()` where the pattern has no
    /// parameters, a list of pairs where it has; pairs of different types go in a tuple.
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// fn back_to_the_order(request: &Request) -> Result<Response> {
    ///     let order = request.reverse("shop:order", [("id", 5)])?;
    ///     Ok(Response::redirect(order)) // to /shop/orders/5
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReverseError`] if there is no such name, or if the parameters are not those of its
    /// pattern.
    #[track_caller]
    pub fn reverse(&self, name: &str, params: impl UrlParams) -> Result<String> {
        let place = Location::caller();
        let path = self.services().reverse(name, params);
        path.map_err(|error| error.at(place))
    }
}

impl Services {
    /// The path of the URL `name`, as [`Request::reverse`] gives it.
    ///
    /// # Errors
    ///
    /// Those of [`Request::reverse`].
    pub fn reverse(&self, name: &str, params: impl UrlParams) -> Result<String> {
        let router = self.require::<Router>()?;
        Ok(router.reverse(name, params)?)
    }
}
