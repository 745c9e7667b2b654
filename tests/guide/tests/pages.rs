//! What the pages of the guide show that is no Rust: commands, settings, templates, SQL, links. The
//! Rust blocks are doctests of this crate; the tutorial's project is its program `shop`.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plain::App;
use plain::app::Source;
use plain::packages::{Installer, Package};
use tempfile::TempDir;

/// One block of code on a page.
struct Block {
    page: String,
    language: String,
    text: String,
}

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src")
}

/// All pages by their names, without the generated ones.
fn pages() -> Vec<(String, String)> {
    let files = fs::read_dir(guide()).unwrap().map(Result::unwrap);
    let names = files.map(|file| file.file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    names.sort();
    let read = |name: String| {
        let text = fs::read_to_string(guide().join(&name)).unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (page, text) in pages() {
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(language) = line.strip_prefix("```") {
                let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                blocks.push(Block {
                    page: page.clone(),
                    language: language.to_owned(),
                    text: text.join("\n") + "\n",
                });
            }
        }
    }
    blocks
}

fn blocks_of(language: &str) -> Vec<Block> {
    let all = blocks().into_iter();
    let found: Vec<Block> = all.filter(|block| block.language == language).collect();
    assert!(!found.is_empty(), "the guide shows no {language}");
    found
}

/// The tutorial's project in a folder of its own.
fn shop() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = include_str!(concat!(env!("OUT_DIR"), "/tutorial/settings.toml"));
    fs::write(folder.path().join("settings.toml"), settings).unwrap();
    folder
}

#[test]
fn every_block_is_in_a_language_that_a_test_reads() {
    // Python is what the reader comes from, text is words for people. What is in nginx's language is
    // read by the tests of the deployment, CSS by those of the tutorial's project, the rest here.
    const READ: [&str; 12] = [
        "rust",
        "rust,no_run",
        "console",
        "toml",
        "jinja",
        "sql",
        "css",
        "text",
        "json",
        "python",
        "nginx",
        "ini",
    ];
    for block in blocks() {
        assert!(
            READ.contains(&block.language.as_str()),
            "{}: no test reads a block of `{}`",
            block.page,
            block.language
        );
    }
}

/// Commands that can't be run here, with the reason.
const NOT_HERE: [(&str, &str); 11] = [
    (
        "cargo ",
        "builds; what it builds is built and tested as it is",
    ),
    ("plain dev", "serves until it is stopped"),
    ("plain server", "serves until it is stopped"),
    ("plain new", "makes a project; tested where the command is"),
    ("cd ", "changes the folder, which is another one here"),
    ("rm ", "removes what `plain new` made"),
    ("curl ", "asks a server that is not running"),
    ("sqlite3 ", "is run by the tests of the deployment"),
    ("systemctl ", "needs systemd"),
    ("nginx ", "is run by the tests of the deployment"),
    ("mdbook ", "needs mdbook"),
];

/// Runs a line of the guide in `folder`: the words, with variables before them.
fn run(folder: &Path, line: &str) -> (bool, String, String) {
    let mut words = words(line).into_iter().peekable();
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.current_dir(folder).env_clear();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        command.env(name, value);
        words.next();
    }
    assert_eq!(words.next().as_deref(), Some("plain"), "{line}");
    let words: Vec<String> = words.collect();
    command.args(&words);
    // The guide's reader types the password.
    if words.starts_with(&["users".to_owned(), "create".to_owned()]) {
        command.arg("--password-stdin");
    }
    let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = streams.stderr(Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    // Who does not read it has ended before.
    let _ = input.write_all(b"correct horse battery\n");
    drop(input);
    let output = process.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The words of a command line; those between quotation marks are one.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match c {
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ if Some(c) == quote => quote = None,
            ' ' if quote.is_none() => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The commands of a block, each with the output that is shown for it.
fn commands(block: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => panic!("output before any command: {line}"),
        }
    }
    commands
}

#[test]
fn the_commands_of_each_page_do_what_it_shows() {
    let mut run_here = 0;
    let mut page = String::new();
    let mut folder = shop();
    for block in blocks_of("console") {
        if block.page != page {
            page.clone_from(&block.page);
            folder = shop();
            // The pages of parts begin where the tutorial ends.
            if page != "tutorial.md" && page != "migrations.md" {
                assert!(run(folder.path(), "plain migrate").0);
            }
        }
        for (command, shown) in commands(&block.text) {
            if NOT_HERE.iter().any(|(start, _)| command.starts_with(start)) {
                continue;
            }
            let (done, printed, complaint) = run(folder.path(), command);
            assert!(done, "{page}: {command}: {printed}{complaint}");
            if !shown.is_empty() {
                assert_eq!(printed, shown, "{page}: {command}");
            }
            run_here += 1;
        }
    }
    assert!(run_here > 12, "only {run_here} commands were run");
}

/// Stands for the reader's package where settings name it.
struct Reader(&'static str);

impl Package for Reader {
    fn name(&self) -> &'static str {
        self.0
    }

    fn install(&self, _: &mut Installer) -> plain::http::Result<()> {
        Ok(())
    }
}

#[test]
fn the_settings_of_each_page_start_an_application() {
    for block in blocks_of("toml") {
        // What cargo reads is tested with what `plain new` makes.
        if block.text.starts_with("[profile.") {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut settings = block.text.clone();
        let missing = |name: &str| !block.text.contains(&format!("{name} ="));
        // What is not shown is as in the tutorial.
        if missing("DEBUG") && missing("SECRET_KEY") {
            settings.insert_str(0, "DEBUG = true\n");
        }
        if missing("INSTALLED_PACKAGES") {
            let all = "[\"plain.admin\", \"plain.sessions\", \"plain.auth\", \"shop\"]";
            settings.insert_str(0, &format!("INSTALLED_PACKAGES = {all}\n"));
        }
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        let mut packages = vec![
            plain::admin::package(),
            plain_sessions::package(),
            plain_auth::package(),
        ];
        for name in ["shop", "site", "notes"] {
            packages.push(Box::new(Reader(name)));
        }
        let source = Source::at(folder.path()).without_environment();
        if let Err(error) = App::load(packages, source) {
            panic!("{}: {}\n{error}", block.page, block.text);
        }
    }
}

#[test]
fn the_templates_of_each_page_can_be_read() {
    for block in blocks_of("jinja") {
        let folder = shop();
        let templates = folder.path().join("templates");
        fs::create_dir(&templates).unwrap();
        fs::write(templates.join("shown.html"), &block.text).unwrap();
        assert!(run(folder.path(), "plain migrate").0);
        let (_, found, _) = run(folder.path(), "plain preflight");
        assert!(
            !found.contains("templates.compile: shown.html"),
            "{}: {found}",
            block.page
        );
        assert!(found.contains("templates.compile"), "{found}");
    }
}

#[tokio::test]
async fn the_sql_of_each_page_is_taken_by_the_database() {
    for block in blocks_of("sql") {
        let db = plain::test::TestDatabase::empty(plain::db::Kind::Sqlite).await;
        for statement in block.text.split_inclusive(";\n") {
            let sql = plain::db::Sql::trusted(statement.trim());
            if !sql.as_str().is_empty() {
                let done = db.query(sql).execute().await;
                assert!(done.is_ok(), "{}: {statement}: {done:?}", block.page);
            }
        }
    }
}

#[test]
fn what_units_of_systemd_start_are_commands() {
    let folder = shop();
    let mut started = 0;
    for block in blocks_of("ini") {
        let lines = block.text.lines().filter(|line| line.starts_with("Exec"));
        for line in lines {
            let (_, words) = line.split_once("/shop ").unwrap();
            // systemd puts the name of the instance there: the port.
            let words = words.replace("%i", "8001");
            let (known, _, complaint) = run(folder.path(), &format!("plain {words} --help"));
            assert!(known, "{line}: {complaint}");
            started += 1;
        }
    }
    assert!(started >= 2);
}

#[test]
fn json_is_json() {
    for block in blocks_of("json") {
        let read: Result<serde_json::Value, _> = serde_json::from_str(&block.text);
        assert!(read.is_ok(), "{}: {}", block.page, block.text);
    }
}

#[test]
fn what_plain_new_makes_names_versions_that_are_in_use() {
    let workspace = fs::read_to_string(guide().join("../../Cargo.toml")).unwrap();
    let workspace: toml::Table = workspace.parse().unwrap();
    let used = &workspace["workspace"]["dependencies"];
    let mut compared = 0;
    for made in ["project", "package"] {
        let manifest = format!("../../plain/scaffold/{made}/manifest.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        // Lines with what stands for the name, and for the crates of this repository.
        let lines = manifest.lines().filter(|line| !line.contains("__"));
        let manifest: toml::Table = lines.collect::<Vec<_>>().join("\n").parse().unwrap();
        let kinds = ["dependencies", "dev-dependencies"];
        for (name, wanted) in kinds
            .iter()
            .flat_map(|kind| manifest[*kind].as_table().unwrap())
        {
            let Some(wanted) = version(wanted) else {
                continue;
            };
            let used = version(&used[name.as_str()]).unwrap();
            assert!(used.starts_with(wanted), "{name}: {wanted}, not {used}");
            compared += 1;
        }
    }
    assert!(compared >= 8);
}

fn version(dependency: &toml::Value) -> Option<&str> {
    let version = dependency.get("version").unwrap_or(dependency);
    version.as_str()
}

#[test]
fn the_summary_lists_every_page_once() {
    let summary = fs::read_to_string(guide().join("SUMMARY.md")).unwrap();
    for (page, _) in pages() {
        let times = summary.matches(&format!("]({page})")).count();
        let expected = usize::from(page != "SUMMARY.md");
        assert_eq!(times, expected, "SUMMARY.md and {page}");
    }
}

#[test]
fn every_page_of_the_guide_is_compiled() {
    let compiled = include_str!("../src/lib.rs");
    // The tutorial is compiled as a whole, as the program `shop`.
    let elsewhere = ["SUMMARY.md", "tutorial.md"];
    for (page, _) in pages() {
        if elsewhere.contains(&page.as_str()) {
            continue;
        }
        assert!(
            compiled.contains(&format!("docs/src/{page}\")")),
            "{page} is missing in tests/guide/src/lib.rs"
        );
    }
}

#[test]
fn links_lead_to_pages_and_headings() {
    let reference = ["settings.md", "commands.md", "checks.md"];
    let reference = reference.map(|name| {
        let name = format!("reference/{name}");
        let text = fs::read_to_string(guide().join(&name)).unwrap();
        (name, text)
    });
    let mut followed = 0;
    for (page, text) in pages().into_iter().chain(reference) {
        let folder = guide().join(&page).parent().unwrap().to_owned();
        for target in links(&text) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => guide().join(&page),
                path => folder.join(path),
            };
            assert!(file.is_file(), "{page} links to {target}");
            let headings = fs::read_to_string(&file).unwrap_or_default();
            let mut headings = prose(&headings);
            assert!(
                heading.is_empty() || headings.any(|line| anchor(line).as_deref() == Some(heading)),
                "{page} links to {target}"
            );
            followed += 1;
        }
    }
    assert!(followed > 50);
}

/// The lines of a page that are no code.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    page.lines().filter(move |line| {
        let fence = line.starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Where the links of a page lead, but for those to other sites.
fn links(page: &str) -> Vec<&str> {
    let targets = prose(page).flat_map(|line| {
        let rest = line.split("](").skip(1);
        rest.filter_map(|rest| rest.split(')').next())
    });
    targets.filter(|target| !target.contains("://")).collect()
}

/// The name that a heading can be linked to by.
fn anchor(line: &str) -> Option<String> {
    let heading = line
        .starts_with('#')
        .then(|| line.trim_start_matches('#').trim())?;
    let kept = heading.to_lowercase().replace(' ', "-");
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_".contains(*c));
    Some(kept.collect())
}
