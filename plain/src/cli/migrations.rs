//! `plain migrations list|create`

mod create;

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Command;
use serde::Serialize;

use super::console::Paint;
use super::migrate::{reader, warn_if_stale};
use super::table::Table;
use super::{Call, USAGE, json_option};
use crate::db::migrations::{State, Status};
use crate::http::Result;

pub(super) fn definition() -> Command {
    let list = Command::new("list")
        .about("Lists every migration, and whether it is applied to the database")
        .arg(json_option())
        .after_help("Example: plain migrations list");
    Command::new("migrations")
        .about("Shows the migrations of this application, and writes new ones")
        .subcommand_required(true)
        .subcommands([list, create::definition()])
        .after_help("Example: plain migrations list")
}

#[derive(Serialize)]
struct Row<'a> {
    package: &'a str,
    name: &'a str,
    state: &'static str,
    applied_at: Option<DateTime<Utc>>,
}

impl<'a> Row<'a> {
    fn new(status: &'a Status) -> Self {
        let (state, applied_at) = match status.state {
            State::Pending => ("pending", None),
            State::Applied(time) => ("applied", Some(time)),
            State::Changed(time) => ("changed", Some(time)),
            State::Unknown(time) => ("unknown", Some(time)),
        };
        Self {
            package: &status.id.package,
            name: &status.id.name,
            state,
            applied_at,
        }
    }

    fn text(&self) -> String {
        let time = self
            .applied_at
            .map(|time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string());
        match (self.state, time) {
            ("changed", Some(time)) => format!("applied {time}, and its file was changed since"),
            ("unknown", Some(time)) => format!("applied {time}, and not part of this program"),
            (state, Some(time)) => format!("{state} {time}"),
            (state, None) => state.to_owned(),
        }
    }
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    match call.arguments.subcommand() {
        Some(("create", arguments)) => create::run(Call { arguments, ..call }),
        Some((_, arguments)) => list(Call { arguments, ..call }).await,
        None => Ok(ExitCode::from(USAGE)),
    }
}

async fn list(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    warn_if_stale(app, console);
    let status = reader(app, console).await?.status().await?;
    let rows: Vec<Row<'_>> = status.iter().map(Row::new).collect();
    if arguments.get_flag("json") {
        console.json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["PACKAGE", "MIGRATION", "STATE"]);
    for row in &rows {
        let paint = match row.state {
            "applied" => Paint::Good,
            "pending" => Paint::Warning,
            _ => Paint::Bad,
        };
        table.row([row.package, row.name, &console.paint(paint, &row.text())]);
    }
    console.table(&table)?;
    Ok(ExitCode::SUCCESS)
}
