//! `app.middleware.VisitorMiddleware`: loads the session for each page, since the header of each
//! page greets the visitor and shows the cart.

use plain::http::{Request, Response, Result};
use plain::middleware::Middleware;
use plain_sessions::get_request_session;

/// The name under which `MIDDLEWARE` lists it.
pub(crate) const NAME: &str = "app.middleware.VisitorMiddleware";

/// Loads the session for pages: the functions of templates can't wait for the database.
#[derive(Debug)]
pub(crate) struct VisitorMiddleware;

/// Below these paths is nothing that differs from visitor to visitor.
const SAME_FOR_ALL: [&str; 2] = ["/assets/", "/api/"];

impl Middleware for VisitorMiddleware {
    async fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {
        let path = request.path();
        if !SAME_FOR_ALL.iter().any(|prefix| path.starts_with(prefix)) {
            get_request_session(request).await?;
        }
        Ok(None)
    }

    fn requires(&self) -> &'static [&'static str] {
        &[plain_sessions::middleware::NAME]
    }
}
