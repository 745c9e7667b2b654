//! Commands that packages bring to the command line.

use std::process::ExitCode;

use clap::ArgMatches;
use futures_util::future::BoxFuture;

use crate::http::Result;
use crate::services::Services;

/// A command that a package adds, such as `plain users create`.
///
/// ```
/// use std::process::ExitCode;
///
/// use futures_util::future::BoxFuture;
/// use plain::http::Result;
/// use plain::packages::Command;
/// use plain::services::Services;
///
/// struct CountTables;
///
/// impl Command for CountTables {
///     fn definition(&self) -> clap::Command {
///         clap::Command::new("tables").about("Counts the tables of a SQLite database")
///     }
///
///     fn run<'a>(
///         &'a self,
///         _arguments: &'a clap::ArgMatches,
///         app: &'a Services,
///     ) -> BoxFuture<'a, Result<ExitCode>> {
///         Box::pin(async move {
///             let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
///             let tables: i64 = app.database()?.query(sql).scalar().await?;
///             println!("{tables} tables");
///             Ok(ExitCode::SUCCESS)
///         })
///     }
/// }
/// ```
pub trait Command: Send + Sync + 'static {
    /// Its name, arguments and help.
    fn definition(&self) -> clap::Command;

    /// Carries it out, with the database connected. Results are written by
    /// `writeln!(std::io::stdout(), ..)?`: where `println!` would panic, since a program like `head`
    /// has read enough, the command then just ends.
    fn run<'a>(
        &'a self,
        arguments: &'a ArgMatches,
        app: &'a Services,
    ) -> BoxFuture<'a, Result<ExitCode>>;
}
