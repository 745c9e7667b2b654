//! `__package__.middleware.Greet`: a header on every response.

use plain::http::{HeaderValue, Request, Response, Result};
use plain::middleware::Middleware;

use crate::settings::GreetingSettings;

/// The name under which `MIDDLEWARE` lists it.
pub(crate) const NAME: &str = "__package__.middleware.Greet";

/// Adds the header `X-Greeting`.
#[derive(Debug)]
pub(crate) struct GreetMiddleware;

impl Middleware for GreetMiddleware {
    async fn after_response(&self, request: &Request, mut response: Response) -> Result<Response> {
        let settings: &GreetingSettings = request.settings()?;
        if let Ok(value) = HeaderValue::try_from(&settings.__setting___greeting) {
            response.headers_mut().insert("x-greeting", value);
        }
        Ok(response)
    }
}
