//! `plain new`: a project that runs, or a package that can be installed into one.

mod files;
mod name;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, ExitCode, Stdio};

use clap::{Arg, ArgAction, Command};

use self::files::File;
use self::name::Name;
use super::USAGE;
use super::built_in::Alone;
use crate::http::Result;

/// The crates of this repository that what is made depends on.
const CRATES: [&str; 4] = ["plain", "plain-auth", "plain-build", "plain-sessions"];

pub(super) fn definition() -> Command {
    Command::new("new")
        .about("Makes a project, or a package that can be installed into projects")
        .long_about(
            "Makes a project in a new folder: settings, a package `app` with pages, data, templates \
             and tests, and what it takes to run it elsewhere. With --package, makes a package that \
             can be installed into projects, with one of each thing that most packages bring.\n\n\
             It depends on this version of Plain; if this command was built in a checkout of it, on \
             that checkout.",
        )
        .arg(
            Arg::new("NAME")
                .required(true)
                .value_parser(Name::parse)
                .help("The name of the folder and of the crate, such as guest-book"),
        )
        .arg(
            Arg::new("package")
                .long("package")
                .action(ArgAction::SetTrue)
                .help("Make a package instead of a project"),
        )
        .after_help("Examples:\n  plain new guest-book\n  plain new --package plain-comments")
}

pub(super) fn run(call: Alone<'_>) -> Result<ExitCode> {
    let Alone {
        arguments, console, ..
    } = call;
    let name: &Name = arguments.get_one("NAME").expect("clap requires it");
    let is_package = arguments.get_flag("package");
    let folder = PathBuf::from(name.as_str());
    if folder.symlink_metadata().is_ok() {
        console.error(format_args!(
            "{name} is here already; choose another name, or remove it"
        ));
        return Ok(ExitCode::from(USAGE));
    }
    let files = match is_package {
        true => files::PACKAGE,
        false => files::PROJECT,
    };
    let words = words(name, checkout().as_deref());
    for file in files {
        write(&folder, file, &words)?;
    }
    format(&folder);
    console.line(format_args!(
        "Made {} {name} ({} files)",
        if is_package {
            "the package"
        } else {
            "the project"
        },
        files.len()
    ))?;
    let next = match is_package {
        true => "cargo test",
        false => "plain dev",
    };
    console.note(format_args!("Next:\n  cd {name}\n  {next}"));
    Ok(ExitCode::SUCCESS)
}

/// The checkout in which this command was built, unless cargo had downloaded it.
fn checkout() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let is_there = |name: &&str| checkout.join(name).join("Cargo.toml").is_file();
    CRATES.iter().all(is_there).then(|| checkout.to_owned())
}

/// What each word of the files is replaced by.
fn words(name: &Name, checkout: Option<&Path>) -> Vec<(String, String)> {
    let dependency = |krate: &str| match checkout {
        // As a string of TOML.
        Some(checkout) => format!("path = {:?}", checkout.join(krate)),
        None => format!("version = {:?}", env!("CARGO_PKG_VERSION")),
    };
    let (context, copy) = match checkout {
        Some(checkout) => (
            format!("--build-context plain={} ", checkout.display()),
            format!("\nCOPY --from=plain . {}", checkout.display()),
        ),
        None => (String::new(), String::new()),
    };
    let mut words = vec![
        ("__name__".to_owned(), name.as_str().to_owned()),
        ("__module__".to_owned(), name.module()),
        ("__package__".to_owned(), name.package()),
        ("__table__".to_owned(), name.table()),
        ("__command__".to_owned(), format!("{name}-greet")),
        ("__setting__".to_owned(), name.module()),
        ("__SETTING__".to_owned(), name.module().to_uppercase()),
        ("__context__".to_owned(), context),
        ("__copy__".to_owned(), copy),
    ];
    words.extend(CRATES.map(|krate| (format!("__{krate}__"), dependency(krate))));
    words
}

fn write(folder: &Path, file: &File, words: &[(String, String)]) -> Result<()> {
    let replace = |text: &str| {
        let replace = |text: String, (word, by): &(String, String)| text.replace(word, by);
        words.iter().fold(text.to_owned(), replace)
    };
    let path = folder.join(replace(file.path));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(fs::write(path, replace(file.text))?)
}

/// Breaks lines as rustfmt does, which depends on how long the name is. Without rustfmt they stay as
/// they are, which is no fault.
fn format(folder: &Path) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Process::new(cargo);
    command.arg("fmt").current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let _ = command.stderr(Stdio::null()).status();
}
