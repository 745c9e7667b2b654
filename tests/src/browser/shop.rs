//! The example shop: its real program, with a database in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use sqlx::SqlitePool;
use tempfile::TempDir;

use super::leash::Leashed;
use super::terminal;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Builds the shop's program, once a process. Cargo has no way to ask for another package's
/// program to be built before a test is.
pub fn build_shop() -> &'static Path {
    PROGRAM.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        // With the same features of dependencies as for the tests, so that none is built twice.
        command.args(["build", "--workspace", "--bin", "example-app"]);
        command
            .args(["--message-format", "json-render-diagnostics"])
            .current_dir(top());
        let output = command.output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "the shop does not build: {complaint}"
        );
        let messages = String::from_utf8(output.stdout).unwrap();
        let mut programs = messages.lines().filter_map(executable);
        programs
            .next_back()
            .expect("cargo says where the program is")
    })
}

fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    (message["target"]["name"] == "example-app").then_some(())?;
    Some(PathBuf::from(message["executable"].as_str()?))
}

fn top() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("it is in the workspace")
}

/// A shop that serves.
#[derive(Debug)]
pub struct Shop {
    url: String,
    environment: Vec<(String, String)>,
    server: Option<Leashed>,
    folder: TempDir,
}

impl Shop {
    /// A shop as its developer starts it: with the project's settings, which are in DEBUG.
    pub fn open() -> Self {
        Self::start(&[])
    }

    /// A shop as strangers reach it: without DEBUG. TLS ends in front of it, so to say.
    pub fn open_to_strangers() -> Self {
        Self::start(&[
            ("PLAIN_DEBUG", "false"),
            ("PLAIN_ALLOWED_HOSTS", r#"["127.0.0.1", "localhost"]"#),
            ("PLAIN_HTTPS_REDIRECT_ENABLED", "false"),
        ])
    }

    /// A shop with these variables in its environment.
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::copy(
            top().join("settings.toml"),
            folder.path().join("settings.toml"),
        )
        .unwrap();
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let mut shop = Self {
            url: String::new(),
            environment: environment.iter().map(owned).collect(),
            server: None,
            folder,
        };
        shop.run(&["migrate"], "");
        shop.serve("127.0.0.1:0");
        shop
    }

    /// Lets its pages of errors find the code, as in a project's own folder.
    pub fn lay_out_code(&self) {
        let code = "example-app";
        std::os::unix::fs::symlink(top().join(code), self.folder.path().join(code)).unwrap();
    }

    /// The start of its URLs.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server, and starts it again at the same address.
    pub fn restart(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.stop();
        }
        let address = self.url.trim_start_matches("http://").to_owned();
        self.serve(&address);
    }

    /// What follows `text` on the next line that the server prints with it.
    pub fn said(&mut self, text: &str) -> String {
        let server = self.server.as_mut().expect("it serves");
        server.said(text)
    }

    /// Its database, to change behind its back.
    pub async fn database(&self) -> SqlitePool {
        let file = self.folder.path().join("db.sqlite3");
        SqlitePool::connect(&format!("sqlite://{}", file.display()))
            .await
            .unwrap()
    }

    /// Runs a command of the shop with `input`, and returns what it prints.
    pub fn run(&self, words: &[&str], input: &str) -> String {
        use std::io::Write;
        use std::process::Stdio;

        let mut command = Command::new(build_shop());
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("DATABASE_URL");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        // One that reads no input may have closed it.
        let _ = running.stdin.take().unwrap().write_all(input.as_bytes());
        let output = running.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?} fails: {complaint}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command of the shop at a terminal: types each answer once its question is asked and
    /// nothing that is typed is shown. Returns all that the terminal showed.
    pub fn run_at_a_terminal(&self, words: &[&str], answers: &[(&str, &str)]) -> String {
        let command = format!("'{}' {}", build_shop().display(), words.join(" "));
        terminal::answer(&command, self.folder.path(), answers)
    }

    fn serve(&mut self, address: &str) {
        let arguments = ["server", "--bind", address];
        let folder = self.folder.path();
        let mut server = Leashed::start(build_shop(), &arguments, folder, &self.environment);
        self.url = server.said("Listening on ");
        self.server = Some(server);
    }
}
