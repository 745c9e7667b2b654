//! The tables, in Markdown.

use std::fmt::Write;

use super::{Report, goals};
use crate::resources::Resources;
use crate::rounds::{Measured, Turns};
use crate::subject::Subject;

pub(super) fn all(report: &Report) -> String {
    let mut text = head(report);
    let (many, one): (Vec<&Measured>, Vec<&Measured>) = report
        .cells
        .iter()
        .partition(|measured| measured.cell.connections > 1);
    if let Some(first) = many.first() {
        let connections = first.cell.connections;
        section(
            &mut text,
            &format!("Requests a second, {connections} connections"),
            "The base in requests a second, the others as ratios to it: the median of the rounds' \
             ratios.",
            &many,
            |measured, turns| match turns.subject {
                "base" => format!("{:.0}", turns.median(|turn| turn.seen.per_second())),
                name => ratio(measured.ratio(name), turns),
            },
        );
        section(
            &mut text,
            &format!("Latency with {connections} connections"),
            "The median and the 99th percentile, in milliseconds.",
            &many,
            |_, turns| {
                let milliseconds = |us: f64| us / 1e3;
                let half = milliseconds(turns.median(|turn| turn.seen.p50 as f64));
                let most = milliseconds(turns.median(|turn| turn.seen.p99 as f64));
                format!("{half:.2} / {most:.2}")
            },
        );
        section(
            &mut text,
            "Processor time a request",
            "In microseconds: of the subject, and after the plus of the database's server.",
            &many,
            |_, turns| {
                let own = turns.median(|turn| turn.cpu);
                match turns.turns.first().and_then(|turn| turn.database_cpu) {
                    Some(_) => {
                        let database = turns.median(|turn| turn.database_cpu.unwrap_or(0.0));
                        format!("{own:.1} + {database:.1}")
                    }
                    None => format!("{own:.1}"),
                }
            },
        );
    }
    section(
        &mut text,
        "Latency with 1 connection",
        "The median in microseconds, and its ratio to the base's; below 1 is faster.",
        &one,
        |measured, turns| {
            let half = turns.median(|turn| turn.seen.p50 as f64);
            let ratio = measured.ratio_of(turns.subject, |turn| turn.seen.p50 as f64);
            match turns.subject {
                "base" => format!("{half:.0}"),
                _ => format!("{half:.0} ({:.2})", ratio.unwrap_or(f64::NAN)),
            }
        },
    );
    let counted: Vec<&Measured> = report
        .cells
        .iter()
        .filter(|measured| {
            measured
                .subjects
                .iter()
                .any(|turns| turns.statements.is_some())
        })
        .collect();
    section(
        &mut text,
        "Statements a request, PostgreSQL",
        "As `pg_stat_statements` counts them, BEGIN and COMMIT included; in brackets the waits for \
         the disk a request.",
        &counted,
        |_, turns| match (turns.statements, turns.syncs) {
            (Some(statements), Some(syncs)) => format!("{statements:.2} ({syncs:.2})"),
            _ => String::new(),
        },
    );
    resources(&mut text, report);
    for long in &report.long {
        let _ = writeln!(text, "{}", long.table());
    }
    text.push_str(&goals::table(report));
    text
}

fn head(report: &Report) -> String {
    let others = report
        .cells
        .iter()
        .flat_map(|measured| &measured.subjects)
        .map(|turns| turns.median(|turn| turn.other_cpu));
    format!(
        "Commit {}. {}. {} rounds of {} s, {} sessions. Load average before: {}. Of the processor \
         time in use, {:.0} % was neither the subject's nor its database's: wrk's, and what else \
         ran.\n\n",
        report.commit,
        report.machine,
        report.rounds,
        report.seconds,
        report.sessions,
        report.load_average_before,
        100.0 * super::median(others),
    )
}

fn ratio(ratio: Option<f64>, turns: &Turns) -> String {
    let failed = turns.failed();
    let ratio = ratio.unwrap_or(f64::NAN);
    match failed {
        0 => format!("{ratio:.2}"),
        _ => format!("{ratio:.2} ({failed} failed)"),
    }
}

fn section(
    text: &mut String,
    title: &str,
    about: &str,
    cells: &[&Measured],
    show: impl Fn(&Measured, &Turns) -> String,
) {
    let Some(first) = cells.first() else {
        return;
    };
    let names: Vec<&str> = first.subjects.iter().map(|turns| turns.subject).collect();
    let titles = names.iter().map(|name| title_of(name));
    let _ = writeln!(text, "### {title}\n\n{about}\n");
    row(text, "", titles);
    row(text, "---", names.iter().map(|_| "---:".to_owned()));
    for measured in cells {
        let values = measured.subjects.iter().map(|turns| show(measured, turns));
        row(text, &measured.cell.name, values);
    }
    text.push('\n');
}

fn row(text: &mut String, first: &str, others: impl IntoIterator<Item = String>) {
    let others: Vec<String> = others.into_iter().collect();
    let _ = writeln!(text, "| {first} | {} |", others.join(" | "));
}

fn title_of(name: &str) -> String {
    Subject::named(name).map_or(name.to_owned(), |subject| subject.title.to_owned())
}

fn resources(text: &mut String, report: &Report) {
    let Some(_) = report.resources.first() else {
        return;
    };
    let _ = writeln!(
        text,
        "### What they need\n\nMemory in MiB at rest, with 1,000 open connections, after load on \
         1,000 connections; start to first answer in milliseconds; program in MiB.\n"
    );
    let all = &report.resources;
    row(text, "", all.iter().map(|of| title_of(of.subject)));
    row(text, "---", all.iter().map(|_| "---:".to_owned()));
    type Show = fn(&Resources) -> f64;
    let lines: [(&str, Show); 5] = [
        ("memory at rest", |of| of.memory_at_rest as f64 / 1024.0),
        ("memory, 1,000 connections", |of| {
            of.memory_with_connections as f64 / 1024.0
        }),
        ("memory after load", |of| {
            of.memory_after_load as f64 / 1024.0
        }),
        ("start to first answer", |of| of.first_answer),
        ("program", |of| of.program as f64 / 1024.0 / 1024.0),
    ];
    for (name, show) in lines {
        row(text, name, all.iter().map(|of| format!("{:.1}", show(of))));
    }
    text.push('\n');
    if let Some(bytes) = report.example {
        let _ = writeln!(
            text,
            "The example shop's program, with everything, has {:.1} MiB.\n",
            bytes as f64 / 1024.0 / 1024.0
        );
    }
}
