//! A PostgreSQL server of a test's own, gone when the process of the test is.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::installed::{Installed, User};
use super::{INSTALLED, MISSING};
use crate::db::DatabaseUrl;

/// A PostgreSQL server of a test's own, with an empty cluster, from the programs that are installed:
/// for tests that stop, kill or configure it.
///
/// It listens at a free port of 127.0.0.1, keeps what was committed as a server in production does,
/// and is gone with its files when this is dropped, or when the process ends in whatever way. Tests
/// that need no more than a database take [`TestDatabase`](super::super::TestDatabase), whose server
/// is shared.
///
/// ```no_run
/// use plain::test::PostgresServer;
///
/// let mut server = PostgresServer::start();
/// let url = server.url("postgres");
/// server.kill();
/// server.start_again();
/// ```
#[derive(Debug)]
pub struct PostgresServer {
    folder: PathBuf,
    port: u16,
    password: String,
    user: User,
    /// What starts the server.
    words: Vec<String>,
    /// The guard of the server while that runs: it stops the server and removes the folder when its
    /// standard input ends, which the system sees to, however this process ends.
    guard: Option<Child>,
    /// The process number of the last server, whose file may be left.
    last: String,
}

/// What the guard runs: `$1` is the folder, and what comes after it starts the server. A line that it
/// reads is the signal that ends the server; without one, the folder goes too.
const GUARD: &str = r#"
folder=$1; shift
"$@" >"$folder/log" 2>&1 &
read -r signal
kill -"${signal:-INT}" $! $(head -n 1 "$folder/data/postmaster.pid")
wait
[ -n "$signal" ] || rm -rf "$folder"
"#;

/// No other user of this computer shall get in, and there is little to be done.
const OPTIONS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
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

/// How often the processes that a killed server leaves are waited for.
const CLEARINGS: usize = 200;

const PAUSE: Duration = Duration::from_millis(10);

impl PostgresServer {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed, which [`is_tested`](super::super::is_tested) tells, or does not
    /// start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with further settings, such as `"fsync=off"`.
    pub(super) fn start_with(settings: &[&str]) -> Self {
        let installed = INSTALLED.as_ref().unwrap_or_else(|| panic!("{MISSING}"));
        match Self::try_start(installed, settings) {
            Ok(server) => server,
            Err(reason) => panic!("PostgreSQL can't be started for the tests: {reason}"),
        }
    }

    fn try_start(installed: &Installed, settings: &[&str]) -> Result<Self, String> {
        let user = User::choose()?;
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let mut server = Self::prepare(installed, user.clone(), settings)?;
            match server.run() {
                Ok(()) => return Ok(server),
                Err(log) => said = log,
            }
        }
        Err(said)
    }

    /// The address of the database `name`; `postgres` is there from the start.
    pub fn url(&self, name: &str) -> DatabaseUrl {
        let Self { port, password, .. } = self;
        DatabaseUrl::new(format!(
            "postgres://postgres:{password}@127.0.0.1:{port}/{name}"
        ))
    }

    /// The port that it listens at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Puts a file into the server's data folder, which only the server may read, such as the key of
    /// its certificate.
    ///
    /// # Panics
    ///
    /// If the file can't be written.
    pub fn put(&self, name: &str, content: &[u8]) {
        let path = self.folder.join("data").join(name);
        let written = std::fs::write(&path, content)
            .and_then(|()| std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)))
            .and_then(|()| self.user.own(&path));
        if let Err(error) = written {
            panic!("{} can't be written: {error}", path.display());
        }
    }

    /// Gives `folder` to the user that the server runs as, for a tablespace.
    ///
    /// # Panics
    ///
    /// If that is not permitted.
    pub fn give(&self, folder: &Path) {
        if let Err(error) = self.user.own(folder) {
            panic!("{} can't be given away: {error}", folder.display());
        }
    }

    /// Stops the server, which ends all connections; what was committed is kept.
    pub fn stop(&mut self) {
        self.end("INT");
    }

    /// Kills the server's first process, as a crash or an impatient operator does; what was committed
    /// is kept.
    pub fn kill(&mut self) {
        self.end("KILL");
    }

    /// Starts the server again after it was stopped or killed, at the same address.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_again(&mut self) {
        let mut said = String::new();
        for _ in 0..CLEARINGS {
            match self.run() {
                Ok(()) => return,
                Err(log) => said = log,
            }
            // Processes of the one that was killed have yet to notice it.
            std::thread::sleep(PAUSE);
        }
        panic!("PostgreSQL can't be started again: {said}");
    }

    fn end(&mut self, signal: &str) {
        let Some(mut guard) = self.guard.take() else {
            return;
        };
        self.last = self.state().lines().next().unwrap_or_default().to_owned();
        if let Some(mut input) = guard.stdin.take() {
            // A guard that is gone has ended the server.
            let _ = writeln!(input, "{signal}");
        }
        let _ = guard.wait();
    }

    /// Makes a cluster, without a server.
    fn prepare(installed: &Installed, user: User, settings: &[&str]) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let temporary = tempfile::Builder::new().prefix("plain-postgres-").tempdir();
        let temporary = temporary.map_err(text)?;
        let folder = temporary.path().to_owned();
        user.own(&folder).map_err(text)?;
        let password = crate::random::token();
        initialize(installed, &user, &folder, &password)?;
        let port = free_port().map_err(text)?;
        let mut words = installed.command("postgres", &user);
        words.extend(["-D".to_owned(), folder.join("data").display().to_string()]);
        let own = [
            format!("port={port}"),
            format!("unix_socket_directories={}", folder.display()),
        ];
        let fixed = OPTIONS.iter().chain(settings).map(|&it| it.to_owned());
        for option in own.into_iter().chain(fixed) {
            words.extend(["-c".to_owned(), option]);
        }
        Ok(Self {
            // From here on it is removed with this.
            folder: temporary.keep(),
            port,
            password,
            user,
            words,
            guard: None,
            last: String::new(),
        })
    }

    /// Starts the server, and waits until it is ready.
    fn run(&mut self) -> Result<(), String> {
        // What the last one said is not said by this one.
        let _ = std::fs::remove_file(self.folder.join("log"));
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(&self.folder)
            .args(&self.words)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Not of this group, in which Ctrl-C would end it before the server.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("sh can't be run: {error}"))?;
        self.guard = Some(guard);
        let ready = self.wait_until_ready();
        if ready.is_err() {
            self.end("KILL");
        }
        ready
    }

    /// Waits until the server writes that it is ready, and returns its log where it does not.
    fn wait_until_ready(&self) -> Result<(), String> {
        for _ in 0..3000 {
            let state = self.state();
            let is_new = state.lines().next() != Some(&self.last);
            let line = state.lines().nth(7);
            if is_new && line.is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            let log = self.log();
            if log.lines().any(is_end) {
                return Err(log);
            }
            std::thread::sleep(PAUSE);
        }
        Err(format!("it was not ready within 30 s; {}", self.log()))
    }

    fn state(&self) -> String {
        std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        match self.guard.take() {
            Some(mut guard) => {
                drop(guard.stdin.take());
                let _ = guard.wait();
            }
            // It is a temporary folder, and nobody is there who could do something about it.
            None => drop(std::fs::remove_dir_all(&self.folder)),
        }
    }
}
/// Whether a line of the log says that the server ends. That it is not ready yet, it also tells
/// clients who come too early.
fn is_end(line: &str) -> bool {
    line.contains("FATAL") && !line.contains("FATAL:  the database system is ")
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
