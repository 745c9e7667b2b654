//! `app.middleware.VisitorMiddleware`: loads the session and the user for each page, since the
//! header of each page greets the visitor, shows the cart, and says how to sign in or out.

use plain::http::{Request, Response, Result};
use plain::middleware::Middleware;
use plain_auth::get_request_user;

/// The name under which `MIDDLEWARE` lists it.
pub(crate) const NAME: &str = "app.middleware.VisitorMiddleware";

/// Loads the session, and the user whose it is, for pages: the functions of templates can't wait for the database.
#[derive(Debug)]
pub(crate) struct VisitorMiddleware;

/// Below these paths is nothing that differs from visitor to visitor.
const SAME_FOR_ALL: [&str; 2] = ["/assets/", "/api/"];

impl Middleware for VisitorMiddleware {
    async fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {
        let path = request.path();
        if !SAME_FOR_ALL.iter().any(|prefix| path.starts_with(prefix)) {
            get_request_user(request).await?;
        }
        Ok(None)
    }

    fn requires(&self) -> &'static [&'static str] {
        &[plain_auth::middleware::NAME]
    }
}
