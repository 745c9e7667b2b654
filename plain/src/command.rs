//! The command `plain`: finds the project, builds its application, and becomes it.
//!
//! All commands but `new` are the application's own; this program only finds it. What it runs is
//! what `cargo run` would run in the project's folder, with the words it was given, in the folder it
//! was called from. Standard output is the application's alone; what cargo says goes to standard
//! error. Outside of a project it does itself what can be done there.

mod cargo;
#[cfg(unix)]
mod dev;
mod error;
mod project;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

use error::Error;
use project::Binary;

/// Runs the command `plain` with the words of this process.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let first = words.first().and_then(|word| word.to_str());
    if let Some("--version" | "-V" | "new") = first {
        return crate::main([]);
    }
    match run(&words) {
        Ok(code) => code,
        Err(Error::NoProject) => crate::main([]),
        Err(error) => {
            // Nobody reads a closed standard error.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(error.status())
        }
    }
}

fn run(words: &[OsString]) -> Result<ExitCode, Error> {
    let root = project::find(&env::current_dir().unwrap_or_default())?;
    #[cfg(unix)]
    if words.first().is_some_and(|word| word == "dev") {
        return dev::run(&root, words);
    }
    let binary = Binary::choose(&cargo::metadata(&root)?, &root)?;
    let executable = cargo::build(&root, &binary)?;
    become_application(&executable, words)
}

/// Replaces this process, so that signals and the exit status are the application's own.
#[cfg(unix)]
fn become_application(executable: &Path, words: &[OsString]) -> Result<ExitCode, Error> {
    use std::os::unix::process::CommandExt;
    let source = Command::new(executable).args(words).exec();
    Err(Error::Run {
        executable: executable.to_owned(),
        source,
    })
}

#[cfg(not(unix))]
fn become_application(executable: &Path, words: &[OsString]) -> Result<ExitCode, Error> {
    let status = Command::new(executable)
        .args(words)
        .status()
        .map_err(|source| Error::Run {
            executable: executable.to_owned(),
            source,
        })?;
    Ok(ExitCode::from(error::status_code(status)))
}
