//! `plain urls list`

use std::process::ExitCode;

use clap::Command;
use serde::Serialize;

use super::table::Table;
use super::{Call, json_option};
use crate::http::Result;
use crate::urls::Route;

pub(super) fn definition() -> Command {
    Command::new("urls")
        .about("Shows the addresses of pages")
        .subcommand_required(true)
        .subcommand(
            Command::new("list")
                .about("Lists every address, with its methods, name, view and package")
                .arg(json_option())
                .after_help("Example: plain urls list"),
        )
        .after_help("Example: plain urls list")
}

#[derive(Serialize)]
struct Row<'a> {
    path: String,
    methods: Vec<&'static str>,
    name: Option<&'a str>,
    view: &'static str,
    package: &'static str,
}

impl<'a> Row<'a> {
    fn new(route: &'a Route) -> Self {
        Self {
            path: format!("/{}", route.pattern()),
            methods: route.methods(),
            name: route.name(),
            view: route.view(),
            package: route.package(),
        }
    }
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let rows: Vec<Row<'_>> = call.app.router().routes().iter().map(Row::new).collect();
    let is_json = call
        .arguments
        .subcommand()
        .is_some_and(|(_, list)| list.get_flag("json"));
    if is_json {
        call.console.json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["PATH", "METHODS", "NAME", "VIEW", "PACKAGE"]);
    for row in &rows {
        let methods = row.methods.join(" ");
        table.row([
            &row.path,
            &methods,
            row.name.unwrap_or("-"),
            row.view,
            row.package,
        ]);
    }
    call.console.table(&table)?;
    Ok(ExitCode::SUCCESS)
}
