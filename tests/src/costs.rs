//! The application whose requests are measured in small.

use std::fmt;

use plain::App;
use plain::http::{Request, Response, Result};
use plain::packages::{Installer, Package};
use plain::templates::to_value;
use plain::test::TestApp;
use plain::urls::{Urls, path, urls};
use plain::views::View;
use plain_sessions::{SessionStore, SessionView};
use serde::Serialize;
use serde_json::json;
use tokio::runtime::Runtime;

/// An application, and what runs it.
pub struct Bench {
    app: TestApp,
    runtime: Runtime,
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench").finish_non_exhaustive()
    }
}

impl Bench {
    /// Starts the application on a database of its own.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let app = TestApp::of([
            plain_sessions::package(),
            Box::new(Costs) as Box<dyn Package>,
        ])
        .middleware(["plain.sessions.middleware.SessionMiddleware"])
        .setting("ALLOWED_HOSTS", json!(["localhost", "127.0.0.1"]))
        .setting("TRUSTED_PROXIES", json!(["127.0.0.1"]))
        .file("templates/layout.html", LAYOUT)
        .file("templates/page.html", PAGE);
        let app = runtime.block_on(app.start());
        Self { app, runtime }
    }

    /// The application.
    pub fn app(&self) -> App {
        self.app.app().clone()
    }

    /// The cookie of a new session, as a browser sends it among others.
    pub fn cookies(&self) -> String {
        let client = self.app.client();
        self.runtime.block_on(async {
            let response = client.post("/new").await;
            assert_eq!(response.status(), 200, "{response:?}");
        });
        let key = client.cookie("sessionid").unwrap();
        format!("theme=dark; consent=1; _ga=GA1.2.1234567890.1700000000; sessionid={key}; tz=UTC")
    }
}

struct Costs;

impl Package for Costs {
    fn name(&self) -> &'static str {
        "costs"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.urls(addresses());
        Ok(())
    }
}

/// Those that are asked for, among as many as a site has.
fn addresses() -> Urls {
    let mut list = vec![
        path("text", Text),
        path("page", Table),
        path("session", Counter.as_view()),
        path("new", Begin.as_view()),
        path("shop/orders/<int:order>/lines/<int:line>", Text),
        path("shop/<slug:product>", Text),
    ];
    let others = [
        "about", "help", "imprint", "news", "press", "jobs", "terms", "team",
    ];
    for name in others {
        list.push(path(name, Text));
        list.push(path(format!("{name}/<int:year>/<slug:slug>"), Text));
    }
    urls(list)
}

struct Text;

impl View for Text {
    async fn get(&self, _request: &Request) -> Result<Response> {
        Ok(Response::text("Hello, World!"))
    }
}

struct Table;

impl View for Table {
    async fn get(&self, request: &Request) -> Result<Response> {
        request.render("page.html", to_value(&Page::new()))
    }
}

struct Counter;

impl SessionView for Counter {
    async fn get(&self, _request: &Request, session: &SessionStore) -> Result<Response> {
        Response::json(&session.get::<u64>("counter")?)
    }

    async fn post(&self, _request: &Request, session: &SessionStore) -> Result<Response> {
        session.update("counter", |counter: Option<u64>| counter.unwrap_or(0) + 1)?;
        Response::json(&session.get::<u64>("counter")?)
    }
}

struct Begin;

impl SessionView for Begin {
    async fn post(&self, _request: &Request, session: &SessionStore) -> Result<Response> {
        session.set("name", "Ada Lovelace")?;
        session.set("counter", 0)?;
        session.set("cart", ["tea", "coffee", "cake"])?;
        Ok(Response::text("begun"))
    }
}

#[derive(Serialize)]
struct Page {
    title: &'static str,
    products: Vec<Product>,
}

#[derive(Serialize)]
struct Product {
    id: u32,
    name: String,
    in_stock: bool,
}

impl Page {
    fn new() -> Self {
        let product = |id| Product {
            id,
            name: format!("Tea & cake <no. {id}>"),
            in_stock: id % 3 != 0,
        };
        Self {
            title: "What there is",
            products: (1..=20).map(product).collect(),
        }
    }
}

const LAYOUT: &str = "<!doctype html>
<title>{{ title }}</title>
<main>{% block main %}{% endblock %}</main>
";

const PAGE: &str = r#"{% extends "layout.html" %}
{% block main %}
  <h1>{{ title }}</h1>
  {% for product in products %}
    <p>{{ product.id }} {{ product.name }} {% if product.in_stock %}yes{% else %}no{% endif %}</p>
  {% endfor %}
{% endblock %}
"#;
