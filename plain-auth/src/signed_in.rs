//! Who is signed in: what stands in the session, and when it is trusted.
//!
//! A session is trusted if its owner is the user that it was begun for, that user is active, and
//! the password is still the one that it was begun with. Anything less is a visitor.

use std::time::Duration;

use chrono::DateTime;
use plain::db::{Database, Model};
use plain::http::{Request, Result};
use plain_sessions::{SessionError, SessionKey, SessionStore, get_request_session};
use serde::{Deserialize, Serialize};

use crate::models::{User, now};
use crate::requests::CurrentUser;

/// The name of the session value that says who is signed in.
const SIGNED_IN: SessionKey<SignedIn> = SessionKey::new("plain.auth");

/// For whom a session was begun, and under which password. Times are in microseconds of the epoch.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct SignedIn {
    user: i64,
    password_set_at: i64,
    /// When its user last showed who they are. Zero, as in sessions of before, is long ago.
    #[serde(default)]
    confirmed_at: i64,
}

impl SignedIn {
    /// That `user` has just shown who they are.
    fn now(user: &User) -> Self {
        Self {
            user: user.id,
            password_set_at: user.password_changed_at.timestamp_micros(),
            confirmed_at: now().timestamp_micros(),
        }
    }

    fn is_of(&self, user: &User) -> bool {
        self.user == user.id && self.password_set_at == user.password_changed_at.timestamp_micros()
    }
}

/// Signs the visitor of `request` in as `user`: without any question, so ask before.
///
/// The session gets a new key, and `user` as its owner. What stands in the session stays, so that a
/// cart survives; unless it was someone else's, which ends then.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use plain_auth::{User, sign_in};
///
/// async fn after_single_sign_on(request: &Request, user: &User) -> Result<Response> {
///     sign_in(request, user).await?;
///     Ok(Response::redirect("/"))
/// }
/// ```
///
/// # Errors
///
/// If the session is not available or the database fails.
pub async fn sign_in(request: &Request, user: &User) -> Result<()> {
    let session = get_request_session(request).await?;
    begin(&session, user)?;
    let mut user = user.clone();
    let signed_in_at = now();
    let this = User::query().filter("id", user.id);
    let values = [("last_sign_in_at", signed_in_at.into())];
    this.update(request.database()?, values).await?;
    user.last_sign_in_at = Some(signed_in_at);
    CurrentUser::of(request)?.set(request, Some(user));
    Ok(())
}

/// Signs the visitor of `request` out: the session ends, with all that stands in it.
///
/// # Errors
///
/// If the session is not available or the database fails.
pub async fn sign_out(request: &Request) -> Result<()> {
    let session = get_request_session(request).await?;
    session.flush();
    CurrentUser::of(request)?.set(request, None);
    Ok(())
}

/// Makes `session` that of `user`, under a new key.
pub(crate) fn begin(session: &SessionStore, user: &User) -> Result<(), SessionError> {
    let owner = user.session_owner();
    // What someone else left behind is not for this user. Neither is a session of the user that
    // began under another password: whoever knew that one filled it.
    let before = session.get(SIGNED_IN).ok().flatten();
    let is_ours = match (session.owner(), before) {
        (None, None) => true,
        (Some(known), before) => known == owner && before.is_some_and(|it| it.is_of(user)),
        (None, Some(_)) => false,
    };
    if !is_ours {
        session.flush();
    }
    session.cycle_key();
    session.set_owner(Some(&owner))?;
    session.set(SIGNED_IN, SignedIn::now(user))
}

/// Keeps `session` that of `user`, who has just given the password again or changed it, under a new
/// key (ASVS 7.2.4).
pub(crate) fn renew(session: &SessionStore, user: &User) -> Result<(), SessionError> {
    session.cycle_key();
    session.set(SIGNED_IN, SignedIn::now(user))
}

/// Whether the user of `session` signed in or gave the password within the last `age`.
pub(crate) fn is_confirmed(session: &SessionStore, age: Duration) -> bool {
    let confirmed = session.get(SIGNED_IN).ok().flatten();
    let confirmed = confirmed.and_then(|it| DateTime::from_timestamp_micros(it.confirmed_at));
    // What a clock that was ahead wrote says nothing.
    let passed = confirmed.map(|at| (now() - at).to_std());
    passed.is_some_and(|passed| passed.is_ok_and(|passed| passed <= age))
}

/// The user that `session` is trusted to be of.
pub(crate) async fn user_of(db: &Database, session: &SessionStore) -> Result<Option<User>> {
    let Some(owner) = session.owner() else {
        return Ok(None);
    };
    // A value of another form is none of ours.
    let Some(signed_in) = session.get(SIGNED_IN).ok().flatten() else {
        return Ok(None);
    };
    if owner != signed_in.user.to_string() {
        return Ok(None);
    }
    let user = User::find(db, signed_in.user).await?;
    Ok(user.filter(|user| user.is_active && signed_in.is_of(user)))
}
