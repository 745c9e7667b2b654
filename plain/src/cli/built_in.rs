//! The commands of the framework itself.

use std::process::ExitCode;

use clap::{ArgMatches, Command};
use futures_util::future::LocalBoxFuture;

use super::console::Console;
use super::{
    backup, chores, completions, dev, docs, migrate, migrations, new, packages, preflight, request,
    server, settings, urls, worker,
};
use crate::app::App;
use crate::http::Result;

/// A command of the framework itself.
pub(super) struct BuiltIn {
    pub(super) definition: fn() -> Command,
    pub(super) work: Work,
}

/// What a command does.
pub(super) enum Work {
    /// Something with the application, which must start for it.
    WithApp(for<'a> fn(Call<'a>) -> LocalBoxFuture<'a, Result<ExitCode>>),
    /// Something that works where there is no application, or one that does not start.
    Alone(fn(Alone<'_>) -> Result<ExitCode>),
}

/// One call of a command that needs the application.
pub(super) struct Call<'a> {
    pub(super) arguments: &'a ArgMatches,
    pub(super) app: &'a App,
    pub(super) console: &'a mut Console,
}

/// One call of a command that needs none.
pub(super) struct Alone<'a> {
    pub(super) arguments: &'a ArgMatches,
    /// All commands that are known.
    pub(super) commands: Command,
    pub(super) console: &'a mut Console,
}

/// The commands in the order in which help shows them.
pub(super) static BUILT_IN: [BuiltIn; 15] = [
    alone(new::definition, new::run),
    with_app(dev::definition, |call| Box::pin(dev::run(call))),
    with_app(server::definition, |call| Box::pin(server::run(call))),
    with_app(worker::definition, |call| Box::pin(worker::run(call))),
    with_app(migrate::definition, |call| Box::pin(migrate::run(call))),
    with_app(migrations::definition, |call| {
        Box::pin(migrations::run(call))
    }),
    with_app(chores::definition, |call| Box::pin(chores::run(call))),
    with_app(backup::definition, |call| Box::pin(backup::run(call))),
    with_app(preflight::definition, |call| Box::pin(preflight::run(call))),
    with_app(request::definition, |call| Box::pin(request::run(call))),
    with_app(settings::definition, |call| Box::pin(settings::run(call))),
    with_app(urls::definition, |call| Box::pin(urls::run(call))),
    with_app(packages::definition, |call| Box::pin(packages::run(call))),
    with_app(docs::definition, |call| Box::pin(docs::run(call))),
    alone(completions::definition, completions::run),
];

const fn with_app(
    definition: fn() -> Command,
    run: for<'a> fn(Call<'a>) -> LocalBoxFuture<'a, Result<ExitCode>>,
) -> BuiltIn {
    BuiltIn {
        definition,
        work: Work::WithApp(run),
    }
}

const fn alone(definition: fn() -> Command, run: fn(Alone<'_>) -> Result<ExitCode>) -> BuiltIn {
    BuiltIn {
        definition,
        work: Work::Alone(run),
    }
}

/// The command of the framework called `name`.
pub(super) fn built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN
        .iter()
        .find(|command| (command.definition)().get_name() == name)
}
