//! The session itself: what is in it, and its end.

use plain::prelude::*;
use plain_sessions::{SessionStore, SessionView};

use crate::visitor::ORDERS;

/// `session`: shows a visitor all that the shop remembers of them.
pub(crate) struct SessionPanel;

impl SessionView for SessionPanel {
    async fn get(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let stored = session.model_instance();
        // The fingerprint names the session; its key is a credential and never on a page.
        let fingerprint = stored
            .as_ref()
            .map(|stored| stored.fingerprint().to_owned());
        let orders = session.get(ORDERS)?.unwrap_or_default();
        let values = session.items();
        request.render(
            "session.html",
            context! { stored, fingerprint, orders, values },
        )
    }
}

/// `session/end`: forgets the visitor.
pub(crate) struct EndSession;

impl SessionView for EndSession {
    async fn post(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        session.flush();
        Ok(Response::redirect(request.reverse("session", ())?))
    }
}
