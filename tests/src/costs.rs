//! What is measured in small: an application, and works of it that a request is made of.
//!
//! `benches/instructions` counts their instructions, `benchmarks/micro` takes their time, from this
//! file. Whole requests to the application are in `exchange`.

use std::fmt;
use std::hint::black_box;

use plain::App;
use plain::http::{Cookie, Request, Response, Result};
use plain::packages::{Installer, Package};
use plain::signing::Signer;
use plain::templates::to_value;
use plain::test::TestApp;
use plain::urls::{Router, Urls, path, urls};
use plain::views::View;
use plain_sessions::{SessionSettings, SessionStore, SessionView};
use serde::Serialize;
use serde_json::json;
use tokio::runtime::Runtime;

/// Something that can be done again and again.
pub type Work<'a> = Box<dyn FnMut() + 'a>;

/// What makes a work ready to be done.
pub type Prepare = fn(&Bench) -> Work<'_>;

/// The works by their names.
pub const WORKS: [(&str, Prepare); 10] = [
    ("routing, few routes", routing_few),
    ("routing, many routes", routing_many),
    ("cookie parsing", cookie_parsing),
    ("settings access", settings_access),
    ("template render", template_render),
    ("session encode", session_encode),
    ("session merge", session_merge),
    ("session load and save", session_load_and_save),
    ("response head", response_head),
    ("signing", signing),
];

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

fn routing_few(_: &Bench) -> Work<'_> {
    routing(0)
}

fn routing_many(_: &Bench) -> Work<'_> {
    routing(500)
}

/// A fixed path, one with parameters, and one that is nowhere, among so many `others`.
fn routing<'a>(others: u32) -> Work<'a> {
    let asked = ["text", "shop/orders/<int:order>/lines/<int:line>"].map(str::to_owned);
    let others = (0..others).map(|number| format!("shop/{number}/<slug:product>"));
    let patterns = asked.into_iter().chain(others);
    let urls = urls(patterns.map(|pattern| path(pattern, Text)));
    let router = Router::new(vec![("costs", urls)]).unwrap();
    Box::new(move || {
        for target in ["/text", "/shop/orders/17/lines/4?page=2", "/nowhere/at/all"] {
            black_box(router.resolve(black_box(target)));
        }
    })
}

fn cookie_parsing(bench: &Bench) -> Work<'_> {
    let request = bench.app.requests().get("/text");
    let request = request.header("cookie", &bench.cookies()).build();
    Box::new(move || {
        assert!(request.cookie(black_box("sessionid")).is_some());
        assert!(request.cookie(black_box("missing")).is_none());
    })
}

fn settings_access(bench: &Bench) -> Work<'_> {
    let request = bench.app.requests().get("/text").build();
    Box::new(move || {
        black_box(request.settings::<SessionSettings>().unwrap());
    })
}

fn template_render(bench: &Bench) -> Work<'_> {
    let request = bench.app.requests().get("/page").build();
    Box::new(move || {
        black_box(request.render("page.html", to_value(&Page::new())).unwrap());
    })
}

/// Turns values into what a session can hold.
fn session_encode(bench: &Bench) -> Work<'_> {
    let session = SessionStore::new(bench.app.services()).unwrap();
    let products = Page::new().products;
    Box::new(move || session.set("products", black_box(&products)).unwrap())
}

/// Changes what a session holds, in memory.
fn session_merge(bench: &Bench) -> Work<'_> {
    Box::new(|| {
        let session = SessionStore::new(bench.app.services()).unwrap();
        fill(&session);
        session
            .extend([("theme", "dark"), ("language", "en")])
            .unwrap();
        session
            .update("counter", |counter: Option<u64>| counter.unwrap_or(0) + 1)
            .unwrap();
        session.remove("cart");
        assert_eq!(session.get("counter").unwrap(), Some(1));
    })
}

/// Reads a row, changes a value in it, and writes it.
fn session_load_and_save(bench: &Bench) -> Work<'_> {
    let app = bench.app.services();
    let save = |session: &SessionStore| bench.runtime.block_on(session.save()).unwrap();
    let session = SessionStore::new(app).unwrap();
    fill(&session);
    save(&session);
    let key = session.session_key().unwrap();
    Box::new(move || {
        let loaded = SessionStore::load(app, key.expose());
        let session = bench.runtime.block_on(loaded).unwrap().unwrap();
        session
            .update("counter", |counter: Option<u64>| counter.unwrap_or(0) + 1)
            .unwrap();
        save(&session);
    })
}

/// Status and headers, a cookie among them.
fn response_head(_: &Bench) -> Work<'_> {
    Box::new(|| {
        let mut response = Response::text("Hello, World!");
        let cookie = Cookie::build(("theme", "dark"))
            .secure(true)
            .http_only(true);
        response.set_cookie(cookie).unwrap();
        response.vary_on("Cookie");
        black_box(response.into_http());
    })
}

fn signing(bench: &Bench) -> Work<'_> {
    let app = bench.app.services();
    Box::new(|| {
        let signer = Signer::new(app, "costs").unwrap();
        let signature = signer.sign(&[b"newsletter", b"17"]);
        assert!(signer.verify(&[b"newsletter", b"17"], &signature));
    })
}

fn fill(session: &SessionStore) {
    session.set("name", "Ada Lovelace").unwrap();
    session.set("counter", 0).unwrap();
    session.set("cart", ["tea", "coffee", "cake"]).unwrap();
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
        fill(session);
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
