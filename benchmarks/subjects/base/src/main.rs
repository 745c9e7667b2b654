//! The base of all ratios: what one would write by hand, on hyper and a pool of sqlx, without a
//! framework. A read is one `SELECT`, a write one upsert.

mod store;

use std::convert::Infallible;
use std::sync::Arc;

use contract::{AGE, COOKIE, Message, Page, Seen, Start, TEXT, Visitor};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, COOKIE as COOKIE_HEADER, HeaderMap, SET_COOKIE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use minijinja::Environment;
use minijinja::value::{Serde, Value};
use tokio::net::TcpListener;

use store::Store;

type Answer = Response<Full<Bytes>>;

struct Application {
    store: Store,
    templates: Environment<'static>,
    session_bytes: usize,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Start::from_env();
    let application = Arc::new(Application {
        store: Store::open(&start).await?,
        templates: contract::environment(),
        session_bytes: start.session_bytes,
    });
    let listener = TcpListener::bind(&start.bind).await?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        // It only spares a delay.
        let _ = stream.set_nodelay(true);
        let application = application.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&application, request));
            // A client that leaves is no error.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    application: &Application,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let answer = match (request.method(), request.uri().path()) {
        (&Method::GET, "/text") => body("text/plain; charset=utf-8", TEXT),
        (&Method::GET, "/json") => json(&Message::default()),
        (&Method::GET, "/page") => page(application),
        (&Method::GET, "/session") => read(application, request.headers()).await,
        (&Method::POST, "/session") => write(application, request.headers()).await,
        (&Method::POST, "/new") => begin(application).await,
        _ => Ok(status(StatusCode::NOT_FOUND)),
    };
    Ok(answer.unwrap_or_else(|error| {
        eprintln!("{error}");
        status(StatusCode::INTERNAL_SERVER_ERROR)
    }))
}

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

fn page(application: &Application) -> Result<Answer> {
    let template = application.templates.get_template("page.html")?;
    body(
        "text/html; charset=utf-8",
        template.render(Value::from(Serde(Page::new())))?,
    )
}

async fn read(application: &Application, headers: &HeaderMap) -> Result<Answer> {
    match visitor(application, headers).await? {
        Some((_, visitor)) => json(&Seen::from(&visitor)),
        None => Ok(status(StatusCode::FORBIDDEN)),
    }
}

async fn write(application: &Application, headers: &HeaderMap) -> Result<Answer> {
    let Some((key, mut visitor)) = visitor(application, headers).await? else {
        return Ok(status(StatusCode::FORBIDDEN));
    };
    visitor.counter += 1;
    application.store.save(key, &visitor).await?;
    with_cookie(json(&Seen::from(&visitor))?, key)
}

async fn begin(application: &Application) -> Result<Answer> {
    let key = new_key()?;
    let visitor = Visitor::new(application.session_bytes);
    application.store.save(&key, &visitor).await?;
    with_cookie(json(&Seen::from(&visitor))?, &key)
}

/// The session that the cookie names, and its key.
async fn visitor<'a>(
    application: &Application,
    headers: &'a HeaderMap,
) -> Result<Option<(&'a str, Visitor)>> {
    let Some(key) = key_of(headers) else {
        return Ok(None);
    };
    let visitor = application.store.load(key).await?;
    Ok(visitor.map(|visitor| (key, visitor)))
}

fn key_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(COOKIE_HEADER)?.to_str().ok()?;
    cookies
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='))
}

/// 128 random bits in hexadecimal.
fn new_key() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn with_cookie(mut answer: Answer, key: &str) -> Result<Answer> {
    let cookie = format!("{COOKIE}={key}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age={AGE}");
    answer.headers_mut().insert(SET_COOKIE, cookie.parse()?);
    Ok(answer)
}

fn json(value: &impl serde::Serialize) -> Result<Answer> {
    body("application/json", serde_json::to_vec(value)?)
}

fn body(kind: &'static str, content: impl Into<Bytes>) -> Result<Answer> {
    let answer = Response::builder().header(CONTENT_TYPE, kind);
    Ok(answer.body(Full::new(content.into()))?)
}

fn status(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}
