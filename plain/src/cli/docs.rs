//! `plain docs`

use std::process::ExitCode;

use clap::{Arg, Command};
use serde::Serialize;

use super::table::Table;
use super::{Call, USAGE, json_option};
use crate::http::Result;
use crate::nearest::hint;

pub(super) fn definition() -> Command {
    Command::new("docs")
        .about("Shows the documentation of an installed package, or which packages have one")
        .arg(Arg::new("NAME").help("The package, such as plain.sessions"))
        .arg(json_option().conflicts_with("NAME"))
        .after_help(
            "It is the README that the package was built with, so it is of the same version.\n\n\
             Example: plain docs plain",
        )
}

#[derive(Serialize)]
struct Row {
    package: &'static str,
    title: Option<&'static str>,
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    let installed = app.packages().installed();
    let Some(name) = arguments.get_one::<String>("NAME") else {
        let rows = installed.iter().map(|package| Row {
            package: package.name(),
            title: package.docs().map(title),
        });
        let rows: Vec<Row> = rows.collect();
        if arguments.get_flag("json") {
            console.json(&rows)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new(["PACKAGE", "DOCUMENTATION"]);
        for row in &rows {
            table.row([row.package, row.title.unwrap_or("none")]);
        }
        console.table(&table)?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(package) = installed.iter().find(|package| package.name() == name) else {
        let names = installed.iter().map(|package| package.name());
        console.error(format_args!(
            "{name} is no installed package; {}",
            hint(name, names)
        ));
        return Ok(ExitCode::from(USAGE));
    };
    let Some(docs) = package.docs() else {
        console.error(format_args!(
            "{name} brings no documentation; its author adds one by \
             `.docs(include_str!(\"../README.md\"))` in `install`"
        ));
        return Ok(ExitCode::FAILURE);
    };
    console.markdown(docs)?;
    Ok(ExitCode::SUCCESS)
}

/// The first sentence below the heading, without what makes it bold.
fn title(docs: &'static str) -> &'static str {
    let lines = docs.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().unwrap_or_default().trim_matches('*')
}
