//! Signing a user in for `plain request --user`.

use std::fmt;

use futures_util::future::BoxFuture;
use http::HeaderValue;

use crate::http::Result;
use crate::services::Services;

/// Signs a user in for one request of `plain request --user`; brought by the one package that knows
/// users, with `to.sign_in(..)`.
///
/// Who may call the command can read the database and the secrets, so it asks for no password.
pub trait SignIn: Send + Sync + 'static {
    /// Signs `user` in, whom the command line names as that package does (an e-mail address, say).
    ///
    /// # Errors
    ///
    /// That there is no such user, or none that may sign in.
    fn sign_in<'a>(&'a self, user: &'a str, app: &'a Services) -> BoxFuture<'a, Result<SignedIn>>;
}

/// A user who is signed in for one request.
pub struct SignedIn {
    /// The header `Cookie` that makes the request theirs.
    pub cookie: HeaderValue,
    /// Takes back what signing in left in the database; run when the request is answered.
    pub sign_out: BoxFuture<'static, Result<()>>,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The cookie is a credential.
        f.debug_struct("SignedIn").finish_non_exhaustive()
    }
}
