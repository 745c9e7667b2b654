//! `plain new`: what it makes is built and run, against this checkout.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plain_tests::command_line::Project;

use crate::support::{built_plain, let_build, workspace};

/// A folder in which things are made and built with what the workspace has built already.
fn folder() -> Project {
    let mut project = Project::empty(built_plain());
    let_build(&mut project);
    project
}

/// Makes `name`, with the versions of the workspace.
fn make(project: &mut Project, words: &str, name: &str) {
    let made = project.run(words).expect(0);
    assert!(made.out.starts_with("Made "), "{}", made.out);
    fs::copy(
        workspace().join("Cargo.lock"),
        project.path(name).join("Cargo.lock"),
    )
    .unwrap();
    project.enter(name);
}

/// Runs what the file for CI in `name` runs, and returns what that says. Projects and packages share
/// a target folder, so that what clippy needs of other crates is made once.
#[track_caller]
fn check(project: &Project, name: &str) -> String {
    let file = project.path(name).join(".github/workflows/ci.yml");
    let file = fs::read_to_string(file).unwrap();
    let commands = file.lines().map(str::trim);
    let commands = commands.filter_map(|line| line.strip_prefix("- run: cargo "));
    let commands: Vec<Vec<&str>> = commands.map(|it| it.split(' ').collect()).collect();
    let tools: Vec<&str> = commands.iter().map(|words| words[0]).collect();
    assert_eq!(tools, ["fmt", "clippy", "test"]);
    commands.iter().map(|words| cargo(project, words)).collect()
}

/// What cargo says, if it is content and warns of nothing.
#[track_caller]
fn cargo(project: &Project, words: &[&str]) -> String {
    let command = project.command();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(words).env_clear();
    cargo.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        cargo.env(name, value.unwrap_or_default());
    }
    let output = cargo.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{words:?}: {all}");
    assert!(!all.contains("warning"), "{words:?}: {all}");
    all
}

#[test]
fn a_new_project_passes_its_tests_and_runs() {
    let mut project = folder();
    make(&mut project, "new guest-book", "guest-book");
    let tested = check(&project, "guest-book");
    assert!(tested.contains("3 passed"), "{tested}");

    assert!(
        project
            .done("migrate")
            .ends_with("Applied app 0001_initial\n")
    );
    let data = ["request", "/", "--data", "author=Ada&text=Hello"];
    let left = project.start_words(data).finish().expect(0);
    assert!(left.out.starts_with("303 "), "{}", left.out);
    let page = project.done("request /");
    assert!(page.contains("Hello"), "{page}");
    let checked = project.run("preflight").expect(0);
    assert!(checked.out.contains("0 errors"), "{}", checked.out);
    assert_eq!(
        project.done("migrations create add_mood"),
        "migrations/0002_add_mood.sql\n"
    );
    for file in [
        ".gitignore",
        "Dockerfile",
        "deploy/guest-book.service",
        ".github/workflows/ci.yml",
    ] {
        let text = fs::read_to_string(project.path("guest-book").join(file)).unwrap();
        assert!(!text.contains("__"), "{file}: {text}");
    }
    let unit = project.path("guest-book/deploy/guest-book.service");
    let unit = fs::read_to_string(unit).unwrap();
    let starts = unit.lines().filter(|line| line.starts_with("Exec"));
    let starts: Vec<&str> = starts
        .map(|line| line.split_once("/bin/guest-book ").unwrap().1)
        .collect();
    assert_eq!(starts, ["migrate", "server"]);
    for words in starts {
        project.done(&format!("{words} --help"));
    }
}

#[test]
fn readme_lists_what_a_new_project_consists_of() {
    let project = folder();
    project.done("new guest-book");
    let root = project.path("guest-book");
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let (_, list) = readme
        .split_once("`plain new NAME` makes\n\n```text\n")
        .unwrap();
    let (list, _) = list.split_once("```").unwrap();
    let mut made = files(&root);
    for line in list.lines() {
        let listed = line.split(' ').next().unwrap();
        let listed = root.join(listed.replace("NAME", "guest-book"));
        let before = made.len();
        made.retain(|file| !file.starts_with(&listed));
        assert!(made.len() < before, "`plain new` does not make {line}");
    }
    assert!(made.is_empty(), "README does not list {made:?}");
}

/// All files below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let entries = entries.map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    };
    entries.flat_map(below).collect()
}

#[test]
fn the_guide_says_how_many_crates_a_new_project_compiles() {
    let mut project = folder();
    make(&mut project, "new guest-book", "guest-book");
    let tree = cargo(
        &project,
        &["tree", "--quiet", "-e", "normal,build", "--prefix", "none"],
    );
    // A crate that several need is marked from its second line on.
    let crates: BTreeSet<_> = tree.lines().map(|it| it.trim_end_matches(" (*)")).collect();
    let said = format!("a new project compiles {} crates", crates.len());
    let pages = ["README.md", "docs/src/development.md"].map(|page| {
        let text = fs::read_to_string(workspace().join(page)).unwrap();
        (page, text.contains(&said))
    });
    assert!(pages.iter().all(|(_, says)| *says), "{said}: {pages:?}");
}

#[test]
fn a_new_package_passes_its_tests() {
    let mut project = folder();
    make(
        &mut project,
        "new --package plain-comments",
        "plain-comments",
    );
    let tested = check(&project, "plain-comments");
    assert!(tested.contains("2 passed"), "{tested}");
    let code = fs::read_to_string(project.path("plain-comments/src/package.rs")).unwrap();
    assert!(code.contains("\"plain.comments\""), "{code}");
}

#[test]
fn nothing_is_written_over_and_no_name_is_taken_that_cargo_would_refuse() {
    let project = folder();
    project.write("here/file", "");
    let refused = project.run("new here").expect(2);
    assert_eq!(
        refused.err,
        "error: here is here already; choose another name, or remove it\n"
    );
    for name in ["Shop", "../shop", "match", "plain", "9"] {
        let refused = project.run(&format!("new {name}")).expect(2);
        assert!(refused.err.contains("invalid value"), "{}", refused.err);
    }
    project.run("new").expect(2);
}
