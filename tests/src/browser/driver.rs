//! `chromedriver`: one a test process, on a free port.

use std::ffi::OsStr;
use std::sync::atomic::{AtomicU32, Ordering};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

use super::leash::{Leashed, on_path};
use super::stage::Scripts;

/// Starts browsers, and ends them with itself.
#[derive(Debug)]
pub struct Driver {
    url: String,
    profiles: TempDir,
    opened: AtomicU32,
    // Ends before the profiles are deleted that its browsers write to.
    process: Option<Leashed>,
}

impl Driver {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// Where it is not installed: what to do.
    pub fn start() -> Result<Self, String> {
        let Some(program) = on_path(OsStr::new("chromedriver")) else {
            return Err(
                "there is no `chromedriver` on PATH; on Debian, `apt-get install chromium \
                        chromium-driver` installs it and the browser that it steers"
                    .to_owned(),
            );
        };
        let profiles = TempDir::new().unwrap();
        let mut process = Leashed::start(&program, &["--port=0"], profiles.path(), &[]);
        let port = process.said("started successfully on port ");
        Ok(Self {
            url: format!("http://127.0.0.1:{}", port.trim_end_matches('.')),
            profiles,
            opened: AtomicU32::new(0),
            process: Some(process),
        })
    }

    /// Starts a browser with an empty profile.
    pub(super) async fn open(&self, scripts: Scripts) -> Client {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(self.capabilities(scripts));
        match builder.connect(&self.url).await {
            Ok(client) => client,
            Err(error) => panic!("no browser starts: {error}"),
        }
    }

    fn capabilities(&self, scripts: Scripts) -> Capabilities {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let profile = self.profiles.path().join(number.to_string());
        let mut preferences = serde_json::Map::new();
        if scripts == Scripts::Blocked {
            let setting = "profile.managed_default_content_settings.javascript";
            preferences.insert(setting.to_owned(), json!(2));
        }
        let capabilities = json!({
            "goog:loggingPrefs": { "browser": "ALL" },
            // In milliseconds; the search for defects of a whole page takes a while.
            "timeouts": { "script": 180_000 },
            "goog:chromeOptions": {
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                    "--no-first-run", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                    "--window-size=1280,900",
                    // A page that scrolls slowly moves away from under the pointer.
                    "--force-prefers-reduced-motion",
                    format!("--user-data-dir={}", profile.display()),
                ],
                "prefs": preferences,
            },
        });
        match capabilities {
            serde_json::Value::Object(capabilities) => capabilities,
            _ => unreachable!("it is written as an object"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.process.take());
    }
}
