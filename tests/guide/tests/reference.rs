//! The tables of the reference are those of the code.
//!
//! After a change on purpose, `WRITE_REFERENCE=1 cargo test -p plain-guide --test reference` writes
//! them anew.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use plain::App;
use plain::app::Source;
use plain::packages::Package;
use plain::preflight::Stage;

const HOW: &str = "WRITE_REFERENCE=1 cargo test -p plain-guide --test reference";

/// The packages of this repository, all installed.
fn packages() -> [Box<dyn Package>; 3] {
    [
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
    ]
}

fn app() -> App {
    let names: Vec<&str> = packages().iter().map(|package| package.name()).collect();
    let source = Source::isolated("/nowhere")
        .with("DEBUG", true)
        .with("INSTALLED_PACKAGES", names);
    App::load(packages(), source).unwrap()
}

/// Holds the page `name` against `expected`, or writes it.
#[track_caller]
fn assert_page(name: &str, expected: &str) {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference");
    let path = guide.join(name);
    if std::env::var_os("WRITE_REFERENCE").is_some() {
        fs::write(&path, expected).unwrap();
        return;
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    let mut lines = page.lines().zip(expected.lines());
    let stale = lines.find(|(is, should)| is != should);
    assert!(
        page == expected,
        "docs/src/reference/{name} is stale: run `{HOW}`\n{stale:#?}"
    );
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.replace('|', "\\|")
}

#[test]
fn the_table_of_settings_is_that_of_the_code() {
    let app = app();
    let mut page = String::from(
        "# Settings\n\nAll settings of the framework and of the packages of this repository. \
         [Settings](../settings.md) says how they are set.\n",
    );
    let mut package = "";
    for entry in app.settings().entries() {
        if entry.package != package {
            package = entry.package;
            write!(
                page,
                "\n## {package}\n\n| setting | type | default | |\n| --- | --- | --- | --- |\n"
            )
            .unwrap();
        }
        assert!(!entry.description.is_empty(), "{} says nothing", entry.name);
        let default = match entry.default.is_null() {
            true => "unset".to_owned(),
            false => format!("`{}`", entry.default_text()),
        };
        writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            entry.name,
            cell(&entry.kind),
            cell(&default),
            cell(&entry.description)
        )
        .unwrap();
    }
    assert_page("settings.md", &page);
}

#[test]
fn the_table_of_checks_is_that_of_the_code() {
    let app = app();
    let mut page = String::from(
        "# Checks\n\nWhat `plain preflight` looks at; those with a mark only with `--deploy`. \
         `PREFLIGHT_SILENCED` lists checks whose findings do not count. See \
         [Deployment](../deployment.md).\n\n\
         | check | package | `--deploy` | what holds where it finds nothing |\n\
         | --- | --- | --- | --- |\n",
    );
    for check in app.checks() {
        let mark = match check.stage() {
            Stage::Deploy => "✓",
            _ => "",
        };
        let (name, package) = (check.name(), check.package());
        let description = cell(check.description());
        writeln!(page, "| `{name}` | {package} | {mark} | {description} |").unwrap();
    }
    assert_page("checks.md", &page);
}

/// What `shop WORDS --help` prints.
fn help(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.args(words).arg("--help").current_dir(folder);
    let output = command.env_clear().output().unwrap();
    assert!(output.status.success(), "{words:?} has no help");
    String::from_utf8(output.stdout).unwrap()
}

/// The words of the commands that `help` lists.
fn listed(help: &str) -> Vec<&str> {
    let Some(list) = help.split("Commands:\n").nth(1) else {
        return Vec::new();
    };
    let lines = list.lines().take_while(|line| !line.is_empty());
    // The continuation of a description is indented further.
    let names = lines.filter(|line| !line.starts_with("   "));
    // What shows help has none of its own.
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

fn describe(folder: &Path, words: &[&str], page: &mut String) {
    let help = help(folder, words);
    if !words.is_empty() {
        let level = "#".repeat(words.len() + 1);
        write!(page, "\n{level} plain {}\n\n", words.join(" ")).unwrap();
        write!(page, "```text\n{}\n```\n", help.trim_end()).unwrap();
    }
    for name in listed(&help) {
        let words: Vec<&str> = words.iter().copied().chain([name]).collect();
        describe(folder, &words, page);
    }
}

#[test]
fn the_list_of_commands_is_what_the_program_says() {
    let folder = tempfile::tempdir().unwrap();
    let settings = include_str!(concat!(env!("OUT_DIR"), "/tutorial/settings.toml"));
    fs::write(folder.path().join("settings.toml"), settings).unwrap();
    let mut page = String::from(
        "# Commands\n\nWhat a program answers to, with the packages of this repository installed. \
         The command `plain` finds the project from the current folder upwards, builds its program \
         and hands the words on.\n\n\
         The exit status is 0 for done, 1 for failed or found something, 2 for wrong usage, and \
         cargo's where the program can't be built.\n",
    );
    describe(folder.path(), &[], &mut page);
    assert!(page.contains("plain users create"), "{page}");
    assert_page("commands.md", &page);
}
