//! cot with its sessions in the database, set up as its guide shows.

use std::sync::LazyLock;

use contract::{AGE, COOKIE, Message, Page, Seen, Start, TEXT, Visitor};
use cot::config::{
    DatabaseConfig, Expiry, MiddlewareConfig, ProjectConfig, SameSite, SessionMiddlewareConfig,
    SessionStoreConfig, SessionStoreTypeConfig,
};
use cot::html::Html;
use cot::json::Json;
use cot::middleware::SessionMiddleware;
use cot::project::{MiddlewareContext, RegisterAppsContext, RootHandler, RootHandlerBuilder};
use cot::response::{IntoResponse, Response};
use cot::router::method::{get, post};
use cot::router::{Route, Router};
use cot::session::Session;
use cot::session::db::SessionApp;
use cot::{App, AppBuilder, Bootstrapper, Error, Project, ProjectContext, StatusCode};
use minijinja::Environment;
use minijinja::value::Serde;

/// cot's handlers are given no state of an application's own.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(contract::environment);
static SESSION_BYTES: LazyLock<usize> = LazyLock::new(contract::session_bytes);

#[tokio::main]
async fn main() -> cot::Result<()> {
    let start = Start::from_env();
    let url = match start.sqlite_file() {
        Some(file) => format!("sqlite://{file}?mode=rwc"),
        // The one form of the scheme that cot knows.
        None => start.database_url.replacen("postgres:", "postgresql:", 1),
    };
    let sessions = SessionMiddlewareConfig::builder()
        .name(COOKIE.to_owned())
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .path("/".to_owned())
        .expiry(Expiry::OnInactivity(std::time::Duration::from_secs(
            AGE.unsigned_abs(),
        )))
        .store(
            SessionStoreConfig::builder()
                .store_type(SessionStoreTypeConfig::Database)
                .build(),
        )
        .build();
    let config = ProjectConfig::builder()
        .debug(false)
        .database(DatabaseConfig::builder().url(url).build())
        .middlewares(MiddlewareConfig::builder().session(sessions).build())
        .build();
    let project = Benchmark {
        start: start.clone(),
    };
    let project = Bootstrapper::new(project)
        .with_config(config)
        .boot()
        .await?;
    cot::run(project, &start.bind).await
}

struct Benchmark {
    start: Start,
}

impl Project for Benchmark {
    fn register_apps(&self, apps: &mut AppBuilder, _context: &RegisterAppsContext) {
        apps.register(SessionApp::new());
        apps.register_with_views(
            Pages {
                start: self.start.clone(),
            },
            "",
        );
    }

    fn middlewares(&self, handler: RootHandlerBuilder, context: &MiddlewareContext) -> RootHandler {
        handler
            .middleware(SessionMiddleware::from_context(context))
            .build()
    }
}

struct Pages {
    start: Start,
}

#[async_trait::async_trait]
impl App for Pages {
    fn name(&self) -> &'static str {
        "pages"
    }

    /// cot opens its pool with the driver's own options, and has no setting for others. As many
    /// statements at once as the pool has connections open them all, each for the statement that
    /// waits for it; so each gets the pragma, and the pool closes none for ten minutes.
    async fn init(&self, context: &mut ProjectContext) -> cot::Result<()> {
        let (Some(_), false) = (self.start.sqlite_file(), self.start.full) else {
            return Ok(());
        };
        let database = context.database();
        let pragmas = (0..10).map(|_| database.raw("PRAGMA synchronous = NORMAL"));
        futures_util::future::try_join_all(pragmas).await?;
        Ok(())
    }

    fn router(&self) -> Router {
        Router::with_urls([
            Route::with_handler("/text", get(async || TEXT)),
            Route::with_handler("/json", get(async || Json(Message::default()))),
            Route::with_handler("/page", get(page)),
            Route::with_handler("/session", get(read).post(write)),
            Route::with_handler("/new", post(begin)),
        ])
    }
}

async fn page() -> cot::Result<Html> {
    let template = TEMPLATES
        .get_template("page.html")
        .map_err(Error::internal)?;
    let page = template.render(Serde(Page::new()));
    Ok(Html::new(page.map_err(Error::internal)?))
}

async fn read(session: Session) -> cot::Result<Response> {
    match seen(&session).await? {
        Some(seen) => Json(seen).into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

async fn write(session: Session) -> cot::Result<Response> {
    let Some(mut seen) = seen(&session).await? else {
        return StatusCode::FORBIDDEN.into_response();
    };
    seen.counter += 1;
    session.insert("counter", seen.counter).await?;
    Json(seen).into_response()
}

async fn begin(session: Session) -> cot::Result<Json<Seen>> {
    let visitor = Visitor::new(*SESSION_BYTES);
    session.insert("name", &visitor.name).await?;
    session.insert("counter", visitor.counter).await?;
    session.insert("cart", &visitor.cart).await?;
    if !visitor.notes.is_empty() {
        session.insert("notes", &visitor.notes).await?;
    }
    Ok(Json(Seen::from(&visitor)))
}

async fn seen(session: &Session) -> cot::Result<Option<Seen>> {
    let Some(name) = session.get("name").await? else {
        return Ok(None);
    };
    let counter = session.get("counter").await?.unwrap_or_default();
    Ok(Some(Seen { name, counter }))
}
