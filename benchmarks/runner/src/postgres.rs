//! A PostgreSQL server of the run's own, in a temporary folder, as durable as one is by default.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::sql::Sql;

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Postgres {
    process: Child,
    port: u16,
    password: String,
    _folder: TempDir,
}

/// As the server comes, but for room. `fsync` and `synchronous_commit` stay on: what was
/// acknowledged is on the disk.
const OPTIONS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "shared_buffers=256MB",
    // No checkpoint falls into one subject's turn.
    "max_wal_size=8GB",
    "checkpoint_timeout=1h",
    "shared_preload_libraries=pg_stat_statements",
];

/// What a stretch of work asked of the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) statements: i64,
    /// Writes of the log that waited for the disk.
    pub(crate) syncs: i64,
}

impl Postgres {
    /// Makes an empty cluster below `scratch` and starts it.
    pub(crate) fn start(scratch: &Path) -> Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new()
            .prefix("postgres-")
            .tempdir_in(scratch)?;
        let user = user(folder.path())?;
        let command = |name: &str| {
            let mut words = user.clone();
            words.push(programs.join(name).display().to_string());
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]).current_dir(folder.path());
            command
        };
        let password = password()?;
        let file = folder.path().join("password");
        fs::write(&file, &password)?;
        let output = command("initdb")
            .args(["-D", "data", "-U", "postgres", "-A", "scram-sha-256"])
            .args(["-E", "UTF8", "--locale=C.UTF-8", "--pwfile=password"])
            .output()
            .context("initdb can't be run")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "initdb failed: {said}");
        let port = free_port()?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut server = command("postgres");
        server
            .args(["-D", "data", "-c"])
            .arg(format!("port={port}"));
        server.arg("-c").arg(format!(
            "unix_socket_directories={}",
            folder.path().display()
        ));
        for option in OPTIONS {
            server.args(["-c", option]);
        }
        let process = server
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("postgres can't be run")?;
        let server = Self {
            process,
            port,
            password,
            _folder: folder,
        };
        server.wait()?;
        server
            .sql("postgres")?
            .run("CREATE EXTENSION pg_stat_statements")?;
        server.track("none")?;
        Ok(server)
    }

    fn wait(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match self.sql("postgres") {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(error.context("PostgreSQL was not ready within 30 s"));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// The number of its process, whose children answer the connections.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The address of the database `name`.
    pub(crate) fn url(&self, name: &str) -> String {
        let Self { port, password, .. } = self;
        format!("postgres://postgres:{password}@127.0.0.1:{port}/{name}")
    }

    fn sql(&self, name: &str) -> Result<Sql> {
        Sql::connect(&self.url(name))
    }

    /// Makes the database `name` anew, as a copy of `template` where there is one.
    pub(crate) fn create(&self, name: &str, template: Option<&str>) -> Result<()> {
        let template = template.unwrap_or("template1");
        self.drop_database(name)?;
        self.sql("postgres")?
            .run(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
    }

    /// Removes the database `name`, if it is there.
    pub(crate) fn drop_database(&self, name: &str) -> Result<()> {
        self.sql("postgres")?
            .run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    }

    /// Writes everything to disk, so that no cell pays for what was done before it.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        self.sql("postgres")?.run("CHECKPOINT")
    }

    /// Counts what the database `name` is asked for while `work` is done.
    pub(crate) fn count(&self, name: &str, work: impl FnOnce() -> Result<()>) -> Result<Counted> {
        const SYNCS: &str = "SELECT wal_sync FROM pg_stat_wal";
        let mut sql = self.sql("postgres")?;
        self.track("top")?;
        sql.run("SELECT pg_stat_statements_reset()")?;
        let before = sql.number(SYNCS)?;
        let done = work();
        self.track("none")?;
        done?;
        let syncs = sql.number(SYNCS)? - before;
        let statements = sql.number(&format!(
            "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s \
             JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = '{name}'"
        ))?;
        Ok(Counted { statements, syncs })
    }

    /// Says what is counted, in the server's file: what its command line says could not be changed.
    fn track(&self, what: &str) -> Result<()> {
        let mut sql = self.sql("postgres")?;
        sql.run(&format!(
            "ALTER SYSTEM SET pg_stat_statements.track = '{what}'"
        ))?;
        sql.run("SELECT pg_reload_conf()")?;
        let is_read =
            format!("SELECT (current_setting('pg_stat_statements.track') = '{what}')::int::bigint");
        let deadline = Instant::now() + Duration::from_secs(30);
        // A new connection has the setting once the server has read it and told its processes.
        while self.sql("postgres")?.number(&is_read)? == 0 {
            let is_late = Instant::now() > deadline;
            ensure!(!is_late, "PostgreSQL did not read its settings within 30 s");
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A fast shutdown; the folder goes afterwards.
        let asked = Command::new("kill")
            .args(["-INT", &self.process.id().to_string()])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// The newest server's programs: Debian's, or those on `PATH`.
fn programs() -> Result<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<(u32, PathBuf)> = debian
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort();
    if let Some((_, folder)) = found.pop() {
        return Ok(folder);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    folders
        .find(|folder| folder.join("initdb").is_file())
        .context("PostgreSQL's server is not installed; on Debian: apt-get install postgresql")
}

/// What stands before a command so that the server doesn't run as root, which it refuses; gives
/// `folder` to whom it runs as.
fn user(folder: &Path) -> Result<Vec<String>> {
    if id(&["-u"])? != 0 {
        return Ok(Vec::new());
    }
    for name in ["postgres", "nobody"] {
        let (Ok(user), Ok(group)) = (id(&["-u", name]), id(&["-g", name])) else {
            continue;
        };
        std::os::unix::fs::chown(folder, Some(user), Some(group))?;
        let words = format!("setpriv --reuid={user} --regid={group} --clear-groups");
        return Ok(words.split(' ').map(str::to_owned).collect());
    }
    bail!("root can't run PostgreSQL, and there is no user `postgres` or `nobody`")
}

fn id(arguments: &[&str]) -> Result<u32> {
    let output = Command::new("id").args(arguments).output()?;
    Ok(std::str::from_utf8(&output.stdout)?.trim().parse()?)
}

fn password() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the system has no random bytes")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
