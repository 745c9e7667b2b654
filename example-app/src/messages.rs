//! Messages that are shown once, on the next page: the answer to a form is a redirect, so what it
//! has to say waits in the session.

use plain_sessions::{SessionError, SessionKey, SessionStore};

const MESSAGES: SessionKey<Vec<String>> = SessionKey::new("messages");

/// Adds a message for the next page.
pub(crate) fn add_message(
    session: &SessionStore,
    message: impl Into<String>,
) -> Result<(), SessionError> {
    let message = message.into();
    session.update(MESSAGES, move |messages| {
        let mut messages = messages.unwrap_or_default();
        messages.push(message.clone());
        messages
    })
}

/// Takes the messages out, since they are about to be shown.
pub(crate) fn take_messages(session: &SessionStore) -> Result<Vec<String>, SessionError> {
    Ok(session.pop(MESSAGES)?.unwrap_or_default())
}
