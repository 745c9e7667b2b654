//! axum with tower-sessions and its store on sqlx, set up as their documentation shows.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use contract::{AGE, COOKIE, Message, Page, Seen, Start, TEXT, Visitor};
use minijinja::Environment;
use minijinja::value::Serde;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as Age;
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};
use tower_sessions_sqlx_store::{PostgresStore, SqliteStore};

#[derive(Clone)]
struct Application {
    templates: Arc<Environment<'static>>,
    session_bytes: usize,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Start::from_env();
    let Some(file) = start.sqlite_file() else {
        let pool = PgPoolOptions::new().max_connections(start.pool);
        let store = PostgresStore::new(pool.connect(&start.database_url).await?);
        store.migrate().await?;
        return serve(&start, store).await;
    };
    let options = SqliteConnectOptions::from_str(file)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(5))
        .synchronous(match start.full {
            true => SqliteSynchronous::Full,
            false => SqliteSynchronous::Normal,
        });
    let pool = SqlitePoolOptions::new().max_connections(start.pool);
    let store = SqliteStore::new(pool.connect_with(options).await?);
    store.migrate().await?;
    serve(&start, store).await
}

async fn serve<S: SessionStore + Clone>(
    start: &Start,
    store: S,
) -> Result<(), Box<dyn std::error::Error>> {
    let sessions = SessionManagerLayer::new(store)
        .with_name(COOKIE)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Age::seconds(AGE)));
    let application = Application {
        templates: Arc::new(contract::environment()),
        session_bytes: start.session_bytes,
    };
    let router = Router::new()
        .route("/text", get(|| async { TEXT }))
        .route("/json", get(|| async { Json(Message::default()) }))
        .route("/page", get(page))
        .route("/session", get(read).post(write))
        .route("/new", post(begin))
        .layer(sessions)
        .with_state(application);
    let listener = tokio::net::TcpListener::bind(&start.bind).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn page(State(application): State<Application>) -> Result<Html<String>, Failed> {
    let template = application.templates.get_template("page.html")?;
    Ok(Html(template.render(Serde(Page::new()))?))
}

async fn read(session: Session) -> Result<Response, Failed> {
    match seen(&session).await? {
        Some(seen) => Ok(Json(seen).into_response()),
        None => Ok(StatusCode::FORBIDDEN.into_response()),
    }
}

async fn write(session: Session) -> Result<Response, Failed> {
    let Some(mut seen) = seen(&session).await? else {
        return Ok(StatusCode::FORBIDDEN.into_response());
    };
    seen.counter += 1;
    session.insert("counter", seen.counter).await?;
    Ok(Json(seen).into_response())
}

async fn begin(
    State(application): State<Application>,
    session: Session,
) -> Result<Json<Seen>, Failed> {
    let visitor = Visitor::new(application.session_bytes);
    session.insert("name", &visitor.name).await?;
    session.insert("counter", visitor.counter).await?;
    session.insert("cart", &visitor.cart).await?;
    if !visitor.notes.is_empty() {
        session.insert("notes", &visitor.notes).await?;
    }
    Ok(Json(Seen::from(&visitor)))
}

async fn seen(session: &Session) -> Result<Option<Seen>, Failed> {
    let Some(name) = session.get("name").await? else {
        return Ok(None);
    };
    let counter = session.get("counter").await?.unwrap_or_default();
    Ok(Some(Seen { name, counter }))
}

/// What went wrong, in the log, and 500 for the client.
struct Failed;

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        eprintln!("{error}");
        Self
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
