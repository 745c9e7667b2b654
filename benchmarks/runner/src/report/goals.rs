//! What Plain aims for, and whether it was met.

use std::fmt::Write;

use super::Report;

/// The least ratio to the base's requests a second, by the beginning of a cell's name.
const RATIOS: [(&str, f64); 11] = [
    ("text-64", 1.0),
    ("json-64", 1.0),
    ("page-64", 1.0),
    ("read-sqlite-64", 2.5),
    ("read-postgres-64", 4.0),
    ("write-sqlite-normal-64", 3.5),
    ("write-sqlite-full-64", 8.0),
    ("write-postgres-64", 4.0),
    ("new-sqlite-normal-64", 4.0),
    ("new-sqlite-full-64", 8.0),
    ("new-postgres-64", 3.0),
];

/// The most that a median latency with one connection may be, as a ratio to the base's.
const ALONE: f64 = 1.1;

/// The least that a cookie which nobody looks at leaves of the requests a second.
const WITH_COOKIE: f64 = 0.97;

struct Goal {
    what: String,
    wanted: String,
    found: String,
    met: bool,
}

/// The goals that this run says something about.
pub(super) fn table(report: &Report) -> String {
    let mut goals: Vec<Goal> = RATIOS
        .into_iter()
        .filter_map(|(cell, least)| throughput(report, cell, least))
        .collect();
    goals.extend(cookie(report));
    goals.extend(latencies(report));
    goals.extend(resources(report));
    for long in &report.long {
        goals.extend(
            long.goals()
                .into_iter()
                .map(|(what, wanted, found, met)| Goal {
                    what,
                    wanted,
                    found,
                    met,
                }),
        );
    }
    if goals.is_empty() {
        return String::new();
    }
    let mut text =
        "### Plain's goals\n\n| | goal | found | met |\n| --- | ---: | ---: | --- |\n".to_owned();
    for goal in goals {
        let met = if goal.met { "yes" } else { "**no**" };
        let Goal {
            what,
            wanted,
            found,
            ..
        } = goal;
        let _ = writeln!(text, "| {what} | {wanted} | {found} | {met} |");
    }
    text
}

fn at_least(what: String, least: f64, found: f64) -> Goal {
    Goal {
        what,
        wanted: format!("≥ {least}"),
        found: format!("{found:.2}"),
        met: found >= least,
    }
}

fn at_most(what: String, most: f64, found: f64) -> Goal {
    Goal {
        what,
        wanted: format!("≤ {most}"),
        found: format!("{found:.2}"),
        met: found <= most,
    }
}

fn throughput(report: &Report, cell: &str, least: f64) -> Option<Goal> {
    let ratio = report.cell(cell)?.ratio("plain")?;
    Some(at_least(format!("{cell}, times the base"), least, ratio))
}

fn cookie(report: &Report) -> Option<Goal> {
    let rate = |cell: &str| {
        let turns = report.cell(cell)?.subject("plain")?;
        Some(turns.median(|turn| turn.seen.per_second()))
    };
    let ratio = rate("text-with-cookie-64")? / rate("text-64")?;
    let what = "plain text with a session cookie, times without".to_owned();
    Some(at_least(what, WITH_COOKIE, ratio))
}

fn latencies(report: &Report) -> Vec<Goal> {
    let mut goals = Vec::new();
    for measured in &report.cells {
        let name = &measured.cell.name;
        let many = measured.cell.connections > 1;
        if many && measured.cell.route.has_session() && measured.cell.session_bytes == 0 {
            let ratio = measured.ratio_of("plain", |turn| turn.seen.p99 as f64);
            let what = format!("{name}, p99, times the base's");
            goals.extend(ratio.map(|ratio| at_most(what, 1.0, ratio)));
        } else if !many {
            let ratio = measured.ratio_of("plain", |turn| turn.seen.p50 as f64);
            let what = format!("{name}, p50, times the base's");
            goals.extend(ratio.map(|ratio| at_most(what, ALONE, ratio)));
        } else if measured.cell.session_bytes > 0 {
            let what = format!("{name}, times the base");
            goals.extend(
                measured
                    .ratio("plain")
                    .map(|ratio| at_least(what, 0.5, ratio)),
            );
        }
    }
    goals
}

fn resources(report: &Report) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mebibytes = |kib: u64| kib as f64 / 1024.0;
    if let Some(plain) = report.resources.iter().find(|of| of.subject == "plain") {
        let rest = mebibytes(plain.memory_at_rest);
        let many = mebibytes(plain.memory_with_connections);
        goals.push(at_most("memory at rest, MiB".to_owned(), 12.0, rest));
        goals.push(at_most(
            "memory with 1,000 connections, MiB".to_owned(),
            40.0,
            many,
        ));
        let what = "start to first answer, ms".to_owned();
        goals.push(at_most(what, 40.0, plain.first_answer));
    }
    if let Some(bytes) = report.example {
        let what = "program of the example shop, MiB".to_owned();
        goals.push(at_most(what, 20.0, bytes as f64 / 1024.0 / 1024.0));
    }
    goals
}
