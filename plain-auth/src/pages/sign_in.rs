//! Signing in.

use garde::Validate;
use plain::context;
use plain::http::{Method, Request, Response, Result};
use plain::templates::Value;
use plain::views::FormView;
use serde::Deserialize;

use super::{after_sign_in, too_many};
use crate::attempts;
use crate::email;
use crate::models::Credentials;
use crate::next;
use crate::passwords::{Hasher, Verdict};
use crate::requests::get_request_user;
use crate::settings::AuthSettings;
use crate::signed_in::sign_in;

/// The page: who is signed in goes on, others see the form.
pub(super) struct SignIn;

#[derive(Deserialize, Validate)]
pub(super) struct Form {
    #[garde(skip)]
    email: String,
    #[garde(skip)]
    password: String,
}

impl FormView for SignIn {
    type Form = Form;

    fn template(&self) -> &str {
        "auth/sign_in.html"
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        let shown = matches!(*request.method(), Method::GET | Method::HEAD);
        match shown && get_request_user(request).await?.is_some() {
            true => Ok(Some(after_sign_in(request)?)),
            false => Ok(None),
        }
    }

    async fn context(&self, request: &Request) -> Result<Value> {
        let sign_up = request.settings::<AuthSettings>()?.auth_sign_up;
        let next = next::next(request);
        Ok(context! { sign_up, next })
    }

    async fn form_valid(&self, request: &Request, form: Form) -> Result<Response> {
        let app = request.services();
        let db = request.database()?;
        let account = email::canonical(&form.email);
        let attempt = match attempts::begin(request, &account).await? {
            Ok(attempt) => attempt,
            Err(wait) => return too_many(self, request, wait).await,
        };
        let known = Credentials::find_by_email(db, &account).await?;
        let stored = known.as_ref().map(|known| known.password_hash.as_str());
        let verdict = Hasher::of(app)?.verify(app, &form.password, stored).await;
        let verdict = match verdict {
            Ok(verdict) => verdict,
            Err(error) => {
                attempt.undone(db).await?;
                return Err(error);
            }
        };
        let right = known.filter(|it| it.user.is_active && verdict != Verdict::Wrong);
        let Some(known) = right else {
            // One answer for all reasons.
            let message = "The email address or the password is not right.";
            return self.rejected(request, None, message).await;
        };
        attempt.succeeded(db).await?;
        if verdict == Verdict::RightAndOutdated {
            known.renew_hash(app, &form.password).await?;
        }
        sign_in(request, &known.user).await?;
        after_sign_in(request)
    }
}
