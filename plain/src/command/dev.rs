//! `plain dev`: builds and serves the project, and again whenever it changes.
//!
//! This process holds the listening socket and hands it down to the application, so that a new build
//! takes over without a request that fails. While there is no application yet, it says so itself.

mod build;
mod child;
mod supervisor;
mod waiting;
mod watch;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use super::error::Error;
use super::project::{self, SETTINGS};
use super::{cargo, project::Binary};
use crate::cli::dev_definition;
use crate::server::{Listener, Server};
use crate::settings::{CoreSettings, Loader, ServerSettings};
use supervisor::Supervisor;

pub(super) fn run(root: &Path, words: &[OsString]) -> Result<ExitCode, Error> {
    let arguments = match dev_definition().try_get_matches_from(words) {
        Ok(arguments) => arguments,
        Err(stop) => {
            // Nobody reads a closed stream.
            let _ = stop.print();
            return Ok(ExitCode::from(u8::try_from(stop.exit_code()).unwrap_or(2)));
        }
    };
    let metadata = cargo::metadata(root)?;
    let binary = Binary::choose(&metadata, root)?;
    let mut loader = Loader::new();
    loader.file(root.join(SETTINGS)).process_environment();
    if !loader.peek::<CoreSettings>().debug && can_be_read(root) {
        return Err(Error::NotDebug);
    }
    let mut settings = loader.peek::<ServerSettings>().in_folder(root);
    if let Some(bind) = arguments.get_one::<String>("bind") {
        settings.server_bind.clone_from(bind);
    }
    let (listener, url) = listen(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Watch)?;
    runtime.block_on(async {
        let mut watched = project::folders(&metadata);
        watched.push(root.to_owned());
        let supervisor = Supervisor::start(root, binary, words, listener, settings, &watched)?;
        supervisor.run(&url).await
    })
}

/// Whether the settings are TOML; where they are not, the application says what is wrong.
fn can_be_read(root: &Path) -> bool {
    let text = fs::read_to_string(root.join(SETTINGS)).unwrap_or_default();
    toml::from_str::<toml::Table>(&text).is_ok()
}

/// The socket, and what to open in a browser.
fn listen(settings: &ServerSettings) -> Result<(Listener, String), Error> {
    let server = Server::bind(settings).map_err(|error| Error::Listen(error.to_string()))?;
    let url = server.url();
    Ok((server.into_listener(), url))
}
