//! `plain __command__`

use std::io::Write;
use std::process::ExitCode;

use plain::clap::{self, Arg, ArgMatches};
use plain::http::Result;
use plain::packages::Command;
use plain::services::Services;

use crate::models::Greeting;

/// Adds a greeting.
pub(crate) struct Greet;

impl Command for Greet {
    fn definition(&self) -> clap::Command {
        clap::Command::new("__command__")
            .about("Adds a greeting")
            .arg(Arg::new("TEXT").required(true).help("What is said"))
            .after_help("Example: plain __command__ Hello")
    }

    async fn run(&self, arguments: &ArgMatches, app: &Services) -> Result<ExitCode> {
        let text: &String = arguments.get_one("TEXT").expect("clap requires it");
        let greeting = Greeting::add(app.database()?, text).await?;
        writeln!(std::io::stdout(), "Added greeting {}", greeting.id)?;
        Ok(ExitCode::SUCCESS)
    }
}
