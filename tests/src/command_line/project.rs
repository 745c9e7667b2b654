//! A project folder, and the commands that are run in it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Finished, Gate, Process};

/// A folder with `settings.toml` and the program that is run in it, without the environment of the
/// tests.
#[derive(Debug)]
pub struct Project {
    program: PathBuf,
    root: PathBuf,
    /// Removes the folder with the project.
    temporary: Option<TempDir>,
    inner: PathBuf,
    environment: Vec<(OsString, OsString)>,
    user: Option<u32>,
}

/// The user `nobody`.
const NOBODY: u32 = 65534;

impl Project {
    /// A folder without any files, in which `program` is run.
    pub fn empty(program: impl Into<PathBuf>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut project = Self::at(program, folder.path());
        project.temporary = Some(folder);
        project
    }

    /// The folder `root` as it is, in which `program` is run; it stays after the test.
    pub fn at(program: impl Into<PathBuf>, root: impl Into<PathBuf>) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self {
            program: program.into(),
            root: root.into(),
            temporary: None,
            inner: PathBuf::new(),
            environment: vec![("PATH".into(), path)],
            user: None,
        }
    }

    /// A folder with `settings` as its `settings.toml`.
    pub fn new(program: impl Into<PathBuf>, settings: &str) -> Self {
        let project = Self::empty(program);
        project.write("settings.toml", settings);
        project
    }

    /// The same with an environment variable.
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets an environment variable for the commands from now on.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        let name = name.into();
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.into()));
    }

    /// Runs commands in the folder `inner` of the project from now on.
    pub fn enter(&mut self, inner: impl Into<PathBuf>) {
        self.inner = inner.into();
        fs::create_dir_all(self.path(&self.inner)).unwrap();
    }

    /// Runs commands as the owner of the files that are there now, and as one whom permissions
    /// bind: as `nobody` where the tests are run by root.
    pub fn bind_by_permissions(&mut self) {
        let folder = &self.root;
        if fs::metadata(folder).unwrap().uid() != 0 {
            return;
        }
        for entry in fs::read_dir(folder).unwrap() {
            chown(entry.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
        // Where it was built, that user may not look.
        let program = folder.join("program");
        if fs::hard_link(&self.program, &program).is_err() {
            fs::copy(&self.program, &program).unwrap();
        }
        self.program = program;
        self.user = Some(NOBODY);
    }

    /// Sets the permissions of a file or folder of the project, as in `0o644`.
    pub fn permit(&self, name: impl AsRef<Path>, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    /// A place where slow work of the commands waits from now on.
    pub fn gate(&mut self) -> Gate {
        let path = self.path("gate");
        self.set("SITE_GATE", &path);
        Gate::open(&path)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of `name` in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file of the project, and the folders that it stands in. Who watches sees one change.
    pub fn write(&self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        let folder = path.parent().unwrap();
        fs::create_dir_all(folder).unwrap();
        let beside = folder.join(".new");
        fs::write(&beside, contents).unwrap();
        fs::rename(beside, path).unwrap();
    }

    /// Removes a file of the project.
    pub fn remove(&self, name: impl AsRef<Path>) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Runs the command that consists of `words`, which spaces divide, until it ends.
    pub fn run(&self, words: &str) -> Finished {
        self.start(words).finish()
    }

    /// What the command writes as its result, if it ends with 0.
    #[track_caller]
    pub fn done(&self, words: &str) -> String {
        self.run(words).expect(0).out
    }

    /// Starts the command that consists of `words`, which spaces divide.
    pub fn start(&self, words: &str) -> Process {
        self.start_words(words.split_whitespace())
    }

    /// Starts the command that consists of `words`.
    pub fn start_words<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Process {
        Process::start(self.command().args(words), &self.root)
    }

    /// The program, without words, to be run in the folder.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        self.prepare(&mut command);
        command
    }

    fn prepare(&self, command: &mut Command) {
        command
            .current_dir(self.path(&self.inner))
            .env_clear()
            .envs(self.environment.iter().cloned());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
    }

    /// Starts `server` on a socket that listens already, passed as systemd does it
    /// (sd_listen_fds(3)), and waits until it listens.
    pub fn serve_on(&self, socket: impl Into<OwnedFd>) -> Process {
        const PASS: &str = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" server";
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", PASS]).arg(&self.program);
        self.prepare(&mut shell);
        let mut server = Process::start_on(socket.into().into(), &mut shell, &self.root);
        server.wait_for("Listening on ");
        server
    }

    /// Starts `server` at a free port, and waits until it listens.
    pub fn serve(&self) -> Process {
        let mut server = self.start("server --bind 127.0.0.1:0");
        server.wait_for("Listening on ");
        server
    }
}
