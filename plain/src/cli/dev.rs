//! `plain dev`

use std::process::ExitCode;

use clap::Command;

use super::Call;
use super::migrate::{migrate_all, warn_if_stale};
use super::server::{bind_option, log, serve_app};
use crate::http::Result;

pub(super) fn definition() -> Command {
    Command::new("dev")
        .about("Migrates the database and serves this application, for its developer")
        .long_about(
            "Migrates the database (a SQLite file that does not exist is created) and serves this \
             application, for its developer. Needs DEBUG, with which templates are read anew for \
             each page and errors show what happened.",
        )
        .arg(bind_option())
        .after_help("Example: plain dev")
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    if !app.mode().is_debug() {
        console.error(
            "`plain dev` is for developers and DEBUG is off; set DEBUG = true in settings.toml, or \
             use `plain migrate` and `plain server`",
        );
        return Ok(ExitCode::FAILURE);
    }
    log(app)?;
    warn_if_stale(app, console);
    migrate_all(app, console).await?;
    serve_app(app, arguments).await
}
