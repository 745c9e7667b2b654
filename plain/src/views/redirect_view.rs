//! [`RedirectView`]: an address that leads to another.

use std::future::Future;

use super::View;
use crate::http::{Request, Response, Result, StatusCode};

/// An address that leads to another, for every method.
///
/// ```
/// use plain::http::{Request, Result};
/// use plain::urls::path;
/// use plain::views::RedirectView;
///
/// struct OldCart;
///
/// impl RedirectView for OldCart {
///     async fn location(&self, request: &Request) -> Result<String> {
///         request.reverse("cart", ())
///     }
/// }
///
/// let route = path("basket", OldCart.as_view());
/// ```
pub trait RedirectView: Sized + Send + Sync + 'static {
    /// Where to go.
    fn location(&self, request: &Request) -> impl Future<Output = Result<String>> + Send;

    /// The status: by default 302, for now; 301 or 308 for good (RFC 9110 section 15.4).
    fn status(&self) -> StatusCode {
        StatusCode::FOUND
    }

    /// The view for the router.
    fn as_view(self) -> Redirection<Self> {
        Redirection(self)
    }
}

/// A [`RedirectView`] as a [`View`].
#[derive(Debug)]
pub struct Redirection<V>(V);

impl<V: RedirectView> Redirection<V> {
    async fn redirect(&self, request: &Request) -> Result<Response> {
        let location = self.0.location(request).await?;
        Ok(Response::redirect_with(self.0.status(), location))
    }
}

impl<V: RedirectView> View for Redirection<V> {
    async fn get(&self, request: &Request) -> Result<Response> {
        self.redirect(request).await
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        self.redirect(request).await
    }

    async fn put(&self, request: &Request) -> Result<Response> {
        self.redirect(request).await
    }

    async fn patch(&self, request: &Request) -> Result<Response> {
        self.redirect(request).await
    }

    async fn delete(&self, request: &Request) -> Result<Response> {
        self.redirect(request).await
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<V>()
    }
}
