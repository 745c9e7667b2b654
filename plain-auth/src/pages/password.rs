//! Changing one's own password, which asks for the old one and ends all other sessions.

use garde::Validate;
use plain::context;
use plain::http::{Error, Request, Response, Result};
use plain::templates::Value;
use plain::views::{Decorated, FormPage, FormView};
use plain_sessions::get_request_session;
use serde::Deserialize;

use super::confirm::{Answer, NOT_YOURS, own_password};
use super::too_many;
use crate::requests::{CurrentUser, get_request_user};
use crate::settings::AuthSettings;
use crate::signed_in::renew;
use crate::views::{Required, require_user};

pub(super) fn page() -> Decorated<FormPage<Change>, Required> {
    require_user(Change.as_view())
}

pub(super) struct Change;

#[derive(Deserialize, Validate)]
pub(super) struct Form {
    #[garde(skip)]
    old_password: String,
    #[garde(skip)]
    password: String,
}

impl FormView for Change {
    type Form = Form;

    fn template(&self) -> &str {
        "auth/password.html"
    }

    async fn context(&self, request: &Request) -> Result<Value> {
        let min_length = request.settings::<AuthSettings>()?.auth_password_min_length;
        Ok(context! { min_length })
    }

    async fn form_valid(&self, request: &Request, form: Form) -> Result<Response> {
        let app = request.services();
        let user = get_request_user(request).await?;
        let mut user = user.ok_or_else(|| Error::forbidden("sign in to change your password"))?;
        match own_password(request, &user, &form.old_password).await? {
            Answer::Right => {}
            Answer::Wrong => {
                return self
                    .rejected(request, Some("old_password"), NOT_YOURS)
                    .await;
            }
            Answer::Wait(wait) => return too_many(self, request, wait).await,
        }
        let session = get_request_session(request).await?;
        let changed = user.set_password(app, &form.password, Some(&session)).await;
        if let Err(error) = changed {
            let Some((field, message)) = error.as_field_error() else {
                return Err(error.answer());
            };
            return self.rejected(request, Some(field), &message).await;
        }
        renew(&session, &user)?;
        CurrentUser::of(request)?.set(request, Some(user));
        Ok(Response::redirect(
            request.reverse("auth:password_changed", ())?,
        ))
    }
}
