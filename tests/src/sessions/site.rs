//! The site: an application with a database of its own in a folder of its own.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use plain::App;
use plain::app::Source;
use plain::db::{Database, Kind};
use plain::http::{Request, Response, Result};
use plain::middleware::Middleware;
use plain::packages::{Installer, Package};
use plain::test::TestApp;
use plain::urls::{Endpoint, IntoEndpoint, path, urls};
use plain::views::View;
use plain_sessions::{SessionSettings, SessionStore, SessionView};
use serde_json::{Value, json};

use super::{Gates, Step, Visitor, steps};
use crate::log;

/// The name of the middleware of sessions.
const SESSIONS: &str = "plain.sessions.middleware.SessionMiddleware";

/// The hosts that it answers for.
const HOSTS: [&str; 2] = ["localhost", ".example.com"];

/// An application with sessions.
#[derive(Debug)]
pub struct Site {
    app: TestApp,
    gates: Gates,
}

impl Site {
    /// A site with default settings.
    pub async fn new() -> Self {
        Self::builder().start().await
    }

    /// Begins a site that differs from the default.
    pub fn builder() -> SiteBuilder {
        SiteBuilder::default()
    }

    /// Begins a site on a database of `kind`.
    pub fn on(kind: Kind) -> SiteBuilder {
        SiteBuilder {
            kind,
            ..SiteBuilder::default()
        }
    }

    /// A new visitor, over HTTPS, without a cookie.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.app.client())
    }

    /// A new visitor whose browser sends `key`.
    pub fn visitor_who_sends(&self, key: impl Into<String>) -> Visitor {
        let visitor = self.visitor();
        visitor.set_cookie("sessionid", key);
        visitor
    }

    /// Another browser, which sends the same key as `visitor`.
    pub fn twin_of(&self, visitor: &Visitor) -> Visitor {
        self.visitor_who_sends(visitor.key().unwrap())
    }

    /// A new visitor with a session that holds `name` = `value`.
    pub async fn visitor_with(&self, name: &str, value: impl Into<Value>) -> Visitor {
        let visitor = self.visitor();
        let response = visitor.run([steps::set(name, value)]).await;
        assert_eq!(response.status(), 200, "{response:?}");
        assert!(visitor.key().is_some(), "{response:?}");
        visitor
    }

    /// The application.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Its database.
    pub fn db(&self) -> &Database {
        self.app.database()
    }

    /// The places where its requests wait.
    pub fn gates(&self) -> &Gates {
        &self.gates
    }

    /// The folder with its database.
    pub fn folder(&self) -> &Path {
        self.app.root()
    }
}

/// A site to be.
#[must_use]
pub struct SiteBuilder {
    kind: Kind,
    settings: Vec<(String, Value)>,
    pages: Pages,
    templates: Vec<(&'static str, &'static str)>,
    middleware: Vec<&'static str>,
}

impl Default for SiteBuilder {
    fn default() -> Self {
        let gates = Gates::default();
        Self {
            kind: Kind::Sqlite,
            settings: Vec::new(),
            pages: Pages::new(gates),
            templates: Vec::new(),
            middleware: vec![SESSIONS],
        }
    }
}

impl SiteBuilder {
    /// Sets a setting.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a page that is given its session.
    pub fn page<F, A>(self, pattern: &str, answer: F) -> Self
    where
        F: Fn(SessionStore) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response>> + Send + 'static,
    {
        let answer: Arc<Answer> = Arc::new(move |session| Box::pin(answer(session)));
        self.view(pattern, Page(answer).as_view())
    }

    /// Adds a page.
    pub fn view(mut self, pattern: &str, view: impl IntoEndpoint) -> Self {
        let page = (pattern.to_owned(), view.into_endpoint());
        self.pages.pages.push(page);
        self
    }

    /// Adds a template.
    pub fn template(mut self, name: &'static str, text: &'static str) -> Self {
        self.templates.push((name, text));
        self
    }

    /// Adds a middleware, inside of that of sessions.
    pub fn middleware<M: Middleware + Clone>(mut self, name: &'static str, middleware: M) -> Self {
        self.middleware.push(name);
        let install = move |to: &mut Installer| {
            let middleware = middleware.clone();
            to.middleware(name, move |_| Ok(middleware.clone()));
        };
        self.pages.middleware.push(Arc::new(install));
        self
    }

    /// Leaves out the middleware of sessions.
    pub fn without_session_middleware(mut self) -> Self {
        self.middleware.retain(|name| *name != SESSIONS);
        self
    }

    /// Starts it, with its tables.
    pub async fn start(self) -> Site {
        // Before anything else decides what is logged.
        log::record();
        let gates = self.pages.gates.clone();
        let pages = self.pages.boxed();
        let mut app = TestApp::of([plain_sessions::package(), pages])
            .on(self.kind)
            .setting("MIDDLEWARE", json!(self.middleware))
            .setting("ALLOWED_HOSTS", json!(HOSTS));
        for (name, value) in self.settings {
            app = app.setting(name, value);
        }
        for (name, text) in self.templates {
            app = app.file(Path::new("templates").join(name), text);
        }
        let app = app.start().await;
        Site { app, gates }
    }

    /// Its settings, or why it can't start; with the environment variables `environment`.
    pub fn settings<const N: usize>(
        self,
        environment: [(&str, &str); N],
    ) -> Result<SessionSettings, String> {
        let mut source = Source::isolated("/nowhere")
            .with("DEBUG", true)
            .with("INSTALLED_PACKAGES", json!(["plain.sessions"]))
            .environment(environment);
        for (name, value) in self.settings {
            source = source.with(name, value);
        }
        let app = App::load([plain_sessions::package()], source);
        let app = app.map_err(|error| error.to_string())?;
        Ok(app.settings().get::<SessionSettings>().unwrap().clone())
    }
}

type Install = dyn Fn(&mut Installer) + Send + Sync;

/// The package with the pages.
struct Pages {
    pages: Vec<(String, Arc<dyn Endpoint>)>,
    middleware: Vec<Arc<Install>>,
    gates: Gates,
}

impl Pages {
    fn new(gates: Gates) -> Self {
        let run = Run(gates.clone()).as_view().into_endpoint();
        let pages = vec![
            ("run".to_owned(), run),
            ("look".to_owned(), Look.as_view().into_endpoint()),
            ("untouched".to_owned(), Untouched.into_endpoint()),
        ];
        Self {
            pages,
            middleware: Vec::new(),
            gates,
        }
    }
}

impl Package for Pages {
    fn name(&self) -> &'static str {
        "pages"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        let pages = self.pages.iter();
        to.urls(urls(pages.map(|(pattern, page)| {
            path(pattern.as_str(), Arc::clone(page))
        })));
        self.middleware.iter().for_each(|install| install(to));
        Ok(())
    }
}

type Answer =
    dyn Fn(SessionStore) -> Pin<Box<dyn Future<Output = Result<Response>> + Send>> + Send + Sync;

struct Page(Arc<Answer>);

impl SessionView for Page {
    async fn get(&self, _: &Request, session: &SessionStore) -> Result<Response> {
        (self.0)(session.clone()).await
    }

    async fn post(&self, _: &Request, session: &SessionStore) -> Result<Response> {
        (self.0)(session.clone()).await
    }
}

struct Run(Gates);

impl SessionView for Run {
    async fn post(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let steps: Vec<Step> = request.json().await?;
        steps::run(steps, session, &self.0).await
    }
}

struct Look;

impl SessionView for Look {
    async fn get(&self, _: &Request, session: &SessionStore) -> Result<Response> {
        steps::answer(session)
    }
}

struct Untouched;

impl View for Untouched {
    async fn get(&self, _: &Request) -> Result<Response> {
        Ok(Response::text("no session was asked for"))
    }

    async fn post(&self, _: &Request) -> Result<Response> {
        Ok(Response::text("no session was asked for"))
    }
}
