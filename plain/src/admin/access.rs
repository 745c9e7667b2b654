//! Who may open the admin.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::http::{Request, Result};

/// Decides who may open the admin; brought by one package with `to.admin_access(..)`.
///
/// ```
/// use plain::admin::{Access, AdminAccess, Visitor};
/// use plain::http::{Request, Result};
///
/// struct FromThisComputer;
///
/// impl AdminAccess for FromThisComputer {
///     async fn decide(&self, request: &Request) -> Result<Access> {
///         match request.client_address() {
///             Some(address) if address.is_loopback() => {
///                 Ok(Access::Granted(Visitor::new("local", "You")))
///             }
///             _ => Ok(Access::Denied),
///         }
///     }
/// }
/// ```
pub trait AdminAccess: Send + Sync + 'static {
    /// Decides on one request, whatever its method and address.
    ///
    /// # Errors
    ///
    /// If it can't decide (the database is away, say); the visitor then does not get in.
    fn decide(&self, request: &Request) -> impl Future<Output = Result<Access>> + Send;
}

/// What an [`AdminAccess`] decides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// The visitor is an admin.
    Granted(Visitor),
    /// Nobody is signed in: the visitor is sent to this address, to which the admin adds the
    /// parameter `next` with the page that was asked for.
    SignIn(String),
    /// The visitor is signed in, and no admin.
    Denied,
}

/// An admin who visits the admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    id: String,
    label: String,
    sign_out: Option<String>,
}

impl Visitor {
    /// A visitor whom the change log knows as `id`, and pages call `label`.
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            sign_out: None,
        }
    }

    /// The same visitor, with the address to which a POST signs them out.
    #[must_use]
    pub fn sign_out(mut self, address: impl Into<String>) -> Self {
        self.sign_out = Some(address.into());
        self
    }

    /// Who it is, for good.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the visitor is called at present.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Where a POST signs the visitor out.
    pub fn sign_out_address(&self) -> Option<&str> {
        self.sign_out.as_deref()
    }
}

/// What an admin wants to do with the objects of a viewset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// See the list; without it, the viewset is not there for this visitor.
    List,
    /// See one object.
    View,
    /// Make an object.
    Create,
    /// Change an object.
    Update,
    /// Delete an object.
    Delete,
    /// Run an action, or see values that are hidden at first.
    Act,
}

/// The [`AdminAccess`] of an application.
#[derive(Clone)]
pub(super) struct Decision(Arc<dyn Boxed>);

impl Decision {
    pub(super) fn new(access: impl AdminAccess) -> Self {
        Self(Arc::new(access))
    }

    pub(super) async fn on(&self, request: &Request) -> Result<Access> {
        self.0.decide(request).await
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decision")
    }
}

/// [`AdminAccess`] with a boxed future.
trait Boxed: Send + Sync {
    fn decide<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Access>>;
}

impl<A: AdminAccess> Boxed for A {
    fn decide<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Access>> {
        Box::pin(AdminAccess::decide(self, request))
    }
}
