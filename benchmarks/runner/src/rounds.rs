//! Measuring a cell: all subjects are up, and take turns.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::cell::{Cell, Store};
use crate::check;
use crate::data::{Copy, Data};
use crate::load::{Load, Seen};
use crate::options::Options;
use crate::perf::Perf;
use crate::subject::{Running, Setup, Subject};
use crate::usage;

/// One subject's turn.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Turn {
    #[serde(flatten)]
    pub(crate) seen: Seen,
    /// Processor time a request, in microseconds.
    pub(crate) cpu: f64,
    /// The same of the database's server.
    pub(crate) database_cpu: Option<f64>,
    /// Processor time that neither the subject nor its database used, as a part of all: the load
    /// itself, and whatever else ran on the machine.
    pub(crate) other_cpu: f64,
    /// Memory in use afterwards, in KiB.
    pub(crate) memory: u64,
}

/// All turns of a subject in a cell.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Turns {
    pub(crate) subject: &'static str,
    pub(crate) turns: Vec<Turn>,
    /// Statements a request, where the database counts them.
    pub(crate) statements: Option<f64>,
    /// Waits for the disk a request, where the database counts them.
    pub(crate) syncs: Option<f64>,
}

/// A cell, and what was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measured {
    #[serde(flatten)]
    pub(crate) cell: Cell,
    pub(crate) subjects: Vec<Turns>,
}

struct Contestant {
    running: Running,
    copy: Copy,
    turns: Vec<Turn>,
    answered: u64,
    runs: u64,
}

/// Measures `cell`; `page` is what the base renders.
pub(crate) fn measure(
    cell: &Cell,
    subjects: &[Subject],
    data: &mut Data<'_>,
    options: &Options,
    page: &mut Option<String>,
) -> Result<Measured> {
    eprintln!("{}", cell.name);
    let mut contestants = Vec::new();
    for subject in subjects {
        let contestant = enter(*subject, cell, data, options, page);
        contestants.push(contestant.with_context(|| format!("{} in {}", subject.name, cell.name))?);
    }
    if cell.store == Store::Postgres {
        data.postgres()?.checkpoint()?;
    }
    for contestant in &mut contestants {
        let warm_up = Duration::from_secs(1);
        contestant.load(cell, options, warm_up, None)?;
    }
    for round in 0..options.rounds {
        for place in 0..contestants.len() {
            let turn = (place + round) % contestants.len();
            let contestant = &mut contestants[turn];
            let pid = data
                .postgres_pid()
                .filter(|_| cell.store == Store::Postgres);
            let duration = options.duration(cell.connections);
            let is_last = round + 1 == options.rounds;
            let perf = match options.perf && is_last {
                true => Some(contestant.perf(cell, options, duration)?),
                false => None,
            };
            let turn = contestant.load(cell, options, duration, pid)?;
            contestant.turns.push(turn);
            perf.map_or(Ok(()), Perf::finish)?;
        }
    }
    let mut measured = Vec::new();
    for mut contestant in contestants {
        let counted = contestant.count(cell, data, options)?;
        let Contestant {
            running,
            copy,
            turns,
            answered,
            runs,
        } = contestant;
        check::after(&running, cell, &copy, answered, runs, options.sessions)?;
        measured.push(Turns {
            subject: running.subject.name,
            turns,
            statements: counted.map(|(statements, _)| statements),
            syncs: counted.map(|(_, syncs)| syncs),
        });
    }
    Ok(Measured {
        cell: cell.clone(),
        subjects: measured,
    })
}

fn enter(
    subject: Subject,
    cell: &Cell,
    data: &mut Data<'_>,
    options: &Options,
    page: &mut Option<String>,
) -> Result<Contestant> {
    let copy = data.copy(subject, cell)?;
    let running = subject.start(&Setup::of(cell, &copy, options))?;
    check::before(&running, cell, &copy.cookies, page)?;
    Ok(Contestant {
        running,
        copy,
        turns: Vec::new(),
        answered: 0,
        runs: 0,
    })
}

impl Contestant {
    fn load(
        &mut self,
        cell: &Cell,
        options: &Options,
        duration: Duration,
        postgres: Option<u32>,
    ) -> Result<Turn> {
        let pid = self.running.pid();
        let of_database = || postgres.map(usage::cpu_of_family).transpose();
        let load = Load {
            connections: cell.connections,
            threads: options.wrk_threads,
            duration,
            ..Load::of(cell.route, &self.running.url, &self.copy.cookies)
        };
        let (all, own, database) = (usage::cpu_of_all()?, usage::cpu(pid)?, of_database()?);
        let seen = load.run()?;
        let own = usage::cpu(pid)? - own;
        let database = match (of_database()?, database) {
            (Some(after), Some(before)) => Some(after.saturating_sub(before)),
            _ => None,
        };
        let all = (usage::cpu_of_all()? - all).max(1);
        self.answered += seen.requests - seen.failed;
        self.runs += 1;
        self.running.empty_log()?;
        let a_request = |cpu: u64| cpu as f64 / seen.requests.max(1) as f64;
        Ok(Turn {
            cpu: a_request(own),
            database_cpu: database.map(a_request),
            other_cpu: all.saturating_sub(own + database.unwrap_or(0)) as f64 / all as f64,
            memory: usage::memory(pid)?,
            seen,
        })
    }

    /// Samples what it does for so long.
    fn perf(&self, cell: &Cell, options: &Options, duration: Duration) -> Result<Perf> {
        let folder = options.out.join("perf");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{}-{}.data", cell.name, self.running.subject.name));
        Perf::start(self.running.pid(), duration, &file)
    }

    /// Statements and waits for the disk a request, in a turn of its own: counting costs.
    fn count(
        &mut self,
        cell: &Cell,
        data: &mut Data<'_>,
        options: &Options,
    ) -> Result<Option<(f64, f64)>> {
        if cell.store != Store::Postgres {
            return Ok(None);
        }
        let before = self.answered;
        let name = self.copy.name.clone();
        let mut work = || {
            self.load(cell, options, Duration::from_secs(1), None)
                .map(drop)
        };
        let counted = data.postgres()?.count(&name, &mut work)?;
        let requests = (self.answered - before).max(1) as f64;
        Ok(Some((
            counted.statements as f64 / requests,
            counted.syncs as f64 / requests,
        )))
    }
}
