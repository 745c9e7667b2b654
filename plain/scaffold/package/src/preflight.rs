//! Checks of how the package is set up.

use plain::http::Result;
use plain::preflight::{Check, Finding};
use plain::services::Services;
use plain::settings::CoreSettings;

use crate::middleware;

/// That `MIDDLEWARE` lists the middleware.
#[derive(Debug)]
pub(crate) struct MiddlewareListed;

impl Check for MiddlewareListed {
    fn description(&self) -> &'static str {
        "The middleware is listed."
    }

    async fn run(&self, app: &Services) -> Result<Vec<Finding>> {
        let settings: &CoreSettings = app.settings()?;
        if settings.middleware.iter().any(|name| name == middleware::NAME) {
            return Ok(Vec::new());
        }
        Ok(vec![Finding::warning(
            "responses carry no greeting",
            format!("add \"{}\" to MIDDLEWARE in settings.toml", middleware::NAME),
        )])
    }
}
