//! Plain with all of the framework on: the built-in middleware, sessions, users and the admin, and
//! the access log, as a deployment has them.

use contract::{Message, Page, Seen, TEXT, Visitor};
use plain::http::{Error, Request, Response, Result};
use plain::packages::{Installer, Package};
use plain::templates::to_value;
use plain::urls::{Urls, include, path, urls as list};
use plain::views::View;
use plain_sessions::{SessionKey, SessionStore, SessionView};

plain::embedded!();

/// As `plain new` has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let app = Benchmark.boxed();
    plain::main([
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
        app,
    ])
}

struct Benchmark;

impl Package for Benchmark {
    fn name(&self) -> &'static str {
        "app"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.templates(EMBEDDED.templates).urls(urls());
        Ok(())
    }
}

fn urls() -> Urls {
    list([
        path("text", Text),
        path("json", Json),
        path("page", TablePage),
        path("session", Counter.as_view()),
        path(
            "new",
            Begin {
                bytes: contract::session_bytes(),
            }
            .as_view(),
        ),
        include("account", plain_auth::urls()),
        include("admin", plain::admin::urls()),
    ])
}

struct Text;

impl View for Text {
    async fn get(&self, _request: &Request) -> Result<Response> {
        Ok(Response::text(TEXT))
    }
}

struct Json;

impl View for Json {
    async fn get(&self, _request: &Request) -> Result<Response> {
        Response::json(&Message::default())
    }
}

struct TablePage;

impl View for TablePage {
    async fn get(&self, request: &Request) -> Result<Response> {
        request.render("page.html", to_value(&Page::new()))
    }
}

const NAME: SessionKey<String> = SessionKey::new("name");
const COUNTER: SessionKey<u64> = SessionKey::new("counter");
const CART: SessionKey<Vec<String>> = SessionKey::new("cart");
const NOTES: SessionKey<String> = SessionKey::new("notes");

struct Counter;

impl SessionView for Counter {
    async fn get(&self, _request: &Request, session: &SessionStore) -> Result<Response> {
        seen(session)
    }

    async fn post(&self, _request: &Request, session: &SessionStore) -> Result<Response> {
        // Added to what the row holds when it is saved, so that no visit is lost.
        session.update(COUNTER, |counter| counter.unwrap_or(0) + 1)?;
        seen(session)
    }
}

fn seen(session: &SessionStore) -> Result<Response> {
    let Some(name) = session.get(NAME)? else {
        return Err(Error::forbidden("There is no session."));
    };
    let counter = session.get(COUNTER)?.unwrap_or(0);
    Response::json(&Seen { name, counter })
}

struct Begin {
    bytes: usize,
}

impl SessionView for Begin {
    async fn post(&self, _request: &Request, session: &SessionStore) -> Result<Response> {
        let visitor = Visitor::new(self.bytes);
        let seen = Seen::from(&visitor);
        session.set(NAME, visitor.name)?;
        session.set(COUNTER, visitor.counter)?;
        session.set(CART, visitor.cart)?;
        if !visitor.notes.is_empty() {
            session.set(NOTES, visitor.notes)?;
        }
        Response::json(&seen)
    }
}
