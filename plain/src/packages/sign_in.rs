//! Signing a user in for `plain request --user`.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::HeaderValue;

use crate::http::Result;
use crate::services::Services;

/// Signs a user in for one request of `plain request --user`; brought by the one package that knows
/// users, with `to.sign_in(..)`.
///
/// Who may call the command can read the database and the secrets, so it asks for no password.
#[diagnostic::on_unimplemented(
    message = "`{Self}` signs nobody in",
    note = "implement `plain::packages::SignIn` for it: `impl SignIn for {Self} {{ async fn sign_in(&self, user: &str, app: &Services) -> Result<SignedIn> {{ .. }} }}`"
)]
pub trait SignIn: Send + Sync + 'static {
    /// Signs `user` in, whom the command line names as that package does (an e-mail address, say).
    ///
    /// # Errors
    ///
    /// That there is no such user, or none that may sign in.
    fn sign_in(&self, user: &str, app: &Services) -> impl Future<Output = Result<SignedIn>> + Send;
}

/// A user who is signed in for one request.
#[non_exhaustive]
pub struct SignedIn {
    /// The header `Cookie` that makes the request theirs.
    pub cookie: HeaderValue,
    /// Takes back what signing in left in the database; run when the request is answered.
    pub sign_out: BoxFuture<'static, Result<()>>,
}

impl SignedIn {
    /// Takes the header `Cookie` that makes the request theirs, and what takes back what signing in
    /// left in the database.
    pub fn new(
        cookie: HeaderValue,
        sign_out: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Self {
        Self {
            cookie,
            sign_out: Box::pin(sign_out),
        }
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The cookie is a credential.
        f.debug_struct("SignedIn").finish_non_exhaustive()
    }
}

/// What signs users in, as a package brought it.
#[derive(Clone)]
pub(crate) struct SignInEntry(Arc<dyn Boxed>);

impl SignInEntry {
    pub(crate) fn new(sign_in: impl SignIn) -> Self {
        Self(Arc::new(sign_in))
    }

    pub(crate) async fn sign_in(&self, user: &str, app: &Services) -> Result<SignedIn> {
        self.0.sign_in(user, app).await
    }
}

/// [`SignIn`] with a boxed future, so that the framework need not know whose it is.
trait Boxed: Send + Sync {
    fn sign_in<'a>(&'a self, user: &'a str, app: &'a Services) -> BoxFuture<'a, Result<SignedIn>>;
}

impl<S: SignIn> Boxed for S {
    fn sign_in<'a>(&'a self, user: &'a str, app: &'a Services) -> BoxFuture<'a, Result<SignedIn>> {
        Box::pin(SignIn::sign_in(self, user, app))
    }
}
