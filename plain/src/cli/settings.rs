//! `plain settings list|get|schema`

use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::console::Console;
use super::table::Table;
use super::{Call, json_option};
use crate::app::App;
use crate::http::Result;
use crate::settings::{Entry, Origin, Settings};

pub(super) fn definition() -> Command {
    let list = Command::new("list")
        .about("Lists every setting with its value and where that comes from")
        .arg(
            Arg::new("changed")
                .long("changed")
                .action(ArgAction::SetTrue)
                .help("Only those that differ from their default"),
        )
        .arg(json_option().help("Write JSON, for programs; also says what each is for"))
        .after_help("Secrets are masked.\n\nExample: plain settings list --changed");
    let get = Command::new("get")
        .about("Writes the value of one setting, or exits with 1 if it is not set")
        .arg(
            Arg::new("NAME")
                .required(true)
                .help("The setting, such as DATABASE_URL"),
        )
        .arg(json_option().help("Write all that is known of it as JSON"))
        .after_help("Secrets are masked.\n\nExample: plain settings get DATABASE_URL");
    let schema = Command::new("schema")
        .about("Writes the JSON Schema of settings.toml, with which editors complete and check it")
        .long_about(
            "Writes the JSON Schema (draft 7) of settings.toml: every setting of the installed \
             packages, with its type, default and description. Editors that know TOML (VS Code with \
             Even Better TOML, Helix, Neovim and Zed with Taplo) complete and check the file with \
             it, once its first line names the schema: #:schema ./settings.schema.json",
        )
        .after_help("Example: plain settings schema > settings.schema.json");
    Command::new("settings")
        .about("Shows the settings of this application")
        .subcommand_required(true)
        .subcommands([list, get, schema])
        .after_help("Example: plain settings list --changed")
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    match arguments.subcommand() {
        Some(("get", arguments)) => get(app.settings(), arguments, console),
        Some(("schema", _)) => {
            console.json(app.settings().schema())?;
            Ok(ExitCode::SUCCESS)
        }
        Some((_, arguments)) => list(app, arguments, console),
        None => Ok(ExitCode::from(super::USAGE)),
    }
}

fn list(app: &App, arguments: &ArgMatches, console: &mut Console) -> Result<ExitCode> {
    let is_wanted = |entry: &&Entry| entry.changed || !arguments.get_flag("changed");
    let entries: Vec<&Entry> = app.settings().entries().iter().filter(is_wanted).collect();
    if arguments.get_flag("json") {
        console.json(&entries)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["SETTING", "FROM", "VALUE"]);
    for entry in entries {
        // The value last, since it may be long.
        table.row([
            &entry.name,
            &place(&entry.source, app.root()),
            &entry.value_text(),
        ]);
    }
    console.table(&table)?;
    Ok(ExitCode::SUCCESS)
}

fn get(settings: &Settings, arguments: &ArgMatches, console: &mut Console) -> Result<ExitCode> {
    let name: &String = arguments.get_one("NAME").expect("clap requires it");
    let entry = settings.entry(name)?;
    if arguments.get_flag("json") {
        console.json(entry)?;
        return Ok(ExitCode::SUCCESS);
    }
    match &entry.value {
        Value::Null => {
            console.note(format_args!("{name} is not set"));
            return Ok(ExitCode::FAILURE);
        }
        // Without quotation marks, as a script wants it.
        Value::String(text) => console.line(text)?,
        value => console.line(value)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Where a value comes from; a file of the project without the project's folder.
fn place(source: &Origin, root: &Path) -> String {
    match source {
        Origin::File { path, line } => {
            let path = path.strip_prefix(root).unwrap_or(path).to_owned();
            Origin::File { path, line: *line }.to_string()
        }
        source => source.to_string(),
    }
}
