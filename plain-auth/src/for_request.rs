//! `plain request --user EMAIL`: a session for one request, which ends with it.

use futures_util::future::BoxFuture;
use plain::http::{Error, HeaderValue, Result};
use plain::packages::{SignIn, SignedIn};
use plain::services::Services;
use plain_sessions::{SessionSettings, SessionStore};

use crate::models::User;
use crate::signed_in::begin;

/// Signs in by e-mail address.
pub(crate) struct ByEmail;

impl SignIn for ByEmail {
    fn sign_in<'a>(&'a self, user: &'a str, app: &'a Services) -> BoxFuture<'a, Result<SignedIn>> {
        Box::pin(sign_in(user, app))
    }
}

async fn sign_in(email: &str, app: &Services) -> Result<SignedIn> {
    let user = User::find_by_email(app.database()?, email).await?;
    let user = user.ok_or_else(|| {
        Error::internal(format!(
            "no user has the email address {email}: `plain users list` shows all"
        ))
    })?;
    if !user.is_active {
        return Err(Error::internal(format!(
            "{email} is deactivated and can't sign in: `plain users activate {email}` changes that"
        )));
    }
    let session = SessionStore::new(app)?;
    begin(&session, &user)?;
    session.save().await?;
    let name = &app.settings::<SessionSettings>()?.session_cookie_name;
    let key = session.session_key();
    let key = key.ok_or_else(|| Error::internal("the session was not saved"))?;
    let cookie = HeaderValue::try_from(format!("{name}={}", key.expose()))?;
    Ok(SignedIn {
        cookie,
        sign_out: Box::pin(async move {
            session.flush();
            Ok(session.save().await?)
        }),
    })
}
