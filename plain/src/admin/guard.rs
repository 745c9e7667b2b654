//! The door of the admin: the one place where it is decided who gets in.
//!
//! A page can only become the end of a path through [`guarded`], and can only run with a
//! [`Visit`], which only the decision makes. The decision comes before the method is looked at, so
//! that `OPTIONS` and refused methods tell strangers nothing.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::header::{self, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::access::{Access, Decision, Visitor};
use super::icons;
use super::navigation::Navigation;
use super::package::Installed;
use crate::context;
use crate::db::Database;
use crate::http::{Error, Method, Request, Response, Result, StatusCode};
use crate::services::Services;
use crate::templates::sentence;
use crate::urls::Endpoint;
use crate::views::{self, Methods, NotAllowed, is_written};
use minijinja::Value;

/// An admin's request.
pub(super) struct Visit<'r> {
    pub(super) request: &'r Request,
    pub(super) visitor: Visitor,
}

/// A page of the admin.
pub(super) trait Page: Sized + Send + Sync + 'static {
    fn get(&self, _: &Visit<'_>) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    fn post(&self, _: &Visit<'_>) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }
}

/// `page` behind the door.
pub(super) fn guarded<P: Page>(page: P) -> Arc<dyn Endpoint> {
    Arc::new(Guarded(page))
}

struct Guarded<P>(P);

impl<P: Page> Endpoint for Guarded<P> {
    fn call<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(async move {
            let visitor = match admit(request).await? {
                Admission::Granted(visitor) => visitor,
                Admission::Elsewhere(response) => return Ok(private(response)),
            };
            let visit = Visit { request, visitor };
            let answer = match self.answer(&visit).await {
                Err(error) if error.status().is_client_error() => visit.explain(error),
                answer => answer,
            };
            answer.map(private)
        })
    }

    fn methods(&self) -> Vec<&'static str> {
        Self::written().answered()
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<P>()
    }
}

impl<P: Page> Guarded<P> {
    fn written() -> Methods {
        let mut methods = Methods::NONE;
        if is_written(&P::get) {
            methods = methods.with(views::Method::Get);
        }
        if is_written(&P::post) {
            methods = methods.with(views::Method::Post);
        }
        methods
    }

    async fn answer(&self, visit: &Visit<'_>) -> Result<Response> {
        let methods = Self::written();
        let has = |method| methods.contains(method);
        match *visit.request.method() {
            Method::GET | Method::HEAD if has(views::Method::Get) => self.0.get(visit).await,
            Method::POST if has(views::Method::Post) => self.0.post(visit).await,
            Method::OPTIONS => {
                Ok(Response::no_content().with_header(header::ALLOW, allow(methods)))
            }
            ref method => {
                let answered = methods.allow();
                let message = format!("this page does not answer {method}; it answers {answered}");
                let error = Error::new(StatusCode::METHOD_NOT_ALLOWED, message);
                Err(error.with_header(header::ALLOW, allow(methods)))
            }
        }
    }
}

fn allow(methods: Methods) -> HeaderValue {
    HeaderValue::try_from(methods.allow()).expect("names of methods are visible ASCII")
}

enum Admission {
    Granted(Visitor),
    Elsewhere(Response),
}

/// Decides on `request`.
///
/// # Errors
///
/// 403 for who is no admin, and for everybody while nothing decides.
async fn admit(request: &Request) -> Result<Admission> {
    let services = request.services();
    if services.get::<Installed>().is_none() {
        return Err(Error::internal(
            "the URLs of the admin are included, but the admin is not installed: add \
             \"plain.admin\" to INSTALLED_PACKAGES",
        ));
    }
    let decisions = services.get::<Vec<Decision>>();
    let Some(decision) = decisions.and_then(|decisions| decisions.first()) else {
        return Err(Error::forbidden(
            "the admin is closed, since no installed package decides who may open it: install one \
             that does, such as plain.auth (add \"plain.auth\" to INSTALLED_PACKAGES, after \
             \"plain.admin\")",
        ));
    };
    match decision.on(request).await? {
        Access::Granted(visitor) => Ok(Admission::Granted(visitor)),
        Access::SignIn(address) => {
            let location = with_next(&address, &next(request)?);
            let found = Response::redirect_with(StatusCode::FOUND, location);
            Ok(Admission::Elsewhere(found))
        }
        Access::Denied => Err(Error::forbidden(
            "you are signed in, but the admin is for admins",
        )),
    }
}

/// Where to go on after signing in: the page that was asked for, or the start page where that was
/// no page to come back to.
fn next(request: &Request) -> Result<String> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(request.full_path().to_owned()),
        _ => request.reverse("admin:start", ()),
    }
}

fn with_next(address: &str, next: &str) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    let next = utf8_percent_encode(next, NON_ALPHANUMERIC);
    format!("{address}{mark}next={next}")
}

/// Nothing of the admin stays in a cache: not after signing out, and not in a proxy.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Visit<'_> {
    pub(super) fn app(&self) -> &Services {
        self.request.services()
    }

    pub(super) fn database(&self) -> Result<&Database> {
        self.request.database()
    }

    /// A page inside of the frame that all pages of the admin have.
    pub(super) fn render(&self, template: &str, context: Value) -> Result<Response> {
        let navigation = Navigation::of(self)?;
        let frame = context! {
            navigation,
            home_icon => icons::svg("house"),
            visitor => self.visitor.label(),
            sign_out => self.visitor.sign_out_address(),
        };
        self.request
            .render(template, context! { ..context, ..frame })
    }

    /// The page of an error that the visitor can do something about.
    fn explain(&self, error: Error) -> Result<Response> {
        let offered = ["text/html", "application/json", "text/plain"];
        if self.request.preferred(&offered) != Some("text/html") {
            return Err(error);
        }
        let status = error.status();
        let page = self.render(
            "admin/error.html",
            context! {
                status => status.as_u16(),
                title => status.canonical_reason().unwrap_or("Error"),
                message => sentence(error.public_message().unwrap_or("this can't be done")),
            },
        );
        let mut response = page?.with_status(status);
        response.vary_on("Accept");
        for (name, value) in error.headers() {
            response.headers_mut().append(name.clone(), value.clone());
        }
        Ok(response)
    }
}
