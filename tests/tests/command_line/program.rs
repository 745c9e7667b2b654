//! The program `plain`, which finds the project, builds its application, and becomes it.
//!
//! Here a script stands in for cargo, and the site for what it builds: what counts is what `plain`
//! makes of them. `fresh_project` does the same with cargo itself.

use insta::assert_snapshot;
use plain_tests::command_line::Project;

use crate::support::{READY, SITE, built_plain};

/// A cargo that knows one package with one program, and says that it has built it.
const CARGO: &str = r#"#!/bin/sh
case "$1" in
metadata)
    echo '{"workspace_root": "'"$PWD"'", "workspace_default_members": ["shop-id"], "packages": [
        {"id": "shop-id", "manifest_path": "'"$PWD"'/Cargo.toml", "default_run": null,
         "targets": [{"kind": ["bin"], "name": "shop"}]}]}'
    ;;
build)
    echo "   Compiling shop" >&2
    echo '{"reason": "compiler-artifact", "package_id": "shop-id",
        "target": {"kind": ["bin"], "name": "shop"}, "executable": "SITE"}' | tr -d '\n'
    ;;
esac
"#;

/// The program in a project whose application is the site.
fn plain() -> Project {
    with_cargo(CARGO)
}

fn with_cargo(script: &str) -> Project {
    let mut project = Project::new(built_plain(), READY);
    project.write("Cargo.toml", "");
    project.write("cargo", script.replace("SITE", SITE));
    project.permit("cargo", 0o755);
    project.set("CARGO", project.path("cargo"));
    project
}

#[test]
fn words_are_handed_on_and_the_status_is_passed_on() {
    let project = plain();
    let migrated = project.run("migrate plain.sessions").expect(0);
    assert_snapshot!(migrated.out, @"Applied plain.sessions 0001_initial");
    assert_snapshot!(migrated.err, @"   Compiling shop");
    assert_snapshot!(project.done("migrate plain.sessions"), @"Nothing to migrate: plain.sessions is up to date.");
    assert_eq!(project.run("greet Ada").expect(7).out, "Hello, Ada\n");
    project.run("migrate --check").expect(1);
    project.run("migrate --nonsense").expect(2);
    project.run("").expect(2);
    let words = ["greet", "Ada \"*\" Lovelace"];
    let greeted = project.start_words(words).finish().expect(7);
    assert_eq!(greeted.out, "Hello, Ada \"*\" Lovelace\n");
}

#[test]
fn a_project_is_found_from_the_folders_inside_of_it() {
    let mut project = plain();
    project.enter("templates/mail");
    project.done("migrate");
    assert!(project.path("db.sqlite3").exists());
}

#[test]
fn help_is_that_of_the_application() {
    let help = plain().done("--help");
    assert!(help.contains("greet"), "{help}");
    assert!(
        plain()
            .done("migrate --help")
            .contains("Usage: plain migrate")
    );
}

#[test]
fn signals_reach_the_application() {
    let project = plain();
    project.done("migrate");
    let mut server = project.serve();
    assert_eq!(server.get("/").body, "home");
    server.stop().expect(0);
}

#[test]
fn outside_of_a_project_it_says_so_and_still_helps() {
    let nowhere = Project::empty(built_plain());
    let refused = nowhere.run("migrate").expect(1);
    assert_eq!(refused.out, "");
    assert_snapshot!(refused.err, @"error: no settings.toml in /project or any folder above it: change to the folder of a project, or make one by `plain new NAME`");
    let help = nowhere.done("--help");
    assert!(
        help.starts_with("There is no project here: `plain new NAME` makes one."),
        "{help}"
    );
    assert!(help.contains("  migrate "), "{help}");
    nowhere.done("migrate --help");
    let script = nowhere.done("shell-completions bash");
    assert!(script.contains("migrations"), "{script}");
    assert_eq!(nowhere.done("-h"), nowhere.done("--help"));
    let version = format!("plain {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(nowhere.done("--version"), version);
    nowhere.run("").expect(1);
}

#[test]
fn settings_without_a_manifest_are_no_project_that_can_be_built() {
    let project = plain();
    project.remove("Cargo.toml");
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: /project has a settings.toml but no Cargo.toml, so there is nothing to build; put the settings.toml beside the Cargo.toml of the application, or run the application itself");
}

#[test]
fn a_build_that_fails_gives_its_status() {
    let failing = CARGO.replace(
        "echo \"   Compiling shop\" >&2",
        "echo 'error: no' >&2; exit 101",
    );
    let refused = with_cargo(&failing).run("migrate").expect(101);
    assert_eq!(refused.out, "");
    assert_snapshot!(refused.err, @"
    error: no
    error: the application was not built (exit status: 101); correct what cargo says above
    ");
}

#[test]
fn a_cargo_that_does_not_exist_or_can_t_read_the_project_is_named() {
    let project = plain().with("CARGO", "/nowhere/cargo");
    assert_snapshot!(project.run("migrate").expect(1).err, @"error: cargo can't be run: No such file or directory (os error 2); install Rust from https://rustup.rs, or set CARGO to its path");
    let refused = with_cargo("#!/bin/sh\necho 'error: bad manifest' >&2; exit 101\n");
    assert_snapshot!(refused.run("migrate").expect(101).err, @"
    error: bad manifest
    error: cargo can't read the project in /project (exit status: 101); correct what it says above
    ");
    let babbling = with_cargo("#!/bin/sh\necho hello\n");
    assert_snapshot!(babbling.run("migrate").expect(1).err, @"error: cargo gave an answer that can't be read: expected value at line 1 column 1; update Rust with `rustup update`");
}

#[test]
fn several_programs_or_none_are_not_guessed_among() {
    let several = CARGO.replace(
        r#"[{"kind": ["bin"], "name": "shop"}]}]}"#,
        r#"[{"kind": ["bin"], "name": "shop"}, {"kind": ["bin"], "name": "import"}]}]}"#,
    );
    assert_snapshot!(with_cargo(&several).run("migrate").expect(1).err, @r#"error: the project in /project has several programs (shop, import); set default-run = "NAME" under [package] in its Cargo.toml, or default-members under [workspace], so that `cargo run` runs one"#);
    let none = CARGO.replace(r#"[{"kind": ["bin"], "name": "shop"}]}]}"#, "[]}]}");
    assert_snapshot!(with_cargo(&none).run("migrate").expect(1).err, @"error: the project in /project has no program to run; add a src/main.rs that calls `plain::main`, or set default-members under [workspace] to the package that has one");
}

#[test]
fn cargo_is_not_told_of_the_program_that_asks_it() {
    let mut project = with_cargo(&CARGO.replace("build)", "build)\n    env > environment"));
    project.set("CARGO_PKG_NAME", "plain");
    project.set("CARGO_MANIFEST_DIR", "/nowhere");
    project.set("OUT_DIR", "/nowhere");
    project.set("CARGO_NET_OFFLINE", "true");
    project.done("urls list");
    let environment = std::fs::read_to_string(project.path("environment")).unwrap();
    assert!(environment.contains("CARGO_NET_OFFLINE=true"));
    for told in ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"] {
        assert!(!environment.contains(told), "{environment}");
    }
}
