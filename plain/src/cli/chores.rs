//! `plain chores list|run`

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Arg, ArgAction, Command};
use serde::Serialize;

use super::connect::connect;
use super::console::Paint;
use super::progress::Progress;
use super::table::Table;
use super::{Call, USAGE, json_option};
use crate::app::App;
use crate::chores::{ChoreEntry, Outcome, Record, Report, Runner, Schedule, choose, watched};
use crate::db::Create;
use crate::http::Result;

pub(super) fn definition() -> Command {
    let list = Command::new("list")
        .about("Lists every chore, when it runs by itself, and how it last went")
        .arg(json_option())
        .after_help("Example: plain chores list");
    let run = Command::new("run")
        .about("Runs chores now, in the order given; all of them if none is named")
        .arg(
            Arg::new("NAME")
                .num_args(0..)
                .help("The chores, by their full names"),
        )
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Only show what would be run"),
        )
        .arg(json_option())
        .after_help(
            "One that fails does not keep the others from running; the exit status is then 1. It \
             is also 1 where another process is running one of them.\n\n\
             Example: plain chores run plain.sessions.chores.ClearExpired",
        );
    Command::new("chores")
        .about("Shows and runs what is to be done now and then")
        .subcommand_required(true)
        .subcommands([list, run])
        .after_help("Example: plain chores list")
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    match call.arguments.subcommand() {
        Some(("run", arguments)) => run_now(Call { arguments, ..call }).await,
        Some((_, arguments)) => list(Call { arguments, ..call }).await,
        None => Ok(ExitCode::from(USAGE)),
    }
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    package: &'a str,
    description: &'a str,
    schedule: Option<&'a str>,
    next_run_at: Option<DateTime<Utc>>,
    last: Option<&'a Record>,
}

async fn list(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    let records = records(app).await;
    if let Err(error) = &records {
        console.note(format_args!("How chores last went is not known: {error}"));
    }
    let records = records.unwrap_or_default();
    let schedule = app.services().require::<Schedule>()?;
    let row = |chore: &'static str| records.iter().find(|record| record.name == chore);
    let rows: Vec<Row<'_>> = app
        .chores()
        .iter()
        .map(|chore| Row {
            name: chore.name(),
            package: chore.package(),
            description: chore.description(),
            schedule: schedule
                .expression(chore.name())
                .map(|expression| expression.as_str()),
            next_run_at: schedule
                .expression(chore.name())
                .and_then(|expression| expression.next_after(Utc::now())),
            last: row(chore.name()),
        })
        .collect();
    if arguments.get_flag("json") {
        console.json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new([
        "CHORE",
        "SCHEDULE (UTC)",
        "NEXT RUN",
        "LAST RUN",
        "DESCRIPTION",
    ]);
    for row in &rows {
        let next = row.next_run_at.map_or_else(|| "-".to_owned(), minute);
        let last = row.last.map_or_else(|| "-".to_owned(), last_run);
        table.row([
            row.name,
            row.schedule.unwrap_or("by hand"),
            &next,
            &last,
            row.description,
        ]);
    }
    console.table(&table)?;
    Ok(ExitCode::SUCCESS)
}

async fn records(app: &App) -> Result<Vec<Record>, crate::db::Error> {
    let database = app.connect(Create::Never).await?;
    match Record::all(database).await {
        Err(error) if error.is_missing_table() => Ok(Vec::new()),
        records => records,
    }
}

fn minute(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}

fn last_run(record: &Record) -> String {
    if record.holder(Utc::now()).is_some() {
        return "running now".to_owned();
    }
    match (record.last_finished_at, &record.last_error) {
        (None, _) => "-".to_owned(),
        (Some(time), None) => minute(time),
        (Some(time), Some(_)) => format!("{} failed", minute(time)),
    }
}

async fn run_now(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    let names: Vec<String> = arguments
        .get_many("NAME")
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let chosen = match choose(app.chores(), &names) {
        Ok(chosen) => chosen,
        Err(unknown) => {
            unknown.iter().for_each(|error| console.error(error));
            return Ok(ExitCode::from(USAGE));
        }
    };
    if arguments.get_flag("dry-run") {
        for chore in &chosen {
            let (name, description) = (chore.name(), chore.description());
            console.line(format_args!("{name}: would run. {description}"))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let database = connect(app, Create::Never, console).await?.clone();
    let runner = Runner::new(app.services().clone(), database);
    let progress = Progress::of_process();
    let mut reports = Vec::new();
    for chore in &chosen {
        progress.begin(chore.name());
        let run = watched(progress.detail(), run_one(&runner, chore));
        let Some(report) = progress.during(run).await? else {
            console.note(format_args!("{}: broken off", chore.name()));
            return Ok(ExitCode::FAILURE);
        };
        if !arguments.get_flag("json") {
            let paint = match report.outcome {
                Outcome::Done => None,
                Outcome::Busy => Some(Paint::Warning),
                Outcome::Failed => Some(Paint::Bad),
            };
            let text = report.to_string();
            let text = paint.map_or_else(|| text.clone(), |paint| console.paint(paint, &text));
            console.line(text)?;
        }
        reports.push(report);
    }
    if arguments.get_flag("json") {
        console.json(&reports)?;
    }
    let all_done = reports.iter().all(|report| report.outcome == Outcome::Done);
    Ok(if all_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs `chore` unless the user breaks it off, which gives it back to others at once.
async fn run_one(runner: &Runner, chore: &ChoreEntry) -> Result<Option<Report>> {
    tokio::select! {
        report = runner.run(chore) => return Ok(Some(report)),
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    runner.give_up().await?;
    Ok(None)
}
