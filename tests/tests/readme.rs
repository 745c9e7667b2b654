//! What the READMEs promise: their commands exist and print what is shown, their tables are
//! complete, their links lead somewhere. README's own project is the program `guestbook`.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use plain::App;
use plain::app::Source;

fn top() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("it is in the workspace").to_owned()
}

fn read(name: &str) -> String {
    let path = top().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// README's project in a folder of its own.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = include_str!(concat!(env!("OUT_DIR"), "/readme/settings.toml"));
    fs::write(folder.path().join("settings.toml"), settings).unwrap();
    folder
}

fn plain(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestbook"));
    command.args(words).current_dir(folder).env_clear();
    command.output().unwrap()
}

/// The words of a command line; those between quotation marks are one.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    words.collect()
}

/// The commands in the console blocks of `text`, each with the output that is shown for it.
fn sessions(text: &str) -> Vec<(&str, String)> {
    let mut sessions: Vec<(&str, String)> = Vec::new();
    for block in text.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for line in block.lines() {
            match (line.strip_prefix("$ "), sessions.last_mut()) {
                (Some(command), _) => sessions.push((command, String::new())),
                (None, Some((_, output))) => *output += &format!("{line}\n"),
                (None, None) => panic!("output before any command: {line}"),
            }
        }
    }
    sessions
}

#[test]
fn the_commands_that_readme_shows_do_what_it_shows() {
    let folder = project();
    let readme = read("README.md");
    let mut run = 0;
    for (command, shown) in sessions(&readme) {
        let Some(line) = command.strip_prefix("plain ") else {
            continue;
        };
        let output = plain(folder.path(), &words(line));
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{command}: {printed}{complaint}");
        if !shown.is_empty() {
            assert_eq!(printed, shown, "{command}");
        }
        run += 1;
    }
    assert!(run > 3, "README shows a session");
    let page = String::from_utf8(plain(folder.path(), &["request", "/"]).stdout).unwrap();
    assert!(page.contains("Ada wrote: Hello"), "{page}");
}

#[test]
fn every_command_that_readme_names_exists() {
    let folder = project();
    let readme = read("README.md");
    let named = readme
        .split('`')
        .filter_map(|code| code.strip_prefix("plain "));
    let mut known = 0;
    for command in named {
        // What follows are arguments.
        let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
        let mut words: Vec<&str> = command.split_whitespace().take_while(is_word).collect();
        words.push("--help");
        let output = plain(folder.path(), &words);
        assert!(output.status.success(), "`plain {command}` does not exist");
        known += 1;
    }
    assert!(known > 8, "README names the commands");
}

#[test]
fn readme_names_every_command() {
    let folder = project();
    let readme = read("README.md");
    let help = String::from_utf8(plain(folder.path(), &["--help"]).stdout).unwrap();
    let commands = help.split("Commands:\n").nth(1).unwrap();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.contains(&"migrate"), "{help}");
    for name in names {
        assert!(
            readme.contains(&format!("| `plain {name}")),
            "`plain {name}` is missing"
        );
    }
}

#[test]
fn the_table_of_session_settings_is_complete_and_has_the_defaults() {
    let source = Source::isolated("/nowhere")
        .with("DEBUG", true)
        .with("INSTALLED_PACKAGES", vec!["plain.sessions"]);
    let app = App::load([plain_sessions::package()], source).unwrap();
    let readme = read("plain-sessions/README.md");
    let entries = app.settings().entries().iter();
    let entries: Vec<_> = entries
        .filter(|entry| entry.name.starts_with("SESSION_"))
        .collect();
    assert!(entries.len() > 8);
    for entry in entries {
        let start = format!("| `{}` |", entry.name);
        let row = readme.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("{} is missing", entry.name));
        let default = row.split('|').nth(3).unwrap();
        let expected = match entry.value.is_null() {
            true => "unset".to_owned(),
            false => format!("`{}`", entry.value_text()),
        };
        assert!(
            default.contains(&expected),
            "{row} has another default than {expected}"
        );
    }
}

#[test]
fn every_package_of_this_repository_brings_its_documentation() {
    let packages = [
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
    ];
    let names: Vec<&str> = packages.iter().map(|package| package.name()).collect();
    let source = Source::isolated("/nowhere")
        .with("DEBUG", true)
        .with("INSTALLED_PACKAGES", names);
    let app = App::load(packages, source).unwrap();
    let installed = app.packages().installed();
    assert_eq!(installed.len(), 4, "those, and the framework itself");
    for package in installed {
        let docs = package.docs().unwrap_or_default();
        let title = format!("# {}\n\n**", package.name());
        assert!(docs.starts_with(&title), "{}: {docs}", package.name());
    }
}

#[test]
fn links_lead_to_files_and_headings() {
    let pages = [
        "README.md",
        "ARCHITECTURE.md",
        "BENCHMARKS.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "plain/README.md",
        "plain/admin/README.md",
        "plain-auth/README.md",
        "plain-sessions/README.md",
    ];
    for page in pages {
        let text = read(page);
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let folder = top().join(page).parent().unwrap().to_owned();
            let file = if path.is_empty() {
                top().join(page)
            } else {
                folder.join(path)
            };
            assert!(file.exists(), "{page} links to {target}");
            if !heading.is_empty() {
                let text = fs::read_to_string(&file).unwrap();
                let found = text
                    .lines()
                    .any(|line| anchor(line).as_deref() == Some(heading));
                assert!(found, "{page} links to {target}");
            }
        }
    }
}

/// The name that a heading can be linked to by.
fn anchor(line: &str) -> Option<String> {
    let heading = line
        .starts_with('#')
        .then(|| line.trim_start_matches('#').trim())?;
    let kept = heading.to_lowercase().replace(' ', "-");
    Some(
        kept.chars()
            .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
            .collect(),
    )
}
