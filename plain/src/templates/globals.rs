//! The functions that every template has, and those that packages add.

use std::fmt;
use std::sync::Arc;

use chrono::Utc;
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, ErrorKind, State};

use super::context::request_of;
use super::request::TemplateRequest;
use crate::assets::Assets;
use crate::http::{self, Result, StatusCode};
use crate::urls::Router;

/// The names that packages can't give to functions of theirs.
pub(super) const BUILT_IN: [&str; 5] = ["request", "csp_nonce", "url", "asset", "now"];

type Function = dyn Fn(&TemplateRequest) -> Result<Value> + Send + Sync;

/// A function without arguments that a package adds to templates.
#[derive(Clone)]
pub(crate) struct Global(Arc<Function>);

impl Global {
    /// Calls `function` with the request that the template is rendered for.
    ///
    /// An error of it ends the rendering, and the page is answered with its status.
    pub(crate) fn new<F>(function: F) -> Self
    where
        F: Fn(&TemplateRequest) -> Result<Value> + Send + Sync + 'static,
    {
        Self(Arc::new(function))
    }

    pub(super) fn add_to(self, engine: &mut Environment<'static>, name: &'static str) {
        engine.add_function(name, move |state: &State<'_, '_>| {
            let request = request_of(state)?;
            (self.0)(&request).map_err(|error| failed(format!("`{name}()` failed"), Failed(error)))
        });
    }
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Global")
    }
}

/// The error of a [`Global`] on its way through the engine, which takes errors of this kind only.
#[derive(Debug)]
pub(super) struct Failed(http::Error);

impl Failed {
    pub(super) fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(super) fn headers(&self) -> &http::HeaderMap {
        self.0.headers()
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.public_message().unwrap_or("an internal error"))
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause().map(|cause| cause as _)
    }
}

/// Adds what every template has.
pub(super) fn add_built_in(engine: &mut Environment<'static>) {
    engine.add_function("url", url);
    engine.add_function("asset", asset);
    engine.add_function("now", || Utc::now().to_rfc3339());
}

/// `url("order", id=5)`
fn url(state: &State<'_, '_>, name: &str, params: Kwargs) -> Result<String, minijinja::Error> {
    let request = request_of(state)?;
    let router = request
        .services()
        .require::<Router>()
        .map_err(|error| failed(format!("`url({name:?})` has no router"), error))?;
    let mut pairs = Vec::new();
    for param in params.args() {
        let value: Value = params.get(param)?;
        if value.is_undefined() || value.is_none() {
            return Err(minijinja::Error::new(
                ErrorKind::UndefinedError,
                format!("the parameter {param} of url({name:?}) has no value"),
            ));
        }
        pairs.push((param.to_owned(), value.to_string()));
    }
    let reversed = router.reverse(name, pairs);
    reversed.map_err(|error| failed(error.to_string(), error))
}

/// `asset("app.css")`
fn asset(state: &State<'_, '_>, name: &str) -> Result<String, minijinja::Error> {
    let request = request_of(state)?;
    let assets = request
        .services()
        .require::<Assets>()
        .map_err(|error| failed(format!("`asset({name:?})` has no assets"), error))?;
    let url = assets.url(name);
    url.map_err(|error| failed(error.to_string(), error))
}

fn failed<E>(message: String, source: E) -> minijinja::Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    minijinja::Error::new(ErrorKind::InvalidOperation, message).with_source(source)
}
