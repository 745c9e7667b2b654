//! [`require_user`], [`require_admin`] and [`require_confirmed`]: the doors before views that know
//! nothing of users.

use std::time::Duration;

use plain::http::{Request, Response, Result};
use plain::views::{Decorated, Decorator, View, decorated};

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
pub fn require_user<V: View>(view: V) -> Decorated<V, Required> {
    decorated(view, Required::SignedIn)
}

/// The same for admins only.
pub fn require_admin<V: View>(view: V) -> Decorated<V, Required> {
    decorated(view, Required::Admin)
}

impl Decorator for Required {
    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        Ok(match let_in(request, *self, None).await? {
            Way::In(_) => None,
            Way::Elsewhere(response) => Some(response),
        })
    }
}

/// `view` for those who signed in, or gave the password again, `within` so long; see
/// [`AuthView::confirmed_within`](crate::AuthView::confirmed_within).
///
/// ```
/// # use plain::views::TemplateView;
/// # struct Payout;
/// # impl TemplateView for Payout {
/// #     fn template(&self) -> &str {
/// #         "payout.html"
/// #     }
/// # }
/// use std::time::Duration;
///
/// use plain_auth::require_confirmed;
///
/// let view = require_confirmed(Payout.as_view(), Duration::from_secs(300));
/// ```
pub fn require_confirmed<V: View>(view: V, within: Duration) -> Decorated<V, Confirmed> {
    decorated(view, Confirmed { within })
}

/// The door of [`require_confirmed`].
#[derive(Clone, Copy, Debug)]
pub struct Confirmed {
    within: Duration,
}

impl Decorator for Confirmed {
    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        Ok(
            match let_in(request, Required::SignedIn, Some(self.within)).await? {
                Way::In(_) => None,
                Way::Elsewhere(response) => Some(response),
            },
        )
    }
}
