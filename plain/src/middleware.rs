//! Middleware: what every request passes on its way in, and every response on its way out.
//!
//! The built-ins stand outermost, then those that the setting `MIDDLEWARE` lists, in reading order.
//! A `before_request` that answers skips the rest inward; `after_response` runs in reverse, for
//! every middleware that let the request pass. `Chain` holds them, and is the one place where an
//! error or a panic becomes a response.

mod built_in;
mod chain;
mod csrf;
mod headers;
mod hosts;
mod https;
mod proxy;

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(crate) use built_in::BuiltIn;
pub(crate) use chain::{Chain, Link};
pub use csrf::CsrfSettings;
pub use headers::HeaderSettings;
pub use hosts::HostSettings;
pub use https::HttpsSettings;
pub use proxy::{ForwardedHeader, ProxySettings};

use crate::http::{Error, Request, Response, Result};

/// One step around all views.
///
/// ```
/// use plain::http::{HeaderValue, Request, Response, Result, header};
/// use plain::middleware::Middleware;
///
/// struct Powered;
///
/// impl Middleware for Powered {
///     async fn after_response(&self, _: &Request, mut response: Response) -> Result<Response> {
///         response.headers_mut().insert(header::SERVER, HeaderValue::from_static("plain"));
///         Ok(response)
///     }
/// }
/// ```
///
/// A phase that is not written costs nothing: its future has no size, so it is never called.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware",
    note = "implement `plain::middleware::Middleware` for it: `impl Middleware for {Self} {{ async fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {{ Ok(None) }} }}`"
)]
pub trait Middleware: Send + Sync + 'static {
    /// Sees the request before the view does, and may change it. A response ends it here.
    fn before_request(
        &self,
        _request: &mut Request,
    ) -> impl Future<Output = Result<Option<Response>>> + Send {
        Unwritten::<Option<Response>>(PhantomData)
    }

    /// Sees the response on its way out, and returns what goes on.
    fn after_response(
        &self,
        _request: &Request,
        _response: Response,
    ) -> impl Future<Output = Result<Response>> + Send {
        Unwritten::<Response>(PhantomData)
    }

    /// The names of the middleware that must stand before this one in `MIDDLEWARE`.
    fn requires(&self) -> &'static [&'static str] {
        &[]
    }
}

/// The future of a phase that was not written. It is never polled.
#[derive(Debug)]
struct Unwritten<T>(PhantomData<fn() -> T>);

impl<T> Future for Unwritten<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Err(Error::internal(
            "this middleware does not have this phase",
        )))
    }
}
