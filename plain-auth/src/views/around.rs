//! [`require_user`] and [`require_admin`]: the door before views that know nothing of users.

use plain::http::{Error, Request, Response, Result};
use plain::views::{Methods, View};

use super::{Required, Way, let_in};

/// `view`, of whatever kind, for those who are signed in: a form, a list, a template.
///
/// What [`AuthView`](crate::AuthView) is for handlers of one's own, this is for views whose handlers
/// are written already. Their templates see the user as `current_user`, and their methods get them by
/// [`get_request_user`](crate::get_request_user), which then asks no database.
///
/// ```
/// use plain::urls::path;
/// use plain::views::TemplateView;
/// use plain_auth::require_user;
///
/// struct Profile;
///
/// impl TemplateView for Profile {
///     fn template(&self) -> &str {
///         "profile.html" // {{ current_user.email }}
///     }
/// }
///
/// let route = path("profile", require_user(Profile.as_view()));
/// ```
pub fn require_user<V: View>(view: V) -> AroundUser<V> {
    AroundUser(view, Required::SignedIn)
}

/// The same for admins only.
pub fn require_admin<V: View>(view: V) -> AroundUser<V> {
    AroundUser(view, Required::Admin)
}

/// A view behind a door; see [`require_user`].
#[derive(Debug)]
pub struct AroundUser<V>(V, Required);

impl<V: View> View for AroundUser<V> {
    async fn get(&self, request: &Request) -> Result<Response> {
        self.0.get(request).await
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        self.0.post(request).await
    }

    async fn put(&self, request: &Request) -> Result<Response> {
        self.0.put(request).await
    }

    async fn patch(&self, request: &Request) -> Result<Response> {
        self.0.patch(request).await
    }

    async fn delete(&self, request: &Request) -> Result<Response> {
        self.0.delete(request).await
    }

    async fn head(&self, request: &Request) -> Result<Response> {
        self.0.head(request).await
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        match let_in(request, self.1).await? {
            Way::In(_) => self.0.before_request(request).await,
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
        self.0.methods()
    }

    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }
}
