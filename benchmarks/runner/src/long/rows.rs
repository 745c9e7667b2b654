//! Reads with many rows against reads with few: the base and Plain, each over two databases, all
//! four taking turns.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::Goal;
use crate::cell::{Cell, Route, Store};
use crate::data::{Copy, Data};
use crate::load::Load;
use crate::options::Options;
use crate::report::median;
use crate::sql::Sql;
use crate::subject::{Running, Setup, Subject};

/// Requests a second over few rows and over many.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Rows {
    store: &'static str,
    few: usize,
    many: u64,
    subjects: Vec<OfSubject>,
}

#[derive(Debug, Clone, Serialize)]
struct OfSubject {
    subject: &'static str,
    few: Vec<f64>,
    many: Vec<f64>,
}

pub(super) fn measure(
    name: &'static str,
    store: Store,
    data: &mut Data<'_>,
    options: &Options,
) -> Result<Rows> {
    let cell = Cell {
        name: format!("rows-{name}"),
        route: Route::Read,
        store,
        connections: options.connections,
        session_bytes: 0,
    };
    eprintln!("{}", cell.name);
    let mut contestants: Vec<(Running, Copy)> = Vec::new();
    for subject in [Subject::named("base")?, Subject::named("plain")?] {
        for rows in [0, options.rows] {
            let copy = data.copy_as(subject, &cell, &format!("rows_{}_{rows}", subject.name))?;
            spread(subject, store, &copy.url, rows)?;
            let running = subject.start(&Setup::of(&cell, &copy, options))?;
            contestants.push((running, copy));
        }
    }
    let mut found = vec![Vec::new(); contestants.len()];
    for round in 0..=options.rounds {
        for place in 0..contestants.len() {
            let turn = (place + round) % contestants.len();
            let (running, copy) = &contestants[turn];
            let load = Load {
                connections: options.connections,
                threads: options.wrk_threads,
                // The first round warms up, and reads each visitor's page once.
                duration: if round == 0 {
                    Duration::from_secs(2)
                } else {
                    options.duration(options.connections)
                },
                ..Load::of(Route::Read, &running.url, &copy.cookies)
            };
            let seen = load.run()?;
            running.empty_log()?;
            anyhow::ensure!(seen.failed + seen.broken == 0, "reads failed: {seen:?}");
            if round > 0 {
                found[turn].push(seen.per_second());
            }
        }
    }
    let mut found = found.into_iter();
    let mut of = |subject| OfSubject {
        subject,
        few: found.next().unwrap_or_default(),
        many: found.next().unwrap_or_default(),
    };
    Ok(Rows {
        store: name,
        few: options.sessions,
        many: options.rows,
        subjects: vec![of("base"), of("plain")],
    })
}

/// Adds `rows` rows, and mixes the visitors' among them, so that they don't stand together.
pub(super) fn spread(subject: Subject, store: Store, url: &str, rows: u64) -> Result<()> {
    let sqlite = store != Store::Postgres;
    let table = match sqlite {
        true => subject.sqlite_table,
        false => subject.postgres_table,
    };
    let numbers = match sqlite {
        true => format!(
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
             SELECT i FROM n WHERE i <= {rows})"
        ),
        false => format!("(SELECT i FROM generate_series(1, {rows}) AS n(i))"),
    };
    let (key, columns) = match (subject.is_plain(), sqlite) {
        (true, true) => ("lower(hex(randomblob(32)))", PLAIN),
        (true, false) => ("md5(random()::text) || md5(random()::text)", PLAIN),
        (false, true) => ("lower(hex(randomblob(16)))", BASE),
        (false, false) => ("md5(random()::text || i)", BASE),
    };
    let [name, others @ ..] = columns;
    let others = others.iter().filter(|name| !name.is_empty());
    let others = others.copied().collect::<Vec<_>>().join(", ");
    let mut sql = Sql::connect(url)?;
    sql.run(&format!(
        "CREATE TEMP TABLE visitors AS SELECT {name}, {others} FROM {table};
         DELETE FROM {table};
         INSERT INTO {table} ({name}, {others})
         SELECT {name}, {others} FROM (
             SELECT {name}, {others} FROM visitors
             UNION ALL
             SELECT {key}, {others} FROM {numbers} AS numbers,
                 (SELECT {others} FROM visitors LIMIT 1) AS one
         ) AS all_of_them ORDER BY random();
         DROP TABLE visitors;"
    ))?;
    settle(&mut sql, sqlite)
}

const PLAIN: [&str; 4] = ["key_hash", "session_data", "created_at", "expires_at"];
const BASE: [&str; 4] = ["key", "data", "expires_at", ""];

/// Lets the database do what it would have done in the meantime.
pub(super) fn settle(sql: &mut Sql, sqlite: bool) -> Result<()> {
    if sqlite {
        sql.number("PRAGMA wal_checkpoint(TRUNCATE)")?;
        sql.run("ANALYZE")
    } else {
        sql.run("VACUUM ANALYZE")?;
        sql.run("CHECKPOINT")
    }
}

impl Rows {
    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "### Reads over {} rows, {}\n\nRequests a second over {} rows and over {} more, and \
             the ratio of the two.\n\n| | few | many | ratio |\n| --- | ---: | ---: | ---: |\n",
            self.many, self.store, self.few, self.many
        );
        for of in &self.subjects {
            let (few, many) = (median(of.few.clone()), median(of.many.clone()));
            let _ = writeln!(
                text,
                "| {} | {few:.0} | {many:.0} | {:.2} |",
                of.subject,
                of.ratio()
            );
        }
        text
    }

    pub(super) fn goals(&self) -> Vec<Goal> {
        let plain = self.subjects.iter().find(|of| of.subject == "plain");
        let goal = plain.map(|of| {
            let what = format!("reads over {} rows, {}, times few", self.many, self.store);
            let ratio = of.ratio();
            (
                what,
                "≥ 0.9".to_owned(),
                format!("{ratio:.2}"),
                ratio >= 0.9,
            )
        });
        goal.into_iter().collect()
    }
}

impl OfSubject {
    fn ratio(&self) -> f64 {
        median(
            self.few
                .iter()
                .zip(&self.many)
                .map(|(few, many)| many / few),
        )
    }
}
