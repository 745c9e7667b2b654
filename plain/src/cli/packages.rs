//! `plain packages list`

use std::process::ExitCode;

use clap::Command;
use serde::Serialize;

use super::table::Table;
use super::{Call, json_option};
use crate::http::Result;
use crate::packages::Packages;

pub(super) fn definition() -> Command {
    Command::new("packages")
        .about("Shows the packages of this application")
        .subcommand_required(true)
        .subcommand(
            Command::new("list")
                .about("Lists the installed packages in order, then those that are only linked")
                .arg(json_option())
                .after_help("Example: plain packages list"),
        )
        .after_help("Example: plain packages list")
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    installed: bool,
    requires: &'a [&'static str],
}

fn rows(packages: &Packages) -> Vec<Row<'_>> {
    let installed = packages.installed().iter().map(|package| Row {
        name: package.name(),
        installed: true,
        requires: package.requires(),
    });
    let linked = packages.linked_only().iter();
    let linked = linked.map(|name| Row {
        name,
        installed: false,
        requires: &[],
    });
    installed.chain(linked).collect()
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let rows = rows(call.app.packages());
    let is_json = call
        .arguments
        .subcommand()
        .is_some_and(|(_, list)| list.get_flag("json"));
    if is_json {
        call.console.json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["PACKAGE", "STATE", "NEEDS"]);
    for row in &rows {
        let state = if row.installed {
            "installed"
        } else {
            "linked, not installed"
        };
        table.row([row.name, state, &row.requires.join(", ")]);
    }
    call.console.table(&table)?;
    Ok(ExitCode::SUCCESS)
}
