//! Measures what one edit costs under `plain dev`: saves a file of the example shop, and asks until the
//! answer shows it. `cargo plain packages list && cargo run -p plain-tests --bin edits [TIMES]`, on a
//! machine that does nothing else. It leaves the files as they were.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use plain_tests::command_line::{Process, Project};

/// Two states of a file, and how each shows.
struct Edit {
    name: &'static str,
    file: &'static str,
    page: &'static str,
    written: [&'static str; 2],
    shown: [&'static str; 2],
}

const EDITS: [Edit; 4] = [
    Edit {
        name: "a template",
        file: "example-app/templates/about.html",
        page: "/about",
        written: ["<h1>How it is made", "<h1>How it was made"],
        shown: ["<h1>How it is made", "<h1>How it was made"],
    },
    Edit {
        name: "a static file",
        file: "example-app/assets/favicon.svg",
        page: "/assets/favicon.svg",
        written: ["<svg ", "<svg  "],
        shown: ["<svg ", "<svg  "],
    },
    Edit {
        name: "settings.toml",
        file: "settings.toml",
        page: "/about",
        written: ["\"Small Hours\"", "\"Late Hours\""],
        shown: ["Small Hours is the example", "Late Hours is the example"],
    },
    Edit {
        name: "a view",
        file: "example-app/src/views/api.rs",
        page: "/api/products",
        written: [".order(\"id\")", ".order(\"-id\")"],
        shown: ["[{\"id\":1,", ",{\"id\":1,"],
    },
];

fn main() -> ExitCode {
    let times = std::env::args().nth(1);
    let times = times.and_then(|times| times.parse().ok()).unwrap_or(9);
    let Some(plain) = std::env::current_exe()
        .ok()
        .map(|path| path.with_file_name("plain"))
    else {
        return ExitCode::FAILURE;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let folder = folder.expect("the tests are a folder of the workspace");
    let mut project = Project::at(plain, folder);
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR"] {
        if let Some(value) = std::env::var_os(name) {
            project.set(name, value);
        }
    }
    let database = tempfile::tempdir().expect("a folder for the database");
    let database = database.path().join("db.sqlite3");
    project.set("DATABASE_URL", format!("sqlite://{}", database.display()));
    let mut server = project.start("dev --bind 127.0.0.1:0");
    server.wait_for("Ready after");
    let mut out = std::io::stdout();
    for edit in EDITS {
        let mut costs = edit.measure(&mut server, &project.path(edit.file), times);
        costs.sort();
        let milliseconds = |cost: Duration| cost.as_secs_f64() * 1000.0;
        let _ = writeln!(
            out,
            "{:14} median {:5.0} ms, least {:5.0}, most {:5.0}",
            edit.name,
            milliseconds(costs[costs.len() / 2]),
            milliseconds(costs[0]),
            milliseconds(costs[costs.len() - 1]),
        );
    }
    server.signal("INT");
    server.finish().expect(0);
    ExitCode::SUCCESS
}

impl Edit {
    /// How long each of `times` edits took to be shown, after one that warms up.
    fn measure(&self, server: &mut Process, path: &Path, times: usize) -> Vec<Duration> {
        let file = Kept::read(path);
        let [before, _] = self.written;
        assert_eq!(file.text.matches(before).count(), 1, "{}", path.display());
        let mut pages = open(server);
        self.wait(server, 0, &mut pages);
        let costs = (0..=times).map(|time| {
            let state = (time + 1) % 2;
            let text = file.text.replace(before, self.written[state]);
            let saved = Instant::now();
            fs::write(path, text).expect("the file can be written");
            self.wait(server, state, &mut pages);
            let cost = saved.elapsed();
            // What the last edit has left to do is not counted: the old program ends.
            thread::sleep(Duration::from_secs(1));
            pages = open(server);
            cost
        });
        costs.skip(1).collect()
    }

    /// Asks for the page, and again whenever an open page is told something, until it shows the state.
    fn wait(&self, server: &mut Process, state: usize, pages: &mut Pages) {
        while !server.get(self.page).body.contains(self.shown[state]) {
            // Where it has ended, another server has taken over.
            if pages.next().is_none() {
                *pages = open(server);
            }
        }
    }
}

/// What an open page is told.
type Pages = Lines<BufReader<TcpStream>>;

fn open(server: &mut Process) -> Pages {
    BufReader::new(server.send("GET", "/__plain_dev__/events", &[])).lines()
}

/// A file that is written back as it was.
struct Kept {
    path: PathBuf,
    text: String,
}

impl Kept {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("the file is there");
        let path = path.to_owned();
        Self { path, text }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::write(&self.path, &self.text);
    }
}
