//! URLs: patterns, names, and the way back from a name to a path.
//!
//! [`path`] binds a pattern to a view, [`include`] mounts a list of them under a prefix (and a
//! namespace), [`Router`] resolves a path and reverses a name. What stands at the end of a path is
//! an [`Endpoint`]; views become one.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::http::{Request, Response, Result};

/// What answers the requests of one URL. Views become one through [`IntoEndpoint`].
pub trait Endpoint: Send + Sync {
    /// Answers `request`.
    fn call<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>>;

    /// The methods that it answers, in the order of the header `Allow`, for `plain urls list`.
    fn methods(&self) -> Vec<&'static str>;

    /// The name of the type behind it, for `plain urls list`.
    fn type_name(&self) -> &'static str;
}

/// What [`path`] takes: a view.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view",
    label = "`path` takes a view",
    note = "implement `plain::views::View` for it; a `SessionView`, `TemplateView`, `FormView`, ... becomes one with `.as_view()`"
)]
pub trait IntoEndpoint {
    /// The endpoint behind which it stands.
    fn into_endpoint(self) -> Arc<dyn Endpoint>;
}
