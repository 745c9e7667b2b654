//! Giving one's password again, before what a stolen session must not be enough for.

use garde::Validate;
use plain::http::{Error, Request, Response, Result};
use plain::views::{Decorated, FormPage, FormView};
use plain_sessions::get_request_session;
use serde::Deserialize;

use super::{after_sign_in, too_many};
use crate::attempts::{self, Wait};
use crate::models::{Credentials, User};
use crate::passwords::{Hasher, Verdict};
use crate::requests::get_request_user;
use crate::signed_in::renew;
use crate::views::{Required, require_user};

/// What the visitor is told.
pub(super) const NOT_YOURS: &str = "This is not your password.";

pub(super) fn page() -> Decorated<FormPage<Confirm>, Required> {
    require_user(Confirm.as_view())
}

/// The page; it leads on as signing in does.
pub(super) struct Confirm;

#[derive(Deserialize, Validate)]
pub(super) struct Form {
    #[garde(skip)]
    password: String,
}

impl FormView for Confirm {
    type Form = Form;

    fn template(&self) -> &str {
        "auth/confirm.html"
    }

    async fn form_valid(&self, request: &Request, form: Form) -> Result<Response> {
        let user = get_request_user(request).await?;
        let user = user.ok_or_else(|| Error::forbidden("sign in first"))?;
        match own_password(request, &user, &form.password).await? {
            Answer::Right => {}
            Answer::Wrong => return self.rejected(request, Some("password"), NOT_YOURS).await,
            Answer::Wait(wait) => return too_many(self, request, wait).await,
        }
        renew(&get_request_session(request).await?, &user)?;
        after_sign_in(request)
    }
}

/// What came of asking a user for the password.
pub(super) enum Answer {
    Right,
    Wrong,
    /// It was not looked at.
    Wait(Wait),
}

/// Holds `password` against that of `user`, who is signed in, with the limits of signing in: who found
/// a browser left open must not get to guess either.
pub(super) async fn own_password(request: &Request, user: &User, password: &str) -> Result<Answer> {
    let (app, db) = (request.services(), request.database()?);
    let attempt = match attempts::begin(request, &user.email_canonical).await? {
        Ok(attempt) => attempt,
        Err(wait) => return Ok(Answer::Wait(wait)),
    };
    let known = Credentials::find(db, user.id).await?;
    let stored = known.as_ref().map(|known| known.password_hash.as_str());
    match Hasher::of(app)?.verify(app, password, stored).await {
        Ok(Verdict::Wrong) => Ok(Answer::Wrong),
        Ok(Verdict::Right | Verdict::RightAndOutdated) => {
            attempt.succeeded(db).await?;
            Ok(Answer::Right)
        }
        Err(error) => {
            attempt.undone(db).await?;
            Err(error)
        }
    }
}
