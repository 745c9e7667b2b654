//! actix-web with actix-session. It has no store on SQL of its own; the one in `store` is written as
//! its interface asks.

mod store;

use actix_session::config::PersistentSession;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Key, SameSite};
use actix_web::web::{self, Data, Html, Json};
use actix_web::{App, HttpResponse, HttpServer, Responder};
use contract::{AGE, COOKIE, Message, Page, Seen, Start, TEXT, Visitor};
use minijinja::Environment;
use minijinja::value::Serde;

use store::SqlStore;

struct Application {
    templates: Environment<'static>,
    session_bytes: usize,
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Start::from_env();
    let store = SqlStore::open(&start).await?;
    let application = Data::new(Application {
        templates: contract::environment(),
        session_bytes: start.session_bytes,
    });
    // Not secret: the cookies of one start have to be good for the next.
    let key = Key::from(&[7; 64]);
    let server = HttpServer::new(move || {
        let sessions = SessionMiddleware::builder(store.clone(), key.clone())
            .cookie_name(COOKIE.to_owned())
            .cookie_same_site(SameSite::Lax)
            .session_lifecycle(PersistentSession::default().session_ttl(Duration::seconds(AGE)))
            .build();
        App::new()
            .app_data(application.clone())
            .wrap(sessions)
            .route("/text", web::get().to(async || TEXT))
            .route("/json", web::get().to(async || Json(Message::default())))
            .route("/page", web::get().to(page))
            .route("/session", web::get().to(read))
            .route("/session", web::post().to(write))
            .route("/new", web::post().to(begin))
    });
    server.bind(start.bind)?.run().await?;
    Ok(())
}

async fn page(application: Data<Application>) -> Result<impl Responder, Failed> {
    let template = application.templates.get_template("page.html")?;
    Ok(Html::new(template.render(Serde(Page::new()))?))
}

async fn read(session: Session) -> Result<HttpResponse, Failed> {
    match seen(&session)? {
        Some(seen) => Ok(HttpResponse::Ok().json(seen)),
        None => Ok(HttpResponse::Forbidden().finish()),
    }
}

async fn write(session: Session) -> Result<HttpResponse, Failed> {
    let Some(mut seen) = seen(&session)? else {
        return Ok(HttpResponse::Forbidden().finish());
    };
    seen.counter += 1;
    session.insert("counter", seen.counter)?;
    Ok(HttpResponse::Ok().json(seen))
}

async fn begin(application: Data<Application>, session: Session) -> Result<Json<Seen>, Failed> {
    let visitor = Visitor::new(application.session_bytes);
    session.insert("name", &visitor.name)?;
    session.insert("counter", visitor.counter)?;
    session.insert("cart", &visitor.cart)?;
    if !visitor.notes.is_empty() {
        session.insert("notes", &visitor.notes)?;
    }
    Ok(Json(Seen::from(&visitor)))
}

fn seen(session: &Session) -> Result<Option<Seen>, Failed> {
    let Some(name) = session.get("name")? else {
        return Ok(None);
    };
    let counter = session.get("counter")?.unwrap_or_default();
    Ok(Some(Seen { name, counter }))
}

/// What went wrong, which actix-web logs, and 500 for the client.
#[derive(Debug)]
struct Failed(String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        eprintln!("{error}");
        Self(error.to_string())
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl actix_web::ResponseError for Failed {}
