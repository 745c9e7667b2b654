//! The trait [`View`], and how a request finds the method that answers it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::header::{self, HeaderValue};

use super::method::{Method, Methods};
use crate::http::{Error, Request, Response, Result, StatusCode};
use crate::urls::{Endpoint, IntoEndpoint};
use crate::written::is_written;

/// A page, or a thing with an address: one type, with a method for each method of HTTP that it
/// answers.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use plain::views::View;
///
/// struct Hello;
///
/// impl View for Hello {
///     async fn get(&self, _request: &Request) -> Result<Response> {
///         Ok(Response::text("Hello"))
///     }
/// }
/// ```
///
/// `Hello` answers `GET`, `HEAD` and `OPTIONS`; everything else is 405 with the header `Allow`.
///
/// The default of a handler returns [`NotAllowed`], a future without a size. A handler that was
/// written captures at least `self` and the request, so the size of its future tells, when the
/// program is compiled, whether it was overridden.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view",
    label = "a view is expected here",
    note = "implement `plain::views::View` for it: `impl View for {Self} {{ async fn get(&self, request: &Request) -> Result<Response> {{ .. }} }}`"
)]
pub trait View: Sized + Send + Sync + 'static {
    /// Answers `GET`, and `HEAD` (without the body) unless [`head`](Self::head) is written.
    fn get(&self, _request: &Request) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `POST`.
    fn post(&self, _request: &Request) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `PUT`.
    fn put(&self, _request: &Request) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `PATCH`.
    fn patch(&self, _request: &Request) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `DELETE`.
    fn delete(&self, _request: &Request) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `HEAD`.
    fn head(&self, _request: &Request) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Runs before the handler, for `OPTIONS` and refused methods too. A response ends it there.
    fn before_request(
        &self,
        _request: &Request,
    ) -> impl Future<Output = Result<Option<Response>>> + Send {
        std::future::ready(Ok(None))
    }

    /// Runs after the handler, with what it answered; returns what goes out.
    fn after_response(
        &self,
        _request: &Request,
        response: Response,
    ) -> impl Future<Output = Result<Response>> + Send {
        std::future::ready(Ok(response))
    }

    /// Turns an error of the handler into a response; by default it stays an error, for the
    /// application's error page.
    fn handle_error(
        &self,
        _request: &Request,
        error: Error,
    ) -> impl Future<Output = Result<Response>> + Send {
        std::future::ready(Err(error))
    }

    /// The methods with a handler. A view that wraps another says what the other has.
    fn methods(&self) -> Methods {
        overridden::<Self>()
    }

    /// The name that `plain urls list` shows.
    fn type_name(&self) -> &'static str {
        std::any::type_name::<Self>()
    }
}

/// The future of a handler that was not written. It is never polled: the size of a handler's
/// future decides first.
#[derive(Debug)]
pub struct NotAllowed;

impl Future for NotAllowed {
    type Output = Result<Response>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Err(Error::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this method has no handler",
        )))
    }
}

/// The methods of `V` whose futures have a size.
fn overridden<V: View>() -> Methods {
    Methods::of([
        (Method::Get, is_written(&V::get)),
        (Method::Post, is_written(&V::post)),
        (Method::Put, is_written(&V::put)),
        (Method::Patch, is_written(&V::patch)),
        (Method::Delete, is_written(&V::delete)),
        (Method::Head, is_written(&V::head)),
    ])
}

// Who gives `path` something else is told of `IntoEndpoint`, which knows of `as_view()`.
#[diagnostic::do_not_recommend]
impl<V: View> IntoEndpoint for V {
    fn into_endpoint(self) -> Arc<dyn Endpoint> {
        let methods = self.methods();
        Arc::new(ViewEndpoint {
            view: self,
            methods,
        })
    }
}

/// A view behind a URL.
struct ViewEndpoint<V> {
    view: V,
    methods: Methods,
}

impl<V: View> Endpoint for ViewEndpoint<V> {
    fn call<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(self.answer(request))
    }

    fn methods(&self) -> Vec<&'static str> {
        self.methods.answered()
    }

    fn type_name(&self) -> &'static str {
        self.view.type_name()
    }
}

impl<V: View> ViewEndpoint<V> {
    async fn answer(&self, request: &Request) -> Result<Response> {
        let answer = match self.view.before_request(request).await {
            Ok(None) => self.dispatch(request).await,
            Ok(Some(response)) => return Ok(response),
            Err(error) => Err(error),
        };
        let response = match answer {
            Ok(response) => response,
            Err(error) => self.view.handle_error(request, error).await?,
        };
        self.view.after_response(request, response).await
    }

    async fn dispatch(&self, request: &Request) -> Result<Response> {
        let view = &self.view;
        match *request.method() {
            http::Method::GET if self.has(Method::Get) => view.get(request).await,
            http::Method::HEAD if self.has(Method::Head) => view.head(request).await,
            http::Method::HEAD if self.has(Method::Get) => view.get(request).await,
            http::Method::POST if self.has(Method::Post) => view.post(request).await,
            http::Method::PUT if self.has(Method::Put) => view.put(request).await,
            http::Method::PATCH if self.has(Method::Patch) => view.patch(request).await,
            http::Method::DELETE if self.has(Method::Delete) => view.delete(request).await,
            http::Method::OPTIONS => Ok(self.options()),
            ref method => Err(self.not_allowed(method)),
        }
    }

    fn has(&self, method: Method) -> bool {
        self.methods.contains(method)
    }

    fn options(&self) -> Response {
        Response::no_content().with_header(header::ALLOW, self.allow())
    }

    /// 405, with the header `Allow` that RFC 9110 section 15.5.6 asks for.
    fn not_allowed(&self, method: &http::Method) -> Error {
        let allow = self.methods.allow();
        let message = format!("this page does not answer {method}; it answers {allow}");
        Error::new(StatusCode::METHOD_NOT_ALLOWED, message).with_header(header::ALLOW, self.allow())
    }

    fn allow(&self) -> HeaderValue {
        HeaderValue::try_from(self.methods.allow()).expect("names of methods are visible ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Both;

    impl View for Both {
        async fn get(&self, _: &Request) -> Result<Response> {
            Ok(Response::text(""))
        }

        async fn delete(&self, request: &Request) -> Result<Response> {
            let _ = request.path();
            Ok(Response::no_content())
        }
    }

    struct Nothing;

    impl View for Nothing {}

    #[test]
    fn the_methods_of_a_view_are_those_that_it_overrides() {
        assert_eq!(Both.methods().allow(), "GET, HEAD, DELETE, OPTIONS");
        assert_eq!(Nothing.methods(), Methods::NONE);
    }
}
