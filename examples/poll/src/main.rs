//! A poll whose results move on every screen as people vote: one vote a session, and server-sent
//! events.
//!
//! ```console
//! $ cargo run -p poll
//! $ curl -N http://127.0.0.1:8000/results
//! ```
//!
//! A vote is told to the screens that are connected to this process. Where several processes serve,
//! the results that a screen is sent are those of the database, but another process' vote shows with
//! the next one here.

mod models;
#[cfg(test)]
mod tests;
mod views;

use plain::http::Result;
use plain::packages::{Installer, Package};
use plain::urls::{path, urls};
use plain_sessions::SessionView;

plain::embedded!();

/// The package `poll`.
fn package() -> Box<dyn Package> {
    Box::new(Poll)
}

struct Poll;

impl Package for Poll {
    fn name(&self) -> &'static str {
        "poll"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.requires("plain.sessions")
            .migrations(EMBEDDED.migrations)
            .templates(EMBEDDED.templates)
            .assets(EMBEDDED.assets)
            .share(models::Votes::default())
            .urls(urls([
                path("", views::Poll.as_view()).name("poll"),
                path("results", views::Results).name("results"),
            ]));
        Ok(())
    }
}

fn main() -> std::process::ExitCode {
    plain::main([plain_sessions::package(), package()])
}
