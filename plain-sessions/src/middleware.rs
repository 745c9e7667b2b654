//! `plain.sessions.middleware.SessionMiddleware`: gives each request its session, and commits it
//! with the response.

use std::sync::{Arc, LazyLock, Once};

use chrono::Utc;
use plain::costs;
use plain::http::{HeaderValue, Request, Response, Result, Scheme, header};
use plain::metrics::{Counter, counter};
use plain::middleware::Middleware;
use plain::services::Services;
use plain::settings::CoreSettings;

use crate::cookie::CookieWriter;
use crate::error::SessionError;
use crate::requests::{Attached, unavailable};
use crate::settings::SessionSettings;
use crate::store::commit::Extent;
use crate::store::{Outcome, SessionStore};

/// The name under which `MIDDLEWARE` lists it.
pub const NAME: &str = "plain.sessions.middleware.SessionMiddleware";

/// Gives each request a session that is loaded when it is first asked for, and commits what was
/// changed when the response is known.
#[derive(Debug)]
pub struct SessionMiddleware {
    /// Shared with the session of each request.
    settings: Arc<SessionSettings>,
    debug: bool,
}

impl SessionMiddleware {
    /// The middleware of an application.
    ///
    /// # Errors
    ///
    /// If the settings of `plain.sessions` are not there.
    pub fn new(app: &Services) -> Result<Self> {
        Ok(Self {
            settings: Arc::new(app.settings::<SessionSettings>()?.clone()),
            debug: app.settings::<CoreSettings>()?.debug,
        })
    }

    fn cookie<'a>(&self, request: &'a Request) -> Option<&'a str> {
        request.cookie(&self.settings.session_cookie_name)
    }

    /// Says with a cookie what became of the session.
    fn answer(&self, request: &Request, outcome: &Outcome, response: &mut Response) -> Result<()> {
        let writer = CookieWriter::new(&self.settings, self.debug, request.scheme());
        match outcome {
            Outcome::Saved(row) => {
                warn_if_dropped(&writer, request);
                let cookie = writer.set(&row.key, row.session.expires_at, Utc::now());
                response.set_cookie(cookie)?;
                if !response.headers().contains_key(header::CACHE_CONTROL) {
                    let private = HeaderValue::from_static("private");
                    response
                        .headers_mut()
                        .insert(header::CACHE_CONTROL, private);
                }
            }
            Outcome::Removed if self.cookie(request).is_some() => {
                response.set_cookie(writer.delete())?;
            }
            // A vanished session may go on under a newer key, which the browser may hold already.
            Outcome::Removed | Outcome::Vanished | Outcome::Unchanged => {}
        }
        Ok(())
    }
}

impl Middleware for SessionMiddleware {
    async fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {
        let session = SessionStore::unloaded(request.services(), &self.settings);
        request.insert_extension(Attached(session));
        Ok(None)
    }

    async fn after_response(&self, request: &Request, mut response: Response) -> Result<Response> {
        let Some(Attached(session)) = request.extension().filter(|it: &&Attached| it.0.accessed())
        else {
            return Ok(response);
        };
        response.vary_on("Cookie");
        let failed = response.status().is_server_error();
        let extent = if failed {
            Extent::FlushOnly
        } else {
            Extent::Whole
        };
        // What could not be saved is not shown as saved: the response gives way to a 503.
        let outcome = costs::timed("session commit", session.commit(extent)).await;
        COMMITS.count(&outcome);
        let outcome = outcome.map_err(|error| {
            unavailable(error).with_header(header::VARY, HeaderValue::from_static("Cookie"))
        })?;
        let outcome = match outcome {
            Outcome::Unchanged => session.saved_before(),
            outcome => outcome,
        };
        let outcome = match outcome {
            // A key that stands for nothing is not to be sent again.
            Outcome::Unchanged if !failed && session.is_nowhere() => Outcome::Removed,
            outcome => outcome,
        };
        self.answer(request, &outcome, &mut response)?;
        Ok(response)
    }
}

/// How many sessions came to which end with their request.
struct Commits {
    unchanged: Counter,
    saved: Counter,
    removed: Counter,
    vanished: Counter,
    failed: Counter,
}

static COMMITS: LazyLock<Commits> = LazyLock::new(|| {
    let outcome = |outcome| {
        let help = "Sessions that were looked at, by what became of them with the response";
        counter("plain_sessions_commits", help, &[("outcome", outcome)])
    };
    Commits {
        unchanged: outcome("unchanged"),
        saved: outcome("saved"),
        removed: outcome("removed"),
        vanished: outcome("vanished"),
        failed: outcome("failed"),
    }
});

impl Commits {
    fn count(&self, outcome: &Result<Outcome, SessionError>) {
        let counter = match outcome {
            Ok(Outcome::Unchanged) => &self.unchanged,
            Ok(Outcome::Saved(_)) => &self.saved,
            Ok(Outcome::Removed) => &self.removed,
            Ok(Outcome::Vanished) => &self.vanished,
            Err(_) => &self.failed,
        };
        counter.increment();
    }
}

/// The commonest reason for "a new session on each request", said once.
fn warn_if_dropped(writer: &CookieWriter<'_>, request: &Request) {
    static SAID: Once = Once::new();
    if writer.secure && request.scheme() == Scheme::Http {
        SAID.call_once(|| {
            tracing::warn!(
                "a session cookie with Secure was set over plain http, so browsers will not send \
                 it back: use HTTPS, name the proxy that ends TLS in TRUSTED_PROXIES, or set DEBUG \
                 = true while developing"
            );
        });
    }
}
