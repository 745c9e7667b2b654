//! Commands that packages bring to the command line.

use std::fmt;
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use futures_util::future::BoxFuture;

use crate::http::Result;
use crate::services::Services;

/// A command that a package adds, such as `plain users create`.
///
/// ```
/// use std::io::Write;
/// use std::process::ExitCode;
///
/// use plain::clap;
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
///     async fn run(&self, _arguments: &clap::ArgMatches, app: &Services) -> Result<ExitCode> {
///         let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
///         let tables: i64 = app.database()?.query(sql).scalar().await?;
///         writeln!(std::io::stdout(), "{tables} tables")?;
///         Ok(ExitCode::SUCCESS)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    note = "implement `plain::packages::Command` for it: `impl Command for {Self} {{ fn definition(&self) -> clap::Command {{ .. }} async fn run(&self, arguments: &clap::ArgMatches, app: &Services) -> Result<ExitCode> {{ .. }} }}`"
)]
pub trait Command: Send + Sync + 'static {
    /// Its name, arguments and help.
    fn definition(&self) -> clap::Command;

    /// Carries it out, with the database connected. Results are written by
    /// `writeln!(std::io::stdout(), ..)?`: where `println!` would panic, since a program like `head`
    /// has read enough, the command then just ends.
    ///
    /// # Errors
    ///
    /// Whatever went wrong; it is shown, and the exit status is 1.
    fn run(
        &self,
        arguments: &ArgMatches,
        app: &Services,
    ) -> impl Future<Output = Result<ExitCode>> + Send;
}

/// A command that a package brought.
#[derive(Clone)]
pub struct CommandEntry(Arc<dyn Boxed>);

impl CommandEntry {
    pub(crate) fn new(command: impl Command) -> Self {
        Self(Arc::new(command))
    }

    /// Its name, arguments and help.
    pub fn definition(&self) -> clap::Command {
        self.0.definition()
    }

    /// Carries it out.
    ///
    /// # Errors
    ///
    /// Those of the command.
    pub async fn run(&self, arguments: &ArgMatches, app: &Services) -> Result<ExitCode> {
        self.0.run(arguments, app).await
    }
}

impl fmt::Debug for CommandEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.definition().get_name())
    }
}

/// [`Command`] with a boxed future, so that different ones can stand in one list.
trait Boxed: Send + Sync {
    fn definition(&self) -> clap::Command;
    fn run<'a>(
        &'a self,
        arguments: &'a ArgMatches,
        app: &'a Services,
    ) -> BoxFuture<'a, Result<ExitCode>>;
}

impl<C: Command> Boxed for C {
    fn definition(&self) -> clap::Command {
        Command::definition(self)
    }

    fn run<'a>(
        &'a self,
        arguments: &'a ArgMatches,
        app: &'a Services,
    ) -> BoxFuture<'a, Result<ExitCode>> {
        Box::pin(Command::run(self, arguments, app))
    }
}
