//! Runs the benchmarks. `benchmarks/run` compiles it and the subjects, and starts it.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `options`, `cell` | what is measured |
//! | `subject`, `postgres`, `data` | programs, servers and databases |
//! | `load`, `client`, `usage`, `sql` | wrk, looking at answers, `/proc`, statements of the runner's own |
//! | `perf` | where processor time goes |
//! | `check` | whether each subject does what it is measured for |
//! | `rounds`, `resources`, `long` | the measurements |
//! | `report` | tables, chart, JSON |

mod cell;
mod check;
mod client;
mod data;
mod load;
mod long;
mod options;
mod perf;
mod postgres;
mod report;
mod resources;
mod rounds;
mod sql;
mod subject;
mod usage;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use cell::Cell;
use data::Data;
use options::Options;
use report::Report;
use subject::{Subject, WORKSPACE};

fn main() -> Result<()> {
    let options = Options::read();
    let cells = cell::all(options.connections, options.long);
    if options.list {
        list(&options, &cells);
        return Ok(());
    }
    let subjects = subjects(&options)?;
    let folder = scratch(&options)?;
    let mut data = Data::new(&options, folder.path());
    let mut report = Report {
        commit: commit(),
        machine: usage::machine(),
        load_average_before: usage::load_average(),
        rounds: options.rounds,
        seconds: options.seconds,
        sessions: options.sessions,
        pool: options.pool,
        cells: Vec::new(),
        resources: Vec::new(),
        example: None,
        long: Vec::new(),
    };
    let mut page = None;
    for cell in cells.iter().filter(|cell| options.wants(&cell.name)) {
        let measured = rounds::measure(cell, &subjects, &mut data, &options, &mut page)?;
        report.cells.push(measured);
    }
    if options.wants("resources") && !options.long {
        for subject in &subjects {
            report
                .resources
                .push(resources::look(*subject, &mut data, &options)?);
        }
    }
    report.example = example().filter(|_| !options.long);
    if options.long {
        report.long = long::measure(&mut data, &options)?;
    }
    report.write(&options.out)?;
    if options.record {
        report.record(options.long)?;
    }
    Ok(())
}

fn list(options: &Options, cells: &[Cell]) {
    for cell in cells {
        println!("{}", cell.name);
    }
    match options.long {
        true => println!("{}", long::names().join("\n")),
        false => println!("resources"),
    }
}

/// The wanted subjects, with the base, in their order.
fn subjects(options: &Options) -> Result<Vec<Subject>> {
    for name in &options.subjects {
        Subject::named(name)?;
    }
    let wanted = |subject: &Subject| {
        subject.name == "base" || options.subjects.iter().any(|name| name == subject.name)
    };
    Ok(subject::ALL.into_iter().filter(wanted).collect())
}

/// A folder that goes when the run ends.
fn scratch(options: &Options) -> Result<tempfile::TempDir> {
    let place = match &options.scratch {
        Some(place) => place.clone(),
        None => std::env::temp_dir(),
    };
    let folder = tempfile::Builder::new()
        .prefix("plain-benchmarks-")
        .tempdir_in(&place)
        .with_context(|| format!("{} can't be written to", place.display()))?;
    // The server of PostgreSQL may run as another user, whose folder is inside.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    std::fs::set_permissions(folder.path(), mode)?;
    Ok(folder)
}

/// The bytes of the example shop's program, which has everything in it, where it was compiled.
fn example() -> Option<u64> {
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => folder.into(),
        None => Path::new(WORKSPACE).join("../target"),
    };
    let program = std::fs::metadata(target.join("release/example-app"));
    program.ok().map(|program| program.len())
}

fn commit() -> String {
    let git = |words: &[&str]| {
        let output = Command::new("git")
            .args(words)
            .current_dir(WORKSPACE)
            .output();
        let output = output.map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).trim().to_owned()
    };
    let changed = match git(&["status", "--porcelain"]).is_empty() {
        true => "",
        false => "+",
    };
    format!("{}{changed}", git(&["rev-parse", "--short", "HEAD"]))
}
