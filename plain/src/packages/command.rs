//! Commands that packages bring to the command line.

use std::process::ExitCode;

use clap::ArgMatches;
use futures_util::future::BoxFuture;

use crate::http::Result;
use crate::services::Services;

/// A command that a package adds, such as `plain users create`.
pub trait Command: Send + Sync + 'static {
    /// Its name, arguments and help.
    fn definition(&self) -> clap::Command;

    /// Carries it out, with the database connected.
    fn run<'a>(
        &'a self,
        arguments: &'a ArgMatches,
        app: &'a Services,
    ) -> BoxFuture<'a, Result<ExitCode>>;
}
