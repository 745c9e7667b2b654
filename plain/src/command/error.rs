//! What keeps an application from being run.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use super::project::{MANIFEST, SETTINGS};

/// Why the application can't be run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no project here")]
    NoProject,
    #[error(
        "{} has a {SETTINGS} but no {MANIFEST}, so there is nothing to build; put the {SETTINGS} \
         beside the {MANIFEST} of the application, or run the application itself",
        .root.display()
    )]
    NoManifest { root: PathBuf },
    #[error(
        "cargo can't be run: {0}; install Rust from https://rustup.rs, or set CARGO to its path"
    )]
    Cargo(#[source] io::Error),
    #[error("cargo can't read the project in {} ({status}); correct what it says above", .root.display())]
    Metadata { status: ExitStatus, root: PathBuf },
    #[error("cargo gave an answer that can't be read: {0}; update Rust with `rustup update`")]
    Answer(#[source] serde_json::Error),
    #[error(
        "the project in {} has no program to run; add a src/main.rs that calls `plain::main`, or \
         set default-members under [workspace] to the package that has one",
        .root.display()
    )]
    NoBinary { root: PathBuf },
    #[error(
        "the project in {} has several programs ({}); set default-run = \"NAME\" under [package] \
         in its {MANIFEST}, or default-members under [workspace], so that `cargo run` runs one",
        .root.display(), .names.join(", ")
    )]
    SeveralBinaries { root: PathBuf, names: Vec<String> },
    #[error(
        "`plain dev` is for developers and DEBUG is off; set DEBUG = true in {SETTINGS}, or use \
         `plain migrate` and `plain server`"
    )]
    NotDebug,
    #[error("{0}")]
    Listen(String),
    #[error(
        "the folders of the project can't be watched: {0}; close other programs that watch many"
    )]
    Watch(#[source] io::Error),
    #[error("the application was not built ({0}); correct what cargo says above")]
    Build(ExitStatus),
    #[error("the application {} can't be run: {source}", .executable.display())]
    Run {
        executable: PathBuf,
        source: io::Error,
    },
}

impl Error {
    pub(super) fn status(&self) -> u8 {
        match self {
            Self::Build(status) | Self::Metadata { status, .. } => status_code(*status),
            _ => 1,
        }
    }
}

/// The exit status of a program as one of ours.
pub(super) fn status_code(status: ExitStatus) -> u8 {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
}
