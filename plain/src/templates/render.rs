//! `render` on a request.

use std::panic::Location;
use std::path::Path;
use std::sync::Arc;

use minijinja::value::{Serde, Value, ValueKind};
use serde::Serialize;

use super::context::Layers;
use super::engine::Templates;
use super::error::TemplateError;
use super::globals::Failed;
use super::request::TemplateRequest;
use crate::http::{Error, Request, Response, Result, content_type};

impl Request {
    /// 200 with the page that `template` makes of `context`, of the content type that its name
    /// says.
    ///
    /// The context is what [`context!`](crate::context) makes, a map or a struct. It goes before
    /// what was added by [`add_context`](Request::add_context), and that before what every template
    /// has.
    ///
    /// ```
    /// use plain::context;
    /// use plain::http::{Request, Response, Result};
    ///
    /// async fn cart(request: &Request) -> Result<Response> {
    ///     let items = ["tea", "milk"];
    ///     request.render("cart.html", context! { items })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// 500 with a [`TemplateError`] as its cause; the status of the error of a package's template
    /// function if that was what failed.
    #[track_caller]
    pub fn render(&self, template: &str, context: impl Serialize) -> Result<Response> {
        let text = self.render_to_string(template, context)?;
        Ok(Response::bytes(content_type(Path::new(template)), text))
    }

    /// The text that `template` makes of `context`, for an email or a part of a page.
    ///
    /// # Errors
    ///
    /// Those of [`render`](Self::render).
    #[track_caller]
    pub fn render_to_string(&self, template: &str, context: impl Serialize) -> Result<String> {
        let place = Location::caller();
        let text = self.rendered(template, context);
        text.map_err(|error| error.at(place))
    }

    fn rendered(&self, template: &str, context: impl Serialize) -> Result<String> {
        let templates = self.services().require::<Templates>()?;
        let given = Value::from(Serde(context));
        match given.kind() {
            ValueKind::Map | ValueKind::None | ValueKind::Undefined => {}
            ValueKind::Invalid => {
                return Err(Error::internal(format!(
                    "the context of `{template}` is no value: {given}"
                )));
            }
            kind => {
                return Err(Error::internal(format!(
                    "the context of `{template}` is a {kind}: give it a map or a struct"
                )));
            }
        }
        let request = Arc::new(TemplateRequest::new(self));
        let layers = Layers::new(given, self.context_values(), request);
        templates
            .render(template, layers)
            .map_err(as_response_error)
    }
}

/// A failed function of a package decides the status, as it does in a view.
fn as_response_error(error: TemplateError) -> Error {
    let Some(failed) = error.find::<Failed>() else {
        return error.into();
    };
    let (status, headers) = (failed.status(), failed.headers().clone());
    let mut answer = Error::from(error).with_status(status);
    for (name, value) in &headers {
        answer = answer.with_header(name.clone(), value.clone());
    }
    answer
}
