//! `plain server`

use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};

use super::Call;
use super::connect::connect;
use super::metrics;
use super::migrate::{warn_if_pending, warn_if_stale};
use super::worker::Beside;
use crate::app::App;
use crate::chores::{ChoresSettings, Schedule};
use crate::db::Create;
use crate::http::Result;
use crate::logging::{self, Log, LoggingSettings};
use crate::server::{Server, ServerError, ServerSettings, Stopped};
use crate::settings::Bind;

pub(super) fn definition() -> Command {
    Command::new("server")
        .about("Serves this application")
        .long_about(
            "Serves this application until SIGTERM or SIGINT, which let requests in flight be \
             answered; the second one ends it at once. The database must exist: run `plain \
             migrate` before. It also runs the chores, unless CHORES_IN_SERVER is false.",
        )
        .arg(bind_option())
        .after_help("Example: plain server --bind 0.0.0.0:8000")
}

pub(super) fn bind_option() -> Arg {
    Arg::new("bind")
        .long("bind")
        .value_name("ADDRESS")
        .value_parser(|text: &str| Bind::parse(text).map(|_| text.to_owned()))
        .help("Where to listen, as HOST:PORT or unix:PATH, instead of SERVER_BIND")
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    let _log = log(app)?;
    connect(app, Create::Never, console).await?;
    warn_if_stale(app, console);
    warn_if_pending(app, console).await?;
    serve_app(app, arguments).await
}

/// Sets up the log of this process, as the settings say.
pub(super) fn log(app: &App) -> Result<Log> {
    Ok(logging::init(app.settings().get::<LoggingSettings>()?)?)
}

/// Serves until it is stopped, and runs chores beside if the settings say so.
pub(super) async fn serve_app(app: &App, arguments: &ArgMatches) -> Result<ExitCode> {
    let settings = app.settings().get::<ServerSettings>()?.clone();
    let mut settings = settings.in_folder(app.root());
    if let Some(bind) = arguments.get_one::<String>("bind") {
        settings.server_bind.clone_from(bind);
    }
    // An address that is in use is found before anything else is begun.
    let server = Server::bind(&settings)?;
    let _metrics = metrics::serve(app)?;
    run_beside(app, &settings, server.serve(app.clone())).await
}

/// Waits until the server has stopped, and runs chores beside if the settings say so.
pub(super) async fn run_beside(
    app: &App,
    settings: &ServerSettings,
    serving: impl Future<Output = Result<Stopped, ServerError>>,
) -> Result<ExitCode> {
    let worker = start_worker(app)?;
    let stopped = serving.await;
    if let Some(worker) = worker {
        // Who ended it at once waits for nothing.
        let grace = match stopped {
            Ok(Stopped::Finished) => settings.graceful_timeout(),
            _ => Duration::ZERO,
        };
        worker.stop(grace).await?;
    }
    if let Stopped::Ended { connections } = stopped? {
        tracing::warn!(connections, "ended before everything was answered");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The worker beside the server, if the settings want one and there is something to run.
fn start_worker(app: &App) -> Result<Option<Beside>> {
    let wanted = app.settings().get::<ChoresSettings>()?.chores_in_server;
    let planned = app.services().require::<Schedule>()?.planned();
    let starts = wanted && !planned.is_empty();
    starts.then(|| Beside::start(app)).transpose()
}
