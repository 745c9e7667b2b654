//! `plain.auth.middleware.AuthMiddleware`: gives each request a place for its user.

use plain::http::{HeaderValue, Request, Response, Result, header};
use plain::middleware::Middleware;

use crate::requests::CurrentUser;

/// The name under which `MIDDLEWARE` lists it.
pub const NAME: &str = "plain.auth.middleware.AuthMiddleware";

/// Gives each request a user that is loaded when it is first asked for, and keeps what was made for
/// that user out of shared caches.
#[derive(Clone, Copy, Debug)]
pub struct AuthMiddleware;

impl Middleware for AuthMiddleware {
    async fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {
        request.insert_extension(CurrentUser::default());
        Ok(None)
    }

    async fn after_response(&self, request: &Request, mut response: Response) -> Result<Response> {
        let user = request
            .extension::<CurrentUser>()
            .and_then(CurrentUser::known);
        let headers = response.headers_mut();
        if let Some(Some(_)) = user
            && !headers.contains_key(header::CACHE_CONTROL)
        {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
        }
        Ok(response)
    }

    fn requires(&self) -> &'static [&'static str] {
        &[plain_sessions::middleware::NAME]
    }
}
