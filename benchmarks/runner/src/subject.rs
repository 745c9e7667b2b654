//! The subjects: how they are compiled and started, and where they keep sessions.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::cell::Cell;
use crate::client::Client;
use crate::data::Copy;
use crate::options::Options;
use crate::postgres::free_port;

/// A program that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// Its name in tables.
    pub(crate) title: &'static str,
    /// The table of its sessions.
    pub(crate) sqlite_table: &'static str,
    pub(crate) postgres_table: &'static str,
}

/// The base first.
pub(crate) const ALL: [Subject; 5] = [
    Subject {
        name: "base",
        title: "hyper + sqlx",
        sqlite_table: "base_session",
        postgres_table: "base_session",
    },
    Subject {
        name: "plain",
        title: "Plain",
        sqlite_table: "plainsessions_session",
        postgres_table: "plainsessions_session",
    },
    Subject {
        name: "axum",
        title: "axum + tower-sessions",
        sqlite_table: "tower_sessions",
        postgres_table: "tower_sessions.session",
    },
    Subject {
        name: "actix",
        title: "actix-web + actix-session",
        sqlite_table: "actix_session",
        postgres_table: "actix_session",
    },
    Subject {
        name: "cot",
        title: "cot",
        sqlite_table: "cot__session",
        postgres_table: "cot__session",
    },
];

/// The folder of the benchmarks' workspace.
pub(crate) const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// How a subject is started.
#[derive(Debug, Clone)]
pub(crate) struct Setup<'a> {
    pub(crate) database_url: &'a str,
    pub(crate) synchronous: &'a str,
    pub(crate) session_bytes: usize,
    pub(crate) pool: u32,
    /// Where it writes its log.
    pub(crate) log: &'a Path,
    /// More variables.
    pub(crate) variables: &'a [(&'a str, String)],
}

impl<'a> Setup<'a> {
    /// On `copy`, as `cell` and the options of the run say.
    pub(crate) fn of(cell: &Cell, copy: &'a Copy, options: &Options) -> Self {
        Self {
            database_url: &copy.url,
            synchronous: cell.store.synchronous(),
            session_bytes: cell.session_bytes,
            pool: options.pool,
            log: &copy.log,
            variables: &[],
        }
    }
}

impl Subject {
    /// The one called `name`.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let found = ALL.into_iter().find(|subject| subject.name == name);
        found.with_context(|| {
            let names = ALL.map(|subject| subject.name).join(", ");
            format!("there is no subject {name}; there are {names}")
        })
    }

    /// Whether it is Plain.
    pub(crate) fn is_plain(self) -> bool {
        self.name == "plain"
    }

    fn package(self) -> String {
        format!("subject-{}", self.name)
    }

    /// Its program, which was compiled together with this one.
    pub(crate) fn program(self) -> PathBuf {
        let own = std::env::current_exe().unwrap_or_default();
        own.with_file_name(self.package())
    }

    /// The command with what `setup` says.
    pub(crate) fn command(self, setup: &Setup<'_>) -> Command {
        let mut command = Command::new(self.program());
        command
            .env("DATABASE_URL", setup.database_url)
            .env("SESSION_BYTES", setup.session_bytes.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if self.is_plain() {
            // The folder of its settings.
            command
                .current_dir(Path::new(WORKSPACE).join("subjects/plain"))
                .env("PLAIN_DATABASE_SQLITE_SYNCHRONOUS", setup.synchronous);
        } else {
            command
                .env("SYNCHRONOUS", setup.synchronous)
                .env("POOL", setup.pool.to_string());
        }
        for (name, value) in setup.variables {
            command.env(name, value);
        }
        command
    }

    /// Runs a command of Plain's program and returns what it printed.
    pub(crate) fn order(self, setup: &Setup<'_>, words: &[&str], input: &str) -> Result<String> {
        use std::io::Write;
        let mut child = self
            .command(setup)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().context("a pipe was asked for")?;
        stdin.write_all(input.as_bytes())?;
        drop(stdin);
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{words:?} failed: {said}{errors}");
        Ok(said)
    }

    /// Starts it and waits for its first answer.
    pub(crate) fn start(self, setup: &Setup<'_>) -> Result<Running> {
        if self.is_plain() {
            self.order(setup, &["migrate"], "")?;
        }
        let port = free_port()?;
        let bind = format!("127.0.0.1:{port}");
        let log = File::options().create(true).append(true).open(setup.log)?;
        let mut command = self.command(setup);
        if self.is_plain() {
            command.args(["server", "--bind", &bind]);
        } else {
            command.env("BIND", &bind);
        }
        let since = Instant::now();
        let process = command.stderr(log).spawn().with_context(|| {
            let program = self.program();
            format!(
                "{} can't be run: benchmarks/run compiles it",
                program.display()
            )
        })?;
        let mut running = Running {
            subject: self,
            process,
            url: format!("http://{bind}"),
            log: setup.log.to_owned(),
            first_answer: Duration::ZERO,
        };
        running.wait(since)?;
        Ok(running)
    }
}

/// A subject that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) subject: Subject,
    process: Child,
    pub(crate) url: String,
    log: PathBuf,
    /// How long it took from its start to its first answer.
    pub(crate) first_answer: Duration,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// Empties its log, which a round of load makes long.
    pub(crate) fn empty_log(&self) -> Result<()> {
        // Opened for appending, so that what is written next begins at the start again.
        File::options().write(true).open(&self.log)?.set_len(0)?;
        Ok(())
    }

    fn wait(&mut self, since: Instant) -> Result<()> {
        let client = self.client();
        loop {
            if client
                .get("/text", None)
                .is_ok_and(|answer| answer.status == 200)
            {
                self.first_answer = since.elapsed();
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("{} ended with {status}: {}", self.subject.name, self.said());
            }
            if since.elapsed() > Duration::from_secs(60) {
                bail!("{} does not answer: {}", self.subject.name, self.said());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn said(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let start = log.len().saturating_sub(2000);
        log.get(start..).unwrap_or_default().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let asked = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        let deadline = Instant::now() + Duration::from_secs(5);
        while asked.as_ref().is_ok_and(|status| status.success()) && Instant::now() < deadline {
            if let Ok(Some(_)) = self.process.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
