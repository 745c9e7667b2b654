//! The pages of the package: signing up, in and out, passwords, and one's own sessions.
//!
//! Each page stands in a file of its own. None of them is kept by browsers or caches.

mod confirm;
mod password;
mod reset;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;

use plain::http::{Error, HeaderValue, Request, Response, Result, StatusCode, header};
use plain::urls::{IntoEndpoint, Urls, include, path, urls as list};
use plain::views::{Decorator, FormView, TemplateView, View, decorated};

use crate::attempts::Wait;
use crate::next;
use crate::settings::AuthSettings;

/// The pages, under names of the namespace `auth`: `auth:sign_in`, `auth:sign_out`, `auth:sign_up`,
/// `auth:confirm`, `auth:password`, `auth:reset`, `auth:sessions`.
///
/// ```
/// use plain::urls::{include, urls};
///
/// let all = urls([include("account", plain_auth::urls())]);
/// ```
pub fn urls() -> Urls {
    let pages = list([
        path("sign-in", page(sign_in::SignIn.as_view())).name("sign_in"),
        path("sign-out", page(sign_out::Page)).name("sign_out"),
        path("sign-up", page(sign_up::SignUp.as_view())).name("sign_up"),
        path("confirm", page(confirm::page())).name("confirm"),
        path("password", page(password::page())).name("password"),
        path(
            "password/changed",
            page(Told("auth/password_changed.html").as_view()),
        )
        .name("password_changed"),
        path("reset", page(reset::Ask.as_view())).name("reset"),
        path("reset/sent", page(Told("auth/reset_sent.html").as_view())).name("reset_sent"),
        path("reset/confirm", page(reset::NewPassword.as_view())).name("reset_confirm"),
        path("reset/done", page(Told("auth/reset_done.html").as_view())).name("reset_done"),
        path("sessions", page(sessions::page())).name("sessions"),
    ]);
    list([include("", pages).namespace("auth")])
}

/// The address of the page to sign in, which leads back to the page that `request` is for.
pub(crate) fn sign_in_url(request: &Request) -> Result<String> {
    let sign_in = address(request, "auth:sign_in")?;
    Ok(with_next(&sign_in, request.full_path()))
}

/// The address of the page that asks for the password again, which leads back likewise.
pub(crate) fn confirm_url(request: &Request) -> Result<String> {
    let confirm = address(request, "auth:confirm")?;
    Ok(with_next(&confirm, request.full_path()))
}

/// `page` with the value `next`, unless `next` leads elsewhere.
fn with_next(page: &str, target: &str) -> String {
    if !next::is_safe(target) {
        return page.to_owned();
    }
    let encoded = percent_encoding::utf8_percent_encode(target, percent_encoding::NON_ALPHANUMERIC);
    format!("{page}?{}={encoded}", next::NAME)
}

/// Where to go after signing in.
fn after_sign_in(request: &Request) -> Result<Response> {
    let settings = request.settings::<AuthSettings>()?;
    let target = next::next(request);
    Ok(Response::redirect(
        target.as_deref().unwrap_or(&settings.auth_sign_in_redirect),
    ))
}

/// The address of the page `name`.
pub(crate) fn address(request: &Request, name: &str) -> Result<String> {
    request.reverse(name, ()).map_err(|error| {
        Error::internal(format!(
            "{error}; add the pages of plain.auth to the project's URLs: \
             include(\"account\", plain_auth::urls())"
        ))
    })
}

/// A page that says that something is done.
struct Told(&'static str);

impl TemplateView for Told {
    fn template(&self) -> &str {
        self.0
    }
}

/// The form again, with what is wrong: too many attempts.
async fn too_many<V: FormView>(view: &V, request: &Request, wait: Wait) -> Result<Response> {
    let response = view.rejected(request, None, &wait.message()).await?;
    Ok(response
        .with_status(StatusCode::TOO_MANY_REQUESTS)
        .with_header(header::RETRY_AFTER, wait.retry_after()))
}

fn page(view: impl View) -> impl IntoEndpoint {
    decorated(view, NotKept)
}

/// Lets nobody keep a response: after signing out, "back" shows nothing.
struct NotKept;

impl Decorator for NotKept {
    async fn after_response(&self, _: &Request, response: Response) -> Result<Response> {
        let no_store = HeaderValue::from_static("no-store");
        Ok(response.with_header(header::CACHE_CONTROL, no_store))
    }
}
