//! Signing up: making an account for oneself, where `AUTH_SIGN_UP` allows it.

use chrono::TimeDelta;
use garde::Validate;
use plain::context;
use plain::http::{Error, Request, Response, Result};
use plain::templates::Value;
use plain::views::FormView;
use serde::Deserialize;

use super::{after_sign_in, too_many};
use crate::attempts::{self, Bucket};
use crate::models::User;
use crate::next;
use crate::settings::AuthSettings;
use crate::signed_in::sign_in;
use crate::users::{Role, UserError};

/// Accounts that one network address may make, and look for.
const PER_ADDRESS: Bucket = Bucket::new(10, TimeDelta::minutes(5));

/// The page, which is not there where the setting says so.
pub(super) struct SignUp;

#[derive(Deserialize, Validate)]
pub(super) struct Form {
    #[garde(skip)]
    email: String,
    #[garde(skip)]
    password: String,
}

impl FormView for SignUp {
    type Form = Form;

    fn template(&self) -> &str {
        "auth/sign_up.html"
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        match request.settings::<AuthSettings>()?.auth_sign_up {
            true => Ok(None),
            false => Err(Error::not_found("Signing up is closed.")),
        }
    }

    async fn context(&self, request: &Request) -> Result<Value> {
        let min_length = request.settings::<AuthSettings>()?.auth_password_min_length;
        let next = next::next(request);
        Ok(context! { min_length, next })
    }

    async fn form_valid(&self, request: &Request, form: Form) -> Result<Response> {
        let address = attempts::network(request.client_address());
        if let Err(wait) = attempts::spend(request, PER_ADDRESS, &["sign-up", &address]).await? {
            return too_many(self, request, wait).await;
        }
        let app = request.services();
        let user = match User::create(app, &form.email, &form.password, Role::Member).await {
            Ok(user) => user,
            Err(error) => {
                let Some((field, message)) = error.as_field_error() else {
                    return Err(error.answer());
                };
                return self.rejected(request, Some(field), &message).await;
            }
        };
        sign_in(request, &user).await?;
        after_sign_in(request)
    }
}

impl UserError {
    /// The field that is to blame, and what the visitor is told.
    pub(super) fn as_field_error(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Email(error) => Some(("email", sentence(error))),
            Self::Weak(error) => Some(("password", sentence(error))),
            Self::Taken(_) => Some((
                "email",
                "There is an account with this address already. Sign in, or ask for a new password."
                    .to_owned(),
            )),
            _ => None,
        }
    }
}

/// An error's text as a sentence.
pub(super) fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase());
    let first: String = first.into_iter().flatten().collect();
    format!("{first}{}.", characters.as_str())
}
