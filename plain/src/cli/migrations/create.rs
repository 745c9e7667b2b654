//! `plain migrations create`

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, Command};

use crate::app::App;
use crate::cli::{Call, USAGE};
use crate::http::Result;
use crate::nearest::hint;

/// The folder of a project's own migrations.
const FOLDER: &str = "migrations";

/// The exit status of a command that failed.
const FAILED: u8 = 1;

pub(super) fn definition() -> Command {
    Command::new("create")
        .about("Writes the next migration, as a file with what one may hold in comments")
        .arg(
            Arg::new("NAME")
                .required(true)
                .value_parser(parse_name)
                .help("What it does, such as add_price"),
        )
        .arg(
            Arg::new("package")
                .long("package")
                .value_name("PACKAGE")
                .help("The package it is for, if not that of the project's folder `migrations`"),
        )
        .arg(
            Arg::new("split")
                .long("split")
                .action(ArgAction::SetTrue)
                .help("Write two files, one for SQLite and one for PostgreSQL"),
        )
        .after_help(
            "Writes the path of each file to standard output.\n\n\
             Example: plain migrations create add_price",
        )
}

/// A name as a file of a migration has it.
fn parse_name(text: &str) -> Result<String, String> {
    let name = text.trim().to_lowercase().replace([' ', '-'], "_");
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match !name.is_empty() && name.chars().all(is_word) {
        true => Ok(name),
        false => Err("use letters, digits and `_`, as in add_price".to_owned()),
    }
}

pub(super) fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    let package = arguments.get_one::<String>("package").map(String::as_str);
    let folder = match folder(app, package) {
        Ok(folder) => folder,
        Err((status, problem)) => {
            console.error(problem);
            return Ok(ExitCode::from(status));
        }
    };
    let name: &String = arguments.get_one("NAME").expect("clap requires it");
    let name = format!("{:04}_{name}", next_number(&folder)?);
    let files: &[(&str, &str)] = match arguments.get_flag("split") {
        true => &[("sqlite.sql", SQLITE), ("postgres.sql", POSTGRES)],
        false => &[("sql", BOTH)],
    };
    fs::create_dir_all(&folder)?;
    for (ending, example) in files {
        let path = folder.join(format!("{name}.{ending}"));
        let mut file = File::create_new(&path)?;
        write!(file, "-- {name}: what it does, and why.\n{ABOUT}{example}")?;
        console.line(shown(&path).display())?;
    }
    console.note("Write its SQL, then run `plain migrate`.");
    Ok(ExitCode::SUCCESS)
}

/// The folder of the migrations of `package`, else of the project's own package; or the exit status
/// and why there is none.
fn folder(app: &App, package: Option<&str>) -> Result<PathBuf, (u8, String)> {
    let installed = app.packages().installed().iter();
    let all: Vec<(&str, PathBuf)> = installed
        .filter_map(|package| {
            let folder = package.migrations()?;
            Some((package.name(), PathBuf::from(folder.path)))
        })
        .collect();
    // A package that was downloaded, or built elsewhere, is not this project's to change.
    let root = app.root().canonicalize().unwrap_or(app.root().to_owned());
    let own = all.iter().filter(|(_, folder)| folder.starts_with(&root));
    let own: Vec<&(&str, PathBuf)> = own.collect();
    if let Some(wanted) = package {
        if let Some((_, folder)) = own.iter().find(|(name, _)| *name == wanted) {
            return Ok(folder.clone());
        }
        return Err(match all.iter().find(|(name, _)| *name == wanted) {
            Some((_, folder)) => (
                FAILED,
                format!(
                    "the migrations of {wanted} are not in this project but in {}; write it there",
                    folder.display()
                ),
            ),
            None => (
                USAGE,
                format!(
                    "{wanted} is no installed package with migrations; {}",
                    hint(wanted, own.iter().map(|(name, _)| *name))
                ),
            ),
        });
    }
    let of_project = root.join(FOLDER);
    if let Some((_, folder)) = own.iter().find(|(_, folder)| *folder == of_project) {
        return Ok(folder.clone());
    }
    match own[..] {
        [(_, folder)] => Ok(folder.clone()),
        [] => Err((
            FAILED,
            "no installed package has migrations in this project; a package brings its own by \
             `.migrations(EMBEDDED.migrations)` in `install`"
                .to_owned(),
        )),
        _ => {
            let names: Vec<&str> = own.iter().map(|(name, _)| *name).collect();
            Err((
                USAGE,
                format!(
                    "several packages have migrations in this project: say which by --package ({})",
                    names.join(", ")
                ),
            ))
        }
    }
}

/// The number after the last one in `folder`, which may have files that are newer than the program.
fn next_number(folder: &Path) -> io::Result<u32> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(1),
        entries => entries?,
    };
    let mut last = 0;
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_str().filter(|name| name.ends_with(".sql"));
        let number = name.and_then(|name| name.split_once('_')?.0.parse().ok());
        last = last.max(number.unwrap_or_default());
    }
    Ok(last + 1)
}

/// A path as it is shortest from the current folder.
fn shown(path: &Path) -> &Path {
    let current = env::current_dir().and_then(|folder| folder.canonicalize());
    let inner = current
        .ok()
        .and_then(|folder| path.strip_prefix(folder).ok());
    inner.unwrap_or(path)
}

const ABOUT: &str = "\
--
-- It runs once, in one transaction together with its record: where it fails, nothing is changed.
-- Once it was applied elsewhere its file stays as it is; what was wrong is mended by the next one.
";

const BOTH: &str = "\
-- SQLite and PostgreSQL both run it. Where they need other words, use two files (--split).
--
-- ALTER TABLE app_item ADD COLUMN price BIGINT NOT NULL DEFAULT 0;
-- CREATE INDEX app_item_price ON app_item (price);
-- UPDATE app_item SET price = 100 WHERE price = 0;
";

const SQLITE: &str = "\
-- This one is for SQLite; its neighbour for PostgreSQL makes the same of its tables.
--
-- CREATE TABLE app_item (
--     id INTEGER PRIMARY KEY,
--     name TEXT NOT NULL,
--     data TEXT NOT NULL DEFAULT '{}',
--     created_at TEXT NOT NULL
-- );
";

const POSTGRES: &str = "\
-- This one is for PostgreSQL; its neighbour for SQLite makes the same of its tables.
--
-- CREATE TABLE app_item (
--     id BIGINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
--     name TEXT NOT NULL,
--     data JSONB NOT NULL DEFAULT '{}',
--     created_at TIMESTAMPTZ NOT NULL
-- );
";
