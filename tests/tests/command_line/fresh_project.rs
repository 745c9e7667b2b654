//! A project as a stranger begins one, built by cargo and run by `plain`.

use std::fs;
use std::path::Path;

use plain_tests::command_line::Project;

use crate::support::{built_plain, let_build, workspace};

const MAIN: &str = r#"
use plain::http::{Request, Response, Result};
use plain::packages::{Installer, Package};
use plain::urls::{path, urls};
use plain::views::View;

plain::embedded!();

struct Notes;

impl Package for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.migrations(EMBEDDED.migrations)
            .templates(EMBEDDED.templates)
            .urls(urls([path("", Home)]));
        Ok(())
    }
}

struct Home;

impl View for Home {
    async fn get(&self, request: &Request) -> Result<Response> {
        request.render("home.html", ())
    }
}

fn main() -> std::process::ExitCode {
    plain::main([plain_sessions::package(), Notes.boxed()])
}
"#;

const SETTINGS: &str = r#"
DEBUG = true
INSTALLED_PACKAGES = ["plain.sessions", "notes"]
MIDDLEWARE = ["plain.sessions.middleware.SessionMiddleware"]
"#;

const BUILD: &str = "fn main() {\n    plain_build::embed();\n}\n";

/// The same profile as the workspace has, so that what it has built is used again.
fn manifest() -> String {
    let workspace = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let start = workspace.find("[profile.dev]").unwrap();
    let end = workspace.find("[profile.release]").unwrap();
    let crates = ["plain", "plain-sessions", "plain-build"].map(|name| {
        let path = crate::support::workspace().join(name);
        format!("{name} = {{ path = {path:?} }}\n")
    });
    let [plain, sessions, build] = crates;
    format!(
        "[package]\nname = \"notes\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{plain}{sessions}\n[build-dependencies]\n{build}\n[workspace]\n\n{}",
        &workspace[start..end]
    )
}

/// The project, always in the same folder, so that only what changed is built.
fn project() -> Project {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fresh-project");
    if root.exists() {
        fs::remove_dir_all(&root).unwrap();
    }
    let mut project = Project::at(built_plain(), root);
    project.write("Cargo.toml", manifest());
    // The versions that the workspace has.
    let lock = fs::read(workspace().join("Cargo.lock")).unwrap();
    project.write("Cargo.lock", lock);
    project.write("settings.toml", SETTINGS);
    project.write("build.rs", BUILD);
    project.write("src/main.rs", MAIN);
    project.write(
        "migrations/0001_notes.sql",
        "CREATE TABLE notes (text TEXT NOT NULL);\n",
    );
    project.write("templates/home.html", "Hello from {{ 1 + 1 }} templates");
    let_build(&mut project);
    project
}

#[test]
fn a_fresh_project_is_built_migrated_served_and_built_again_after_a_change() {
    let mut project = project();
    project.enter("src");
    let first = project.run("migrate").expect(0);
    assert_eq!(
        first.out,
        "Applied plain 0001_chores\nApplied plain.sessions 0001_initial\nApplied notes 0001_notes\n"
    );
    let mut server = project.serve();
    let page = server.get("/");
    assert_eq!(
        (page.status, page.body.as_str()),
        (200, "Hello from 2 templates")
    );
    server.stop().expect(0);

    // A migration that is new is in the program that is built anew.
    project.write(
        "migrations/0002_more.sql",
        "ALTER TABLE notes ADD more TEXT;\n",
    );
    assert_eq!(project.done("migrate"), "Applied notes 0002_more\n");

    // What cargo says of a mistake is shown, and nothing is run.
    project.write("src/main.rs", format!("{MAIN}\nmistake!();\n"));
    let refused = project.run("migrate").expect(101);
    assert_eq!(refused.out, "");
    assert!(refused.err.contains("mistake!();"), "{}", refused.err);
    assert!(
        refused.err.contains("error: the application was not built"),
        "{}",
        refused.err
    );
}
