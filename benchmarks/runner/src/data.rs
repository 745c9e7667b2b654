//! The databases: each subject's own, filled through its own pages, and a fresh copy for each cell.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result};

use crate::cell::{Cell, Store};
use crate::options::Options;
use crate::postgres::Postgres;
use crate::sql::Sql;
use crate::subject::{Running, Setup, Subject};

/// How many clients fill a database at once.
const SEEDERS: usize = 16;

/// All databases of a run.
pub(crate) struct Data<'a> {
    options: &'a Options,
    folder: PathBuf,
    /// Started with the first cell that needs it.
    postgres: Option<Postgres>,
    seeds: HashMap<String, Seed>,
}

/// A filled database, of which cells get copies.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    /// The file, or the name in PostgreSQL.
    database: String,
    /// The cookies of its visitors, one a line.
    pub(crate) cookies: PathBuf,
}

/// A copy of a database, for one subject in one cell.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) url: String,
    /// Its name in PostgreSQL, or its file.
    pub(crate) name: String,
    pub(crate) cookies: PathBuf,
    pub(crate) log: PathBuf,
}

impl<'a> Data<'a> {
    pub(crate) fn new(options: &'a Options, folder: &Path) -> Self {
        Self {
            options,
            folder: folder.to_owned(),
            postgres: None,
            seeds: HashMap::new(),
        }
    }

    /// The PostgreSQL server.
    pub(crate) fn postgres(&mut self) -> Result<&Postgres> {
        if self.postgres.is_none() {
            self.postgres = Some(Postgres::start(&self.folder)?);
        }
        self.postgres.as_ref().context("it was started just now")
    }

    /// The number of the server's process, if it runs.
    pub(crate) fn postgres_pid(&self) -> Option<u32> {
        self.postgres.as_ref().map(Postgres::pid)
    }

    /// An empty database, and its address.
    pub(crate) fn empty(&mut self, name: &str, store: Store) -> Result<String> {
        if store == Store::Postgres {
            let postgres = self.postgres()?;
            postgres.create(name, None)?;
            return Ok(postgres.url(name));
        }
        let file = self.folder.join(name);
        remove(&file)?;
        let url = format!("sqlite://{}", file.display());
        // The write-ahead log is turned on here, and stays on, for subjects that can't.
        Sql::connect(&url)?;
        Ok(url)
    }

    /// A fresh copy of the subject's filled database, for `cell`; the one before is gone.
    pub(crate) fn copy(&mut self, subject: Subject, cell: &Cell) -> Result<Copy> {
        self.copy_as(subject, cell, &format!("cell_{}", subject.name))
    }

    /// The same, under a name of its own.
    pub(crate) fn copy_as(&mut self, subject: Subject, cell: &Cell, name: &str) -> Result<Copy> {
        let seed = self.seed(subject, cell.store, cell.session_bytes)?;
        let name = name.to_owned();
        let log = self.folder.join(format!("{}.log", subject.name));
        let copy = |url: String, name: String| Copy {
            url,
            name,
            cookies: seed.cookies.clone(),
            log,
        };
        if cell.store == Store::Postgres {
            let postgres = self.postgres()?;
            postgres.create(&name, Some(&seed.database))?;
            return Ok(copy(postgres.url(&name), name));
        }
        let file = self.folder.join(&name);
        remove(&file)?;
        fs::copy(&seed.database, &file)?;
        Ok(copy(
            format!("sqlite://{}", file.display()),
            file.display().to_string(),
        ))
    }

    fn seed(&mut self, subject: Subject, store: Store, bytes: usize) -> Result<Seed> {
        let kind = match store {
            Store::Postgres => "postgres",
            Store::SqliteNormal | Store::SqliteFull => "sqlite",
        };
        let name = format!("seed_{kind}_{}_{bytes}", subject.name);
        if let Some(seed) = self.seeds.get(&name) {
            return Ok(seed.clone());
        }
        eprintln!("filling {name} with {} sessions", self.options.sessions);
        let url = self.empty(&name, store)?;
        let cookies = self.folder.join(format!("{name}.cookies"));
        let log = self.folder.join(format!("{name}.log"));
        let running = subject.start(&Setup {
            database_url: &url,
            synchronous: "NORMAL",
            session_bytes: bytes,
            pool: self.options.pool,
            log: &log,
            variables: &[],
        })?;
        let made = fill(&running, self.options.sessions)?;
        drop(running);
        fs::write(&cookies, made.join("\n") + "\n")?;
        let database = match store {
            Store::Postgres => name.clone(),
            _ => {
                // Into the file itself, so that the file alone is a whole copy.
                Sql::connect(&url)?.number("PRAGMA wal_checkpoint(TRUNCATE)")?;
                self.folder.join(&name).display().to_string()
            }
        };
        if store == Store::Postgres {
            Sql::connect(&url)?.run("VACUUM ANALYZE")?;
        }
        let seed = Seed { database, cookies };
        self.seeds.insert(name, seed.clone());
        Ok(seed)
    }
}

/// Begins `sessions` sessions and returns their cookies.
fn fill(running: &Running, sessions: usize) -> Result<Vec<String>> {
    let share = |number: usize| sessions / SEEDERS + usize::from(number < sessions % SEEDERS);
    let seed = |count: usize| -> Result<Vec<String>> {
        let client = running.client();
        let cookie = |_| Ok(client.post("/new", None, "")?.session_cookie()?.to_owned());
        (0..count).map(cookie).collect()
    };
    thread::scope(|scope| {
        let seeders: Vec<_> = (0..SEEDERS)
            .map(|number| scope.spawn(move || seed(share(number))))
            .collect();
        let mut cookies = Vec::with_capacity(sessions);
        for seeder in seeders {
            let made = seeder.join();
            cookies.extend(made.map_err(|_| anyhow::anyhow!("a seeder panicked"))??);
        }
        Ok(cookies)
    })
}

fn remove(file: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{ending}", file.display()));
        if file.exists() {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}
