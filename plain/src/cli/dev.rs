//! `plain dev`, as the application does it: migrates and serves.
//!
//! The command `plain` (the module `command`) stands above it: it watches, builds, and starts the
//! application anew. Without it, as under `cargo run`, the application serves until it is stopped.

pub(crate) mod live;
#[cfg(unix)]
pub(crate) mod supervised;

use std::fmt::Display;
use std::process::ExitCode;

use clap::Command;

use super::Call;
use super::migrate::{migrate_all, warn_if_stale};
use super::server::{bind_option, log, serve_app};
use crate::http::Result;

pub(crate) fn definition() -> Command {
    Command::new("dev")
        .about("Builds, migrates and serves this application, and again whenever it changes")
        .long_about(
            "Builds this application, migrates the database (a SQLite file that does not exist is \
             created), and serves. Whenever code changes, it is built again, and the new build takes \
             over on the same socket, so that no request fails; what does not compile is shown in \
             the terminal and in the browser. Templates, static files and settings.toml need no \
             build. Open pages load again by themselves. Needs DEBUG, with which errors show what \
             happened.\n\n\
             The program of the application itself (`cargo run`) migrates and serves, without \
             watching.",
        )
        .arg(bind_option())
        .after_help("Example: plain dev --bind 127.0.0.1:8080")
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    if !app.mode().is_debug() {
        let why = "`plain dev` is for developers and DEBUG is off; set DEBUG = true in \
                   settings.toml, or use `plain migrate` and `plain server`";
        tell_failure(&why);
        console.error(why);
        return Ok(ExitCode::FAILURE);
    }
    let _log = log(app)?;
    #[cfg(unix)]
    if supervised::is_supervised() {
        return match migrate_all(app, console).await {
            Ok(_) => supervised::serve(app).await,
            Err(error) => {
                tell_failure(&error);
                Err(error)
            }
        };
    }
    warn_if_stale(app, console);
    migrate_all(app, console).await?;
    serve_app(app, arguments).await
}

/// Tells the command `plain`, if it has started this process, why the application does not start.
pub(super) fn tell_failure(why: &dyn Display) {
    #[cfg(unix)]
    supervised::tell_failure(why);
    #[cfg(not(unix))]
    let _ = why;
}
