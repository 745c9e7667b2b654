//! [`AuthView`]: a view for those who are signed in.

mod around;

use std::future::Future;
use std::time::Duration;

use plain::http::{Error, Request, Response, Result};
use plain::views::{Method, Methods, NotAllowed, View, is_written};
use plain_sessions::get_request_session;

use crate::models::User;
use crate::pages::{confirm_url, sign_in_url};
use crate::requests::get_request_user;
use crate::signed_in::is_confirmed;

pub use around::{Confirmed, require_admin, require_confirmed, require_user};

/// Whom a view is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Required {
    /// All who are signed in.
    #[default]
    SignedIn,
    /// Admins.
    Admin,
}

/// A view whose handlers are given the request and its user.
///
/// Who is not signed in is led to the page for that, and back afterwards; whom the view is not for
/// gets a 403.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use plain::urls::path;
/// use plain_auth::{AuthView, User};
///
/// struct Orders;
///
/// impl AuthView for Orders {
///     async fn get(&self, _request: &Request, user: &User) -> Result<Response> {
///         Ok(Response::text(format!("The orders of {}", user.email)))
///     }
/// }
///
/// let route = path("orders", Orders.as_view());
/// ```
///
/// A view for admins says so by [`required`](Self::required); other conditions go into
/// [`check_auth`](Self::check_auth). Templates that it renders see the user as `current_user`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view for users",
    note = "implement `plain_auth::AuthView` for it: `impl AuthView for {Self} {{ async fn get(&self, request: &Request, user: &User) -> Result<Response> {{ .. }} }}`"
)]
pub trait AuthView: Sized + Send + Sync + 'static {
    /// Whom it is for.
    fn required(&self) -> Required {
        Required::SignedIn
    }

    /// How long ago the user may have signed in or given the password; who did so before is asked for
    /// it first, and led back to the address of this view afterwards. `None` for however long.
    ///
    /// For what a stolen session or a browser left open must not be enough for, such as another
    /// address for mails, or a payout (ASVS 7.5.3).
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// # use plain_auth::{AuthView, User};
    /// use std::time::Duration;
    ///
    /// struct Payout;
    ///
    /// impl AuthView for Payout {
    ///     fn confirmed_within(&self) -> Option<Duration> {
    ///         Some(Duration::from_secs(300))
    ///     }
    ///
    ///     async fn get(&self, request: &Request, _user: &User) -> Result<Response> {
    ///         request.render("payout.html", ())
    ///     }
    /// }
    /// ```
    fn confirmed_within(&self) -> Option<Duration> {
        None
    }

    /// Whether `user`, for whom the view is, may make this `request`; an error is the answer if not.
    fn check_auth(
        &self,
        _request: &Request,
        _user: &User,
    ) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// Answers `GET`, and `HEAD` unless [`head`](Self::head) is written.
    fn get(
        &self,
        _request: &Request,
        _user: &User,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `POST`.
    fn post(
        &self,
        _request: &Request,
        _user: &User,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `PUT`.
    fn put(
        &self,
        _request: &Request,
        _user: &User,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `PATCH`.
    fn patch(
        &self,
        _request: &Request,
        _user: &User,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `DELETE`.
    fn delete(
        &self,
        _request: &Request,
        _user: &User,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `HEAD`.
    fn head(
        &self,
        _request: &Request,
        _user: &User,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Runs after the handler, with what it answered; returns what goes out.
    fn after_response(
        &self,
        _request: &Request,
        response: Response,
    ) -> impl Future<Output = Result<Response>> + Send {
        std::future::ready(Ok(response))
    }

    /// Turns an error of the handler into a response; by default it stays an error.
    fn handle_error(
        &self,
        _request: &Request,
        error: Error,
    ) -> impl Future<Output = Result<Response>> + Send {
        std::future::ready(Err(error))
    }

    /// The view for the router.
    fn as_view(self) -> WithUser<Self> {
        WithUser(self)
    }
}

/// Where a visitor of a view goes.
enum Way {
    In(User),
    /// To the page to sign in, or to give the password again.
    Elsewhere(Response),
}

/// Decides who gets to a view.
///
/// # Errors
///
/// 403 for a user whom it is not for.
async fn let_in(request: &Request, required: Required, within: Option<Duration>) -> Result<Way> {
    let Some(user) = get_request_user(request).await? else {
        return Ok(Way::Elsewhere(Response::redirect(sign_in_url(request)?)));
    };
    check_required(required, &user)?;
    if let Some(within) = within
        && !is_confirmed(&get_request_session(request).await?, within)
    {
        return Ok(Way::Elsewhere(Response::redirect(confirm_url(request)?)));
    }
    Ok(Way::In(user))
}

/// Asks `user` to be one of those that `required` names.
///
/// # Errors
///
/// 403 if the user is not.
fn check_required(required: Required, user: &User) -> Result<()> {
    match required {
        Required::SignedIn => Ok(()),
        Required::Admin if user.is_admin => Ok(()),
        Required::Admin => Err(Error::forbidden("this page is for admins only")),
    }
}

/// An [`AuthView`] as a [`View`].
#[derive(Debug)]
pub struct WithUser<V>(V);

impl<V> WithUser<V> {
    /// The user, whom `before_request` has let pass.
    async fn user(&self, request: &Request) -> Result<User> {
        let user = get_request_user(request).await?;
        user.ok_or_else(|| Error::forbidden("sign in to see this page"))
    }
}

impl<V: AuthView> View for WithUser<V> {
    async fn get(&self, request: &Request) -> Result<Response> {
        self.0.get(request, &self.user(request).await?).await
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        self.0.post(request, &self.user(request).await?).await
    }

    async fn put(&self, request: &Request) -> Result<Response> {
        self.0.put(request, &self.user(request).await?).await
    }

    async fn patch(&self, request: &Request) -> Result<Response> {
        self.0.patch(request, &self.user(request).await?).await
    }

    async fn delete(&self, request: &Request) -> Result<Response> {
        self.0.delete(request, &self.user(request).await?).await
    }

    async fn head(&self, request: &Request) -> Result<Response> {
        self.0.head(request, &self.user(request).await?).await
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        let within = self.0.confirmed_within();
        match let_in(request, self.0.required(), within).await? {
            Way::In(user) => self.0.check_auth(request, &user).await.map(|()| None),
            Way::Elsewhere(response) => Ok(Some(response)),
        }
    }

    async fn after_response(&self, request: &Request, response: Response) -> Result<Response> {
        self.0.after_response(request, response).await
    }

    async fn handle_error(&self, request: &Request, error: Error) -> Result<Response> {
        self.0.handle_error(request, error).await
    }

    fn methods(&self) -> Methods {
        let handlers = [
            (Method::Get, is_written(&V::get)),
            (Method::Post, is_written(&V::post)),
            (Method::Put, is_written(&V::put)),
            (Method::Patch, is_written(&V::patch)),
            (Method::Delete, is_written(&V::delete)),
            (Method::Head, is_written(&V::head)),
        ];
        Methods::of(handlers)
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<V>()
    }
}
