//! A new password by mail: asking for a link, and using it.

use chrono::TimeDelta;
use garde::Validate;
use plain::context;
use plain::http::{Request, Response, Result, StatusCode};
use plain::templates::Value;
use plain::views::FormView;
use serde::Deserialize;

use super::sign_up::sentence;
use super::too_many;
use crate::attempts::{self, Bucket};
use crate::email::EmailAddress;
use crate::mail::{Mail, Outbox};
use crate::models::{User, now};
use crate::reset;
use crate::settings::AuthSettings;

/// Mails that one network address may ask for.
const PER_ADDRESS: Bucket = Bucket::new(10, TimeDelta::minutes(5));

/// Mails that one account gets: nobody fills another's mailbox.
const PER_ACCOUNT: Bucket = Bucket::new(3, TimeDelta::minutes(20));

/// The page that asks for a link. What it answers does not depend on whether there is an account.
pub(super) struct Ask;

#[derive(Deserialize, Validate)]
pub(super) struct AskForm {
    #[garde(skip)]
    email: String,
}

impl FormView for Ask {
    type Form = AskForm;

    fn template(&self) -> &str {
        "auth/reset.html"
    }

    async fn form_valid(&self, request: &Request, form: AskForm) -> Result<Response> {
        let email = match form.email.parse::<EmailAddress>() {
            Ok(email) => email,
            Err(error) => {
                return self
                    .rejected(request, Some("email"), &sentence(&error))
                    .await;
            }
        };
        let address = attempts::network(request.client_address());
        if let Err(wait) = attempts::spend(request, PER_ADDRESS, &["reset", &address]).await? {
            return too_many(self, request, wait).await;
        }
        let account = ["reset account", email.canonical()];
        let may_get_mail = attempts::spend(request, PER_ACCOUNT, &account)
            .await?
            .is_ok();
        let user = User::find_by_email(request.database()?, email.canonical()).await?;
        let user = user.filter(|user| user.is_active);
        // Written in any case, so that it takes the same time.
        let text = mail_text(request, user.as_ref())?;
        if let Some(user) = user.filter(|_| may_get_mail) {
            Outbox::of(request.services())?.send_later(Mail {
                // The address of the account, not what was typed: the two may be told apart by a
                // mail server.
                to: user.email,
                subject: "Your new password".to_owned(),
                text,
            });
        }
        Ok(Response::redirect(request.reverse("auth:reset_sent", ())?))
    }
}

fn mail_text(request: &Request, user: Option<&User>) -> Result<String> {
    let settings = request.settings::<AuthSettings>()?;
    let token = reset::make(request.services(), user, now())?;
    let page = request.reverse("auth:reset_confirm", ())?;
    // The host was held against ALLOWED_HOSTS before any view ran.
    let host = request.host().unwrap_or_default();
    let scheme = request.scheme().as_str();
    let link = format!("{scheme}://{host}{page}?token={token}");
    let minutes = settings.auth_reset_link_age / 60;
    request.render_to_string("auth/reset_mail.txt", context! { link, host, minutes })
}

/// The page that a link leads to. Looking at it changes nothing, since programs that guard mailboxes
/// open links too.
pub(super) struct NewPassword;

#[derive(Deserialize, Validate)]
pub(super) struct NewPasswordForm {
    #[garde(skip)]
    password: String,
}

impl FormView for NewPassword {
    type Form = NewPasswordForm;

    fn template(&self) -> &str {
        "auth/reset_confirm.html"
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        match user_of(request).await? {
            Some(_) => Ok(None),
            None => Ok(Some(over(request)?)),
        }
    }

    async fn context(&self, request: &Request) -> Result<Value> {
        let min_length = request.settings::<AuthSettings>()?.auth_password_min_length;
        Ok(context! { min_length })
    }

    async fn form_valid(&self, request: &Request, form: NewPasswordForm) -> Result<Response> {
        let Some(mut user) = user_of(request).await? else {
            return over(request);
        };
        let app = request.services();
        match user.set_password(app, &form.password, None).await {
            Ok(()) => {}
            // Another request used the link at the same moment.
            Err(crate::UserError::Changed) => return over(request),
            Err(error) => {
                let Some((field, message)) = error.as_field_error() else {
                    return Err(error.answer());
                };
                return self.rejected(request, Some(field), &message).await;
            }
        }
        attempts::welcome(request, &user.email_canonical).await?;
        Ok(Response::redirect(request.reverse("auth:reset_done", ())?))
    }
}

/// The user whose link this is. It stands in the query, which no log holds.
async fn user_of(request: &Request) -> Result<Option<User>> {
    let tokens = request.query_values("token");
    match tokens.last() {
        Some(token) => reset::user_of(request.services(), token).await,
        None => Ok(None),
    }
}

/// One page for links that are used, too old, or made up.
fn over(request: &Request) -> Result<Response> {
    let page = request.render("auth/reset_over.html", context! {})?;
    Ok(page.with_status(StatusCode::NOT_FOUND))
}
