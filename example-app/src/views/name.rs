//! Giving one's name.

use plain::prelude::*;
use plain_sessions::get_request_session;

use crate::forms::NameForm;
use crate::messages::add_message;
use crate::visitor::NAME;

/// `name`: asks what the visitor would like to be called.
pub(crate) struct GiveName;

impl FormView for GiveName {
    type Form = NameForm;

    fn template(&self) -> &str {
        "name.html"
    }

    async fn initial(&self, request: &Request) -> Result<Value> {
        let session = get_request_session(request).await?;
        Ok(context! { name => session.get(NAME)? })
    }

    async fn form_valid(&self, request: &Request, form: NameForm) -> Result<Response> {
        let session = get_request_session(request).await?;
        add_message(&session, format!("Nice to meet you, {}.", form.name))?;
        session.set(NAME, form.name)?;
        Ok(Response::redirect(request.reverse("home", ())?))
    }
}
