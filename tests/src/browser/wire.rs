//! Commands that Chromium's driver has beside those of WebDriver.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// A command to a session.
#[derive(Debug)]
pub(super) struct Wire {
    path: String,
    body: Option<Value>,
}

impl Wire {
    /// Asks for what is at `path` of the session.
    pub(super) fn get(path: String) -> Self {
        Self { path, body: None }
    }

    /// A command of the browser's developer tools.
    pub(super) fn tools(command: &str, parameters: Value) -> Self {
        Self {
            path: "goog/cdp/execute".to_owned(),
            body: Some(json!({ "cmd": command, "params": parameters })),
        }
    }

    /// What the browser wrote to its console since this was last asked.
    pub(super) fn console() -> Self {
        Self {
            path: "se/log".to_owned(),
            body: Some(json!({ "type": "browser" })),
        }
    }
}

impl WebDriverCompatibleCommand for Wire {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        match &self.body {
            None => (Method::GET, None),
            Some(body) => (Method::POST, Some(body.to_string())),
        }
    }
}
