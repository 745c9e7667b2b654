//! The pages.

use plain::prelude::*;
use plain_sessions::{SessionKey, get_request_session};

use crate::forms::NoteForm;
use crate::models::Note;

/// What the session remembers of a visitor.
const AUTHOR: SessionKey<String> = SessionKey::new("author");

/// The notes, and a form for another one, which knows who wrote before.
pub(crate) struct Home;

impl FormView for Home {
    type Form = NoteForm;

    fn template(&self) -> &str {
        "home.html"
    }

    async fn initial(&self, request: &Request) -> Result<Value> {
        let session = get_request_session(request).await?;
        Ok(context! { author => session.get(AUTHOR)? })
    }

    async fn context(&self, request: &Request) -> Result<Value> {
        let notes = Note::newest(request.database()?).await?;
        Ok(context! { notes })
    }

    async fn form_valid(&self, request: &Request, form: NoteForm) -> Result<Response> {
        Note::add(request.database()?, &form.author, &form.text).await?;
        let session = get_request_session(request).await?;
        session.set(AUTHOR, form.author)?;
        Ok(Response::redirect(request.reverse("home", ())?))
    }
}
