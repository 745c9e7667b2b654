//! What is measured in small: a part, or one request through an application, in one thread.
//!
//! The benches beside the tests run it for time and for allocations.

use std::fmt;

use http::header;
use plain::App;
use plain::http::{Body, Connection, Request, Response, Result, Scheme};
use plain::packages::{Installer, Package};
use plain::templates::to_value;
use plain::test::TestApp;
use plain::urls::{Urls, path, urls};
use plain::views::View;
use plain_sessions::{SessionSettings, SessionStore, SessionView};
use serde::Serialize;
use serde_json::json;
use tokio::runtime::Runtime;

/// Something that can be done again and again.
pub type Work = Box<dyn FnMut()>;

/// The names of all works.
pub const NAMES: [&str; 11] = [
    "routing",
    "cookie parsing",
    "settings access",
    "template render",
    "session values",
    "session encode",
    "request text",
    "request text with cookie",
    "request page",
    "request session read",
    "request session write",
];

/// The work called `name`, ready to be done.
///
/// # Panics
///
/// If there is none.
pub fn work(name: &str) -> Work {
    let bench = Bench::start();
    match name {
        "routing" => bench.routing(),
        "cookie parsing" => bench.cookie_parsing(),
        "settings access" => bench.settings_access(),
        "template render" => bench.template_render(),
        "session values" => bench.session_values(),
        "session encode" => bench.session_encode(),
        "request text" => bench.request("GET", "/text", Cookie::None),
        "request text with cookie" => bench.request("GET", "/text", Cookie::Session),
        "request page" => bench.request("GET", "/page", Cookie::None),
        "request session read" => bench.request("GET", "/session", Cookie::Session),
        "request session write" => bench.request("POST", "/session", Cookie::Session),
        _ => panic!("there is no work called {name}"),
    }
}

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

enum Cookie {
    None,
    Session,
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

    fn routing(self) -> Work {
        Box::new(move || {
            for target in ["/text", "/shop/orders/17/lines/4?page=2", "/nowhere/at/all"] {
                std::hint::black_box(self.app.router().resolve(target));
            }
        })
    }

    fn cookie_parsing(self) -> Work {
        let cookies = self.cookies();
        let request = self.app.requests().get("/text").header("cookie", &cookies);
        let request = request.build();
        Box::new(move || {
            std::hint::black_box(request.cookie("sessionid").is_some());
            std::hint::black_box(request.cookie("missing").is_some());
        })
    }

    fn settings_access(self) -> Work {
        let request = self.app.requests().get("/text").build();
        Box::new(move || {
            std::hint::black_box(request.settings::<SessionSettings>().unwrap());
        })
    }

    fn template_render(self) -> Work {
        let request = self.app.requests().get("/page").build();
        Box::new(move || {
            let page = request.render("page.html", to_value(&Page::new())).unwrap();
            assert_eq!(page.status(), 200);
        })
    }

    fn session_values(self) -> Work {
        let services = self.app.services().clone();
        Box::new(move || {
            let session = SessionStore::new(&services).unwrap();
            session.set("name", "Ada Lovelace").unwrap();
            session.set("cart", ["tea", "coffee", "cake"]).unwrap();
            session
                .update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)
                .unwrap();
            session.remove("cart");
            let visits: Option<u64> = session.get("visits").unwrap();
            assert_eq!(visits, Some(1));
        })
    }

    fn session_encode(self) -> Work {
        let session = SessionStore::new(self.app.services()).unwrap();
        for number in 0..20 {
            let value = json!({"number": number, "name": "tea & cake", "tags": ["a", "b"]});
            session
                .set(format!("value_{number}").as_str(), value)
                .unwrap();
        }
        Box::new(move || {
            let items: serde_json::Map<_, _> = session.items().into_iter().collect();
            std::hint::black_box(serde_json::to_string(&items).unwrap());
        })
    }

    fn request(self, method: &'static str, path: &'static str, cookie: Cookie) -> Work {
        let cookies = match cookie {
            Cookie::None => None,
            Cookie::Session => Some(self.cookies()),
        };
        let app = self.app();
        Box::new(move || {
            let request = request(method, path, cookies.as_deref());
            let connection = Connection {
                peer: Some(([127, 0, 0, 1], 40_000).into()),
                scheme: Scheme::Http,
            };
            let response = self.runtime.block_on(app.handle(request, connection));
            assert_eq!(response.status(), 200);
        })
    }
}

/// What a browser behind a proxy sends.
fn request(method: &str, path: &str, cookies: Option<&str>) -> http::Request<Body> {
    let mut request = http::Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::ACCEPT, "*/*")
        .header("x-forwarded-for", "192.0.2.7")
        .header("x-forwarded-proto", "https")
        .header("sec-fetch-site", "same-origin");
    if let Some(cookies) = cookies {
        request = request.header(header::COOKIE, cookies);
    }
    request.body(Body::empty()).unwrap()
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
