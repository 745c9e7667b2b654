//! The command `plain`: finds the project, builds its application, and becomes it.
//!
//! All commands are the application's own; this program only finds it. What it runs is what
//! `cargo run` would run in the project's folder, with the words it was given, in the folder it was
//! called from. Standard output is the application's alone; what cargo says goes to standard error.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use serde_json::Value;

const HELP: &str = "\
The command line of Plain, a full-stack web framework.

Usage: plain [COMMAND] [WORDS]...

There is no project here, so there are no commands yet: they are those of a project's application,
which `plain` finds (from this folder upwards), builds, and runs. A project is a folder with a
settings.toml and a Cargo.toml whose program calls `plain::main`.

In a project, `plain --help` shows the commands, such as:
  plain dev                  serves the project for its developer
  plain migrate              brings the database up to date
  plain preflight --deploy   checks what must hold before strangers come

Options:
  -h, --help     Show this, or in a project its commands
  -V, --version  Show the version of this program

Exit status: 0 done, 1 failed or found something, 2 wrong usage; cargo's where the build fails.
";

const SETTINGS: &str = "settings.toml";
const MANIFEST: &str = "Cargo.toml";

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let first = words.first().and_then(|word| word.to_str());
    if let Some("--version" | "-V") = first {
        return print(concat!("plain ", env!("CARGO_PKG_VERSION"), "\n"));
    }
    match run(&words) {
        Ok(code) => code,
        Err(Error::NoProject { .. }) if matches!(first, Some("--help" | "-h" | "help")) => {
            print(HELP)
        }
        Err(error) => {
            // Nobody reads a closed standard error.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(error.status())
        }
    }
}

fn run(words: &[OsString]) -> Result<ExitCode, Error> {
    let root = find_project(&env::current_dir().unwrap_or_default())?;
    let binary = Binary::choose(&metadata(&root)?, &root)?;
    let executable = build(&root, &binary)?;
    become_application(&executable, words)
}

/// The folder at or above `start` that has a settings file and, beside it, a manifest.
fn find_project(start: &Path) -> Result<PathBuf, Error> {
    let root = start
        .ancestors()
        .find(|folder| folder.join(SETTINGS).symlink_metadata().is_ok());
    let root = root.ok_or_else(|| Error::NoProject {
        start: start.to_owned(),
    })?;
    match root.join(MANIFEST).exists() {
        true => Ok(root.to_owned()),
        false => Err(Error::NoManifest {
            root: root.to_owned(),
        }),
    }
}

/// What cargo knows of the workspace that the project belongs to.
fn metadata(root: &Path) -> Result<Value, Error> {
    let output = cargo(root)
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

/// The program that `cargo run` would run.
#[derive(Debug, PartialEq)]
struct Binary {
    package: String,
    name: String,
}

impl Binary {
    fn choose(metadata: &Value, root: &Path) -> Result<Self, Error> {
        let packages = default_packages(metadata, root);
        let mut binaries: Vec<Self> = packages.iter().copied().flat_map(binaries_of).collect();
        let preferred: Vec<&str> = packages
            .iter()
            .filter_map(|package| package["default_run"].as_str())
            .collect();
        if let [preferred] = preferred[..] {
            binaries.retain(|binary| binary.name == preferred);
        }
        if binaries.len() > 1 {
            let names = binaries.into_iter().map(|binary| binary.name).collect();
            return Err(Error::SeveralBinaries {
                root: root.to_owned(),
                names,
            });
        }
        binaries.pop().ok_or_else(|| Error::NoBinary {
            root: root.to_owned(),
        })
    }
}

/// The packages that cargo builds in the folder `root` when it is told nothing else.
fn default_packages<'a>(metadata: &'a Value, root: &Path) -> Vec<&'a Value> {
    let packages = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let is_same = |path: &Value, other: &Path| {
        let path = Path::new(path.as_str().unwrap_or_default());
        path.canonicalize().ok() == other.canonicalize().ok()
    };
    if is_same(&metadata["workspace_root"], root) {
        let members = metadata["workspace_default_members"].as_array();
        let is_member = |package: &&Value| members.is_some_and(|ids| ids.contains(&package["id"]));
        return packages.iter().filter(is_member).collect();
    }
    let manifest = root.join(MANIFEST);
    packages
        .iter()
        .filter(|package| is_same(&package["manifest_path"], &manifest))
        .collect()
}

fn binaries_of(package: &Value) -> Vec<Binary> {
    let targets = package["targets"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    targets
        .iter()
        .filter(|target| is_binary(target))
        .map(|target| Binary {
            package: text(&package["id"]),
            name: text(&target["name"]),
        })
        .collect()
}

fn is_binary(target: &Value) -> bool {
    target["kind"]
        .as_array()
        .is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"))
}

/// Builds `binary` and returns where it is. Progress and compile errors go to standard error.
fn build(root: &Path, binary: &Binary) -> Result<PathBuf, Error> {
    let mut cargo = cargo(root)
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(["--package", &binary.package, "--bin", &binary.name])
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
fn executable_in(message: &str, binary: &Binary) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_ours = message["package_id"] == binary.package.as_str()
        && target["name"] == binary.name.as_str()
        && is_binary(target);
    let executable = message["executable"].as_str().filter(|_| is_ours)?;
    Some(PathBuf::from(executable))
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).stdin(Stdio::null());
    command
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
    Ok(ExitCode::from(status_code(status)))
}

fn status_code(status: ExitStatus) -> u8 {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        // Who closed the pipe has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Why the application can't be run.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(
        "there is no project here: no {SETTINGS} in {} or any folder above it\n\n\
         A project is a folder with a {SETTINGS} and a {MANIFEST} whose program calls `plain::main`.\n\
         Change to the folder of one, or make one: `plain --help` says more.",
        .start.display()
    )]
    NoProject { start: PathBuf },
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
    #[error("the application was not built ({0}); correct what cargo says above")]
    Build(ExitStatus),
    #[error("the application {} can't be run: {source}", .executable.display())]
    Run {
        executable: PathBuf,
        source: io::Error,
    },
}

impl Error {
    fn status(&self) -> u8 {
        match self {
            Self::Build(status) | Self::Metadata { status, .. } => status_code(*status),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, binaries: &[&str], default_run: Option<&str>) -> Value {
        let binary = |binary: &&str| json!({ "kind": ["bin"], "name": binary });
        let mut targets: Vec<Value> = binaries.iter().map(binary).collect();
        targets.push(json!({ "kind": ["lib"], "name": name }));
        json!({
            "id": format!("path+file:///project/{name}#0.1.0"),
            "manifest_path": format!("/nowhere/{name}/Cargo.toml"),
            "targets": targets,
            "default_run": default_run,
        })
    }

    /// What is chosen in the root folder of a workspace with these packages, all default members.
    fn choose(packages: Vec<Value>) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let metadata = json!({
            "workspace_root": folder.path(),
            "workspace_default_members":
                packages.iter().map(|package| package["id"].clone()).collect::<Vec<_>>(),
            "packages": packages,
        });
        let place = folder.path().display().to_string();
        match Binary::choose(&metadata, folder.path()) {
            Ok(binary) => Ok(format!("{} of {}", binary.name, binary.package)),
            Err(error) => Err(error.to_string().replace(&place, "/project")),
        }
    }

    #[test]
    fn the_nearest_settings_file_at_or_above_makes_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("shop/app/templates");
        std::fs::create_dir_all(&inner).unwrap();
        let root = folder.path().join("shop");
        assert!(matches!(find_project(&inner), Err(Error::NoProject { start }) if start == inner));
        std::fs::write(root.join(SETTINGS), "").unwrap();
        assert!(matches!(find_project(&inner), Err(Error::NoManifest { root: at }) if at == root));
        std::fs::write(root.join(MANIFEST), "").unwrap();
        assert_eq!(find_project(&inner).unwrap(), root);
        assert_eq!(find_project(&root).unwrap(), root);
    }

    #[test]
    fn the_only_program_is_chosen() {
        let packages = vec![package("shop", &["shop"], None), package("lib", &[], None)];
        assert_eq!(
            choose(packages).unwrap(),
            "shop of path+file:///project/shop#0.1.0"
        );
    }

    #[test]
    fn default_run_chooses_among_several() {
        let packages = vec![package("shop", &["shop", "import"], Some("shop"))];
        assert_eq!(
            choose(packages).unwrap(),
            "shop of path+file:///project/shop#0.1.0"
        );
        assert_eq!(
            choose(vec![package("shop", &["shop", "import"], None)]).unwrap_err(),
            "the project in /project has several programs (shop, import); \
             set default-run = \"NAME\" under [package] in its Cargo.toml, \
             or default-members under [workspace], so that `cargo run` runs one"
        );
        assert_eq!(
            choose(vec![package("shop", &[], None)]).unwrap_err(),
            "the project in /project has no program to run; add a src/main.rs that calls \
             `plain::main`, or set default-members under [workspace] to the package that has one"
        );
    }

    #[test]
    fn in_the_folder_of_a_member_only_that_member_counts() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join(MANIFEST);
        std::fs::write(&manifest, "").unwrap();
        let mut member = package("shop", &["shop"], None);
        member["manifest_path"] = json!(manifest);
        let metadata = json!({
            "workspace_root": "/nowhere",
            "workspace_default_members": [],
            "packages": [member, package("other", &["other"], None)],
        });
        assert_eq!(
            Binary::choose(&metadata, folder.path()).unwrap().name,
            "shop"
        );
    }

    #[test]
    fn the_executable_is_read_from_the_message_of_its_own_target() {
        let binary = Binary {
            package: "shop-id".to_owned(),
            name: "shop".to_owned(),
        };
        let message = |id: &str, kind: &str, executable: Value| {
            let target = json!({ "kind": [kind], "name": "shop" });
            json!({ "package_id": id, "target": target, "executable": executable }).to_string()
        };
        let found = |message: &str| executable_in(message, &binary);
        assert_eq!(
            found(&message("shop-id", "bin", json!("/t/shop"))),
            Some(PathBuf::from("/t/shop"))
        );
        assert_eq!(found(&message("shop-id", "lib", Value::Null)), None);
        assert_eq!(found(&message("other-id", "bin", json!("/t/shop"))), None);
        assert_eq!(found("a line that a build script printed"), None);
    }
}
