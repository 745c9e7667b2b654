//! [`Decorator`]: what runs before and after any view and knows nothing of its methods.

use std::future::{Future, ready};

use super::{Methods, View};
use crate::http::{Error, Request, Response, Result};

/// Something that stands around views: a door, or a header for all that they answer.
///
/// What a middleware is to all requests, this is to the views that it is put around.
///
/// ```
/// use plain::http::{HeaderValue, Request, Response, Result, header};
/// use plain::urls::path;
/// use plain::views::{Decorator, TemplateView, decorated};
///
/// /// Lets no cache keep the response.
/// struct NotKept;
///
/// impl Decorator for NotKept {
///     async fn after_response(&self, _: &Request, response: Response) -> Result<Response> {
///         let no_store = HeaderValue::from_static("no-store");
///         Ok(response.with_header(header::CACHE_CONTROL, no_store))
///     }
/// }
///
/// struct Balance;
///
/// impl TemplateView for Balance {
///     fn template(&self) -> &str {
///         "balance.html"
///     }
/// }
///
/// let route = path("balance", decorated(Balance.as_view(), NotKept));
/// ```
pub trait Decorator: Send + Sync + 'static {
    /// Runs before the view, whatever the method. A response ends the request there.
    fn before_request(
        &self,
        _request: &Request,
    ) -> impl Future<Output = Result<Option<Response>>> + Send {
        ready(Ok(None))
    }

    /// Runs after the view, with what it answered; returns what goes out.
    fn after_response(
        &self,
        _request: &Request,
        response: Response,
    ) -> impl Future<Output = Result<Response>> + Send {
        ready(Ok(response))
    }
}

/// `view` with `decorator` around it.
pub fn decorated<V: View, D: Decorator>(view: V, decorator: D) -> Decorated<V, D> {
    Decorated { view, decorator }
}

/// A view with something around it; see [`decorated`].
#[derive(Debug)]
pub struct Decorated<V, D> {
    view: V,
    decorator: D,
}

impl<V: View, D: Decorator> View for Decorated<V, D> {
    async fn get(&self, request: &Request) -> Result<Response> {
        self.view.get(request).await
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        self.view.post(request).await
    }

    async fn put(&self, request: &Request) -> Result<Response> {
        self.view.put(request).await
    }

    async fn patch(&self, request: &Request) -> Result<Response> {
        self.view.patch(request).await
    }

    async fn delete(&self, request: &Request) -> Result<Response> {
        self.view.delete(request).await
    }

    async fn head(&self, request: &Request) -> Result<Response> {
        self.view.head(request).await
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        if let Some(response) = self.decorator.before_request(request).await? {
            return Ok(Some(response));
        }
        match self.view.before_request(request).await? {
            Some(response) => {
                let response = self.decorator.after_response(request, response).await?;
                Ok(Some(response))
            }
            None => Ok(None),
        }
    }

    async fn after_response(&self, request: &Request, response: Response) -> Result<Response> {
        let response = self.view.after_response(request, response).await?;
        self.decorator.after_response(request, response).await
    }

    async fn handle_error(&self, request: &Request, error: Error) -> Result<Response> {
        self.view.handle_error(request, error).await
    }

    fn methods(&self) -> Methods {
        self.view.methods()
    }

    fn type_name(&self) -> &'static str {
        self.view.type_name()
    }
}
