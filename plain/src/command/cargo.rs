//! What cargo is asked for.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::error::Error;
use super::project::{Binary, is_binary};

/// What cargo knows of the workspace that the project belongs to.
pub(super) fn metadata(root: &Path) -> Result<Value, Error> {
    let output = command(root)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(Error::Cargo)?;
    if !output.status.success() {
        return Err(Error::Metadata {
            status: output.status,
            root: root.to_owned(),
        });
    }
    serde_json::from_slice(&output.stdout).map_err(Error::Answer)
}

/// Builds `binary` and returns where it is. Progress and compile errors go to standard error.
pub(super) fn build(root: &Path, binary: &Binary) -> Result<PathBuf, Error> {
    let mut cargo = build_command(root, binary)
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Error::Cargo)?;
    let mut executable = None;
    if let Some(messages) = cargo.stdout.take() {
        for line in BufReader::new(messages).lines().map_while(Result::ok) {
            executable = executable_in(&line, binary).or(executable);
        }
    }
    let status = cargo.wait().map_err(Error::Cargo)?;
    match executable {
        _ if !status.success() => Err(Error::Build(status)),
        Some(executable) => Ok(executable),
        None => Err(Error::NoBinary {
            root: root.to_owned(),
        }),
    }
}

/// Where `binary` is, if the message says so.
pub(super) fn executable_in(message: &str, binary: &Binary) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_ours = message["package_id"] == binary.package.as_str()
        && target["name"] == binary.name.as_str()
        && is_binary(target);
    let executable = message["executable"].as_str().filter(|_| is_ours)?;
    Some(PathBuf::from(executable))
}

/// Cargo, to be run in the folder `root`.
///
/// What `cargo run` told this program about itself is not passed on: build scripts look at it (ring's
/// does), and all that depends on them would be compiled anew each time.
fn command(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let is_told = |name: &str| {
            name == "OUT_DIR"
                || name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
        };
        if name.to_str().is_some_and(is_told) {
            command.env_remove(name);
        }
    }
    command
}

/// What builds `binary`; how cargo tells of it is left to the caller.
pub(super) fn build_command(root: &Path, binary: &Binary) -> Command {
    let mut command = command(root);
    command.args(["build", "--package", &binary.package, "--bin", &binary.name]);
    command
}
