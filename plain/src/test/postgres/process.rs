//! One PostgreSQL server for the tests of one process, gone when the process is.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::installed::{Installed, User};
use crate::db::DatabaseUrl;

/// A server that runs.
#[derive(Debug)]
pub(super) struct Process {
    folder: PathBuf,
    port: u16,
    password: String,
    /// The guard: it stops the server and removes the folder when its standard input ends, which
    /// the system sees to, however this process ends.
    guard: Child,
}

/// What the guard runs: `$1` is the folder, and what comes after it starts the server.
const GUARD: &str = r#"
folder=$1; shift
"$@" >"$folder/log" 2>&1 &
read -r _
kill -INT $! $(head -n 1 "$folder/data/postmaster.pid")
wait
rm -rf "$folder"
"#;

/// No test outlives a power failure, and no other user of this computer shall get in.
const OPTIONS: [&str; 10] = [
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=32MB",
    // Else what a killed server leaves of it stays until the computer is restarted.
    "dynamic_shared_memory_type=mmap",
    "log_min_messages=warning",
    "max_prepared_transactions=0",
];

/// How often the server is started on another port, should one be taken by then.
const ATTEMPTS: usize = 3;

impl Process {
    /// Starts a server with an empty cluster.
    ///
    /// # Errors
    ///
    /// What went wrong, with what the server says.
    pub(super) fn start(installed: &Installed) -> Result<Self, String> {
        let user = User::choose()?;
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let mut process = Self::spawn(installed, &user)?;
            match process.wait_until_ready() {
                Ok(()) => return Ok(process),
                Err(log) => said = log,
            }
            drop(process.guard.stdin.take());
            let _ = process.guard.wait();
        }
        Err(said)
    }

    /// The address of the database `name`.
    pub(super) fn url(&self, name: &str) -> DatabaseUrl {
        let Self { port, password, .. } = self;
        DatabaseUrl::new(format!(
            "postgres://postgres:{password}@127.0.0.1:{port}/{name}"
        ))
    }

    fn spawn(installed: &Installed, user: &User) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let temporary = tempfile::Builder::new().prefix("plain-postgres-").tempdir();
        let temporary = temporary.map_err(text)?;
        let folder = temporary.path().to_owned();
        user.own(&folder).map_err(text)?;
        let password = crate::random::token();
        initialize(installed, user, &folder, &password)?;
        let port = free_port().map_err(text)?;
        let mut words = installed.command("postgres", user);
        words.extend(["-D".to_owned(), folder.join("data").display().to_string()]);
        let own = [
            format!("port={port}"),
            format!("unix_socket_directories={}", folder.display()),
        ];
        for option in own.into_iter().chain(OPTIONS.map(str::to_owned)) {
            words.extend(["-c".to_owned(), option]);
        }
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(&folder)
            .args(words)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Not of this group, in which Ctrl-C would end it before the server.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("sh can't be run: {error}"))?;
        // From here on the guard removes it.
        let _ = temporary.keep();
        Ok(Self {
            folder,
            port,
            password,
            guard,
        })
    }

    /// Waits until the server writes that it is ready, and returns its log where it does not.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        let pause = std::time::Duration::from_millis(10);
        for _ in 0..1500 {
            let state = std::fs::read_to_string(self.folder.join("data/postmaster.pid"));
            let line = state.as_deref().unwrap_or_default().lines().nth(7);
            if line.is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            let log = self.log();
            if log.contains("FATAL") {
                return Err(log);
            }
            std::thread::sleep(pause);
        }
        Err(format!("it was not ready within 15 s; {}", self.log()))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

fn initialize(
    installed: &Installed,
    user: &User,
    folder: &Path,
    password: &str,
) -> Result<(), String> {
    let file = folder.join("password");
    std::fs::write(&file, password).map_err(|error| error.to_string())?;
    user.own(&file).map_err(|error| error.to_string())?;
    let words = installed.command("initdb", user);
    let (data, file) = (folder.join("data"), file.display().to_string());
    let output = Command::new(&words[0])
        .args(&words[1..])
        .arg("-D")
        .arg(data)
        .args(["-U", "postgres", "-A", "md5", "-E", "UTF8"])
        .args(["--locale=C.UTF-8", "--no-sync", "--wal-segsize=4"])
        .arg(format!("--pwfile={file}"))
        .current_dir("/")
        .output()
        .map_err(|error| format!("{} can't be run: {error}", words[0]))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
