//! `plain preflight`

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::console::{Console, Paint};
use super::{Call, count, json_option};
use crate::app::StartError;
use crate::db::Create;
use crate::http::Result;
use crate::preflight::{
    CheckReport, Finding, Level, PreflightReport, PreflightSettings, Stage, builtin, run_checks,
};

/// The name of the command.
pub(super) const NAME: &str = "preflight";

pub(super) fn definition() -> Command {
    Command::new(NAME)
        .about("Checks that the configuration is sound, and with --deploy that it is safe")
        .arg(
            Arg::new("deploy")
                .long("deploy")
                .action(ArgAction::SetTrue)
                .help("Also check what must hold before strangers come"),
        )
        .arg(
            Arg::new("fail-level")
                .long("fail-level")
                .value_name("LEVEL")
                .value_parser(["error", "warning"])
                .default_value("error")
                .help("What makes the exit status 1"),
        )
        .arg(json_option())
        .after_help(
            "PREFLIGHT_SILENCED lists checks whose findings do not count.\n\n\
             Example: plain preflight --deploy --fail-level warning",
        )
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    let connected = app.connect(Create::Never).await;
    let stage = if arguments.get_flag("deploy") {
        Stage::Deploy
    } else {
        Stage::Always
    };
    let silenced = &app
        .settings()
        .get::<PreflightSettings>()?
        .preflight_silenced;
    let mut report = run_checks(app.services(), app.checks(), stage, silenced).await;
    if let Err(error) = connected {
        // The check itself only sees that there is no connection.
        let mut checks = report.checks.iter_mut();
        if let Some(check) = checks.find(|check| check.name == builtin::CONNECTION) {
            let fix = "see that DATABASE_URL is right and the database is running";
            check.findings = vec![Finding::error(error.to_string(), fix)];
        }
    }
    show(&report, arguments, console)
}

/// What is found where the application does not even start.
pub(super) fn not_started(
    error: &StartError,
    arguments: &ArgMatches,
    console: &mut Console,
) -> Result<ExitCode> {
    let finding = Finding::error(
        error.to_string(),
        "correct this first; other checks wait for it",
    );
    let check = CheckReport::new("start", "plain", vec![finding]);
    show(
        &PreflightReport {
            checks: vec![check],
        },
        arguments,
        console,
    )
}

fn show(
    report: &PreflightReport,
    arguments: &ArgMatches,
    console: &mut Console,
) -> Result<ExitCode> {
    match arguments.get_flag("json") {
        true => console.json(report)?,
        false => write(report, console)?,
    }
    let level = match arguments
        .get_one::<String>("fail-level")
        .map(String::as_str)
    {
        Some("warning") => Level::Warning,
        _ => Level::Error,
    };
    Ok(if report.passes(level) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn write(report: &PreflightReport, console: &mut Console) -> std::io::Result<()> {
    let mut package = "";
    for check in &report.checks {
        if check.package != package {
            package = &check.package;
            console.line(package)?;
        }
        write_check(check, console)?;
    }
    let silenced = report.checks.iter().filter(|check| check.silenced).count();
    let mut parts = vec![
        count(report.checks.len(), "check"),
        count(report.count(Level::Error), "error"),
        count(report.count(Level::Warning), "warning"),
    ];
    parts.extend((silenced > 0).then(|| format!("{silenced} silenced")));
    console.line(format_args!("\n{}", parts.join(", ")))
}

fn write_check(check: &CheckReport, console: &mut Console) -> std::io::Result<()> {
    if check.findings.is_empty() {
        let mark = console.paint(Paint::Good, "ok");
        return console.line(format_args!("  {mark}       {}", check.name));
    }
    for finding in &check.findings {
        let mark = match finding.level {
            _ if check.silenced => console.paint(Paint::Dim, "silenced"),
            Level::Warning => console.paint(Paint::Warning, "warning "),
            Level::Error => console.paint(Paint::Bad, "error   "),
        };
        // Further lines of a problem stand below its first.
        let problem = finding.problem.replace('\n', "\n           ");
        console.line(format_args!("  {mark} {}: {problem}", check.name))?;
        console.line(format_args!("           -> {}", finding.fix))?;
    }
    Ok(())
}
