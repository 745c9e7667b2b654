//! The command line of an application.
//!
//! [`main`] is the whole program of a project: it reads the words, puts the application together,
//! and carries out one command. Each command is a file in `cli`; packages bring more. Results go to
//! standard output, all else to standard error, and the exit status is 0 for done, 1 for failed or
//! found something, 2 for wrong usage. A broken configuration leaves `--help` and `--version`
//! working, and every other command says what is broken.

mod backup;
mod built_in;
mod chores;
mod completions;
mod connect;
mod console;
mod dev;
mod docs;
mod metrics;
mod migrate;
mod migrations;
mod new;
mod packages;
mod preflight;
mod progress;
mod request;
mod server;
mod settings;
mod table;
#[cfg(test)]
mod tests;
mod urls;
mod worker;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::{ContextKind, ErrorKind};
use clap::{ArgMatches, Command};
use tokio::time::timeout;

use crate::app::{App, NoProject, Source, StartError};
use crate::db::Create;
use crate::http::Result;
use crate::packages::Package;
use built_in::{Alone, BUILT_IN, Call, Work, built_in};
use console::Console;
#[cfg(unix)]
pub(crate) use dev::{
    definition as dev_definition, live as dev_live, supervised as dev_supervised,
};

/// The exit status of wrong usage.
const USAGE: u8 = 2;

/// How long the database may take to be closed.
const LONGEST_CLOSE: Duration = Duration::from_secs(5);

/// Runs the application that consists of `packages`, as the words of the command line say.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     plain::main([])
/// }
/// ```
///
/// The list says which packages are linked into the program; `INSTALLED_PACKAGES` says which of
/// them are installed. Without any words it serves the application for its developer, as `dev`
/// does, if `DEBUG` is on; else it shows its help.
pub fn main(packages: impl IntoIterator<Item = Box<dyn Package>>) -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    run(
        words,
        packages,
        Source::discover(),
        &mut Console::of_process(),
    )
}

fn run(
    mut words: Vec<OsString>,
    packages: impl IntoIterator<Item = Box<dyn Package>>,
    source: Result<Source, NoProject>,
    console: &mut Console,
) -> ExitCode {
    let started = source
        .map_err(StartError::from)
        .and_then(|source| App::load(packages, source))
        .and_then(refuse_taken_names);
    if words.is_empty() {
        match &started {
            Ok(app) if app.mode().is_debug() => words.push("dev".into()),
            Ok(app) => {
                console.note(definition(Ok(app)).render_help());
                return ExitCode::from(USAGE);
            }
            Err(error) => return not_started(error, console),
        }
    }
    if words.first().is_some_and(|word| word == "help") {
        // clap's `help` has no help of its own; who asks for it is shown what it shows.
        words.retain(|word| word != "--help" && word != "-h");
    }
    let mut definition = definition(started.as_ref());
    let words = std::iter::once(OsString::from("plain")).chain(words);
    let outcome = match definition.try_get_matches_from_mut(words) {
        Ok(matches) => carry_out(&matches, definition, &started, console),
        Err(stop) => explain(&stop, started.as_ref().err(), console),
    };
    let outcome = outcome.and_then(|code| Ok(console.flush().map(|()| code)?));
    outcome.unwrap_or_else(|error| {
        // Who closed the pipe has read enough.
        let cause = error.find::<io::Error>().map(io::Error::kind);
        if cause == Some(io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        console.error(error);
        ExitCode::FAILURE
    })
}

fn definition(started: Result<&App, &StartError>) -> Command {
    let command = Command::new("plain")
        .about("Runs and looks after this application.")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommands(BUILT_IN.iter().map(|command| (command.definition)()))
        .after_help(
            "`plain COMMAND --help` says more, with an example.\n\
             Exit status: 0 done, 1 failed or found something, 2 wrong usage; cargo's where the \
             application can't be built.",
        );
    let command = match started {
        Ok(app) => {
            let brought = app.commands().iter().map(|command| command.definition());
            command.subcommands(brought)
        }
        Err(StartError::NoProject(_)) => command
            .about("The command line of Plain, a full-stack web framework.")
            .before_help(
                "There is no project here: `plain new NAME` makes one. The other commands are for \
                 the project of the folder that they are called in, which brings more of them.",
            ),
        Err(_) => command.before_help(
            "This application does not start, so the commands of its packages are missing here; \
             `plain preflight` says why.",
        ),
    };
    // `plain help COMMAND` is for all; in each list of its own it would be one more line to read.
    command.mut_subcommands(|command| command.disable_help_subcommand(true))
}

/// Refuses a package whose command nobody could call.
fn refuse_taken_names(app: App) -> Result<App, StartError> {
    let mut brought = app.commands().iter().map(|command| command.definition());
    let taken = brought.find(|brought| built_in(brought.get_name()).is_some());
    match taken {
        Some(command) => Err(StartError::CommandTaken(command.get_name().to_owned())),
        None => Ok(app),
    }
}

fn carry_out(
    matches: &ArgMatches,
    commands: Command,
    started: &Result<App, StartError>,
    console: &mut Console,
) -> Result<ExitCode> {
    let Some((name, arguments)) = matches.subcommand() else {
        return Ok(ExitCode::from(USAGE));
    };
    let work = built_in(name).map(|command| &command.work);
    if let Some(Work::Alone(run)) = work {
        return run(Alone {
            arguments,
            commands,
            console,
        });
    }
    let app = match started {
        Ok(app) => app,
        Err(error) if name == preflight::NAME => {
            return preflight::not_started(error, arguments, console);
        }
        Err(error) => return Ok(not_started(error, console)),
    };
    // The server has threads with runtimes of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let outcome = match work {
            Some(Work::WithApp(run)) => {
                run(Call {
                    arguments,
                    app,
                    console,
                })
                .await
            }
            _ => run_brought(name, arguments, app).await,
        };
        close_database(app).await;
        outcome
    })
}

/// Leaves a SQLite database as one file, without a write-ahead log that a copy of it would miss.
async fn close_database(app: &App) {
    if let Ok(database) = app.services().database() {
        // What is still in use does not keep the process from ending.
        let _ = timeout(LONGEST_CLOSE, database.close()).await;
    }
}

/// Runs a command that a package brings.
async fn run_brought(name: &str, arguments: &ArgMatches, app: &App) -> Result<ExitCode> {
    let mut commands = app.commands().iter();
    let command = commands.find(|command| command.definition().get_name() == name);
    let command = command.expect("clap only finds commands that it was given");
    app.connect(Create::Never).await?;
    command.run(arguments, app.services()).await
}

/// Shows help, or what is wrong with the words.
fn explain(
    stop: &clap::Error,
    start: Option<&StartError>,
    console: &mut Console,
) -> Result<ExitCode> {
    let text = |kind| stop.get(kind).map(ToString::to_string);
    let is_near = text(ContextKind::SuggestedSubcommand).is_some_and(|near| !near.is_empty());
    let is_slip = is_near && matches!(start, Some(StartError::NoProject(_)));
    if let (ErrorKind::InvalidSubcommand, Some(error), false) = (stop.kind(), start, is_slip) {
        // It may well be a command of a package, which nobody can know now.
        let word = text(ContextKind::InvalidSubcommand).unwrap_or_default();
        console.note(format_args!(
            "`{word}` is no command of the framework's, and those of packages are not known, \
             since the application does not start:\n"
        ));
        return Ok(not_started(error, console));
    }
    console.clap(stop)?;
    Ok(ExitCode::from(
        u8::try_from(stop.exit_code()).unwrap_or(USAGE),
    ))
}

fn not_started(error: &StartError, console: &mut Console) -> ExitCode {
    dev::tell_failure(error);
    console.error(error);
    ExitCode::FAILURE
}

/// The option `--json` of a command that lists something.
fn json_option() -> clap::Arg {
    clap::Arg::new("json")
        .long("json")
        .action(clap::ArgAction::SetTrue)
        .help("Write JSON, for programs")
}

/// A number of things, as in `2 errors`.
fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
