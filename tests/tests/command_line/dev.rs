//! `plain dev`: what is served while an application is built, built again, and wrong.
//!
//! A script stands in for cargo: it "builds" the site by copying it, or fails as cargo does. The
//! processes, sockets and signals are real.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{iter, thread};

use plain_tests::command_line::{Answer, Process, Project};

use crate::support::{READY, SITE, built_plain};

/// It fails while there is a file `broken`, hangs while there is a file `slow`, and notes each build.
const CARGO: &str = r#"#!/bin/sh
case "$1" in
metadata)
    echo '{"workspace_root": "'"$PWD"'", "workspace_default_members": ["shop-id"], "packages": [
        {"id": "shop-id", "manifest_path": "'"$PWD"'/Cargo.toml", "default_run": null,
         "targets": [{"kind": ["bin"], "name": "shop"}]}]}'
    ;;
build)
    echo build >> builds
    if [ -e slow ]; then
        sleep 1000 &
        echo $! > sleeper
        echo "   Compiling shop (slowly)" >&2
        wait
    fi
    if [ -e broken ]; then
        printf %s '{"reason": "compiler-message", "message": {"level": "error", "rendered":
            "error: expected <expression>\n --> src/main.rs:3:7\n", "spans":
            [{"is_primary": true, "file_name": "src/main.rs", "line_start": 3, "column_start": 7}]}}' \
            | tr -d '\n'
        exit 101
    fi
    mkdir -p target
    cp SITE target/new && mv -f target/new target/shop
    echo '{"reason": "compiler-artifact", "package_id": "shop-id",
        "target": {"kind": ["bin"], "name": "shop"}, "executable": "'"$PWD"'/target/shop"}' | tr -d '\n'
    ;;
esac
"#;

pub(crate) fn project() -> Project {
    let mut project = Project::new(built_plain(), &format!("DEBUG = true\n{READY}"));
    project.write("Cargo.toml", "");
    project.write("src/main.rs", "");
    project.write("templates/home.html", "");
    project.write("cargo", CARGO.replace("SITE", SITE));
    project.permit("cargo", 0o755);
    project.set("CARGO", project.path("cargo"));
    project
}

fn dev(project: &Project) -> Process {
    project.start("dev --bind 127.0.0.1:0")
}

pub(crate) fn builds(project: &Project) -> usize {
    let builds = fs::read_to_string(project.path("builds")).unwrap_or_default();
    builds.lines().count()
}

/// The events that an open page gets, from its own server on.
fn events(server: &mut Process) -> impl Iterator<Item = String> + use<> {
    let stream = server.send("GET", "/__plain_dev__/events", &[]);
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    iter::from_fn(move || lines.find(|line| line.starts_with("data:")))
}

/// What the script in a page was given to tell changes by.
fn id(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("reload.js?id=").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The processes that run a program of the project.
fn processes(project: &Project) -> Vec<String> {
    let folder = project.path("").display().to_string();
    let found = Command::new("pgrep")
        .args(["-f", &folder])
        .output()
        .unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    found.lines().map(str::to_owned).collect()
}

/// Whether a process runs; one that has ended may wait for who asks how.
fn runs(number: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

#[test]
fn what_does_not_compile_is_shown_in_the_terminal_and_in_the_browser() {
    let project = project();
    project.write("broken", "");
    let mut server = dev(&project);
    server.wait_for("Waiting for a change");
    let page = server.get("/");
    assert_eq!(page.status, 503);
    for text in [
        "does not compile",
        "src&#x2f;main.rs:3:7",
        "expected &lt;expression&gt;",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    server.wait_for("--> src/main.rs:3:7");

    project.remove("broken");
    project.write("src/main.rs", "// mended");
    server.wait_for("Ready after");
    let page = server.get("/fail");
    assert_eq!(page.status, 500);
    assert!(!page.body.contains("does not compile"), "{}", page.body);

    // The application that was there goes on, and the open pages are told.
    let mut pages = events(&mut server);
    pages.next().unwrap();
    project.write("broken", "");
    project.write("src/main.rs", "// broken again");
    let failed = pages.find(|news| news.contains("failed")).unwrap();
    assert!(failed.contains("src/main.rs:3:7"), "{failed}");
    assert!(failed.contains("expected <expression>"), "{failed}");
    assert_eq!(server.get("/").body, "home");
    project.remove("broken");
    project.write("src/main.rs", "// mended again");
    assert!(pages.all(|news| !news.contains("fine")));
    server.stop().expect(0);
}

#[test]
fn a_template_reloads_pages_and_settings_start_the_application_again_without_a_build() {
    let project = project();
    let mut server = dev(&project);
    server.wait_for("Ready after");
    let before = id(&server.request("GET", "/fail", &[("Accept", "text/html")]));
    let mut pages = events(&mut server);
    assert!(pages.next().unwrap().contains(&before));
    project.write("templates/home.html", "changed");
    let told = pages.next().unwrap();
    assert!(!told.contains(&before), "{told}");
    let after = id(&server.request("GET", "/fail", &[("Accept", "text/html")]));
    assert!(told.contains(&after), "{told}");

    project.write(
        "settings.toml",
        format!("DEBUG = true\nSITE_NAME = 1\n{READY}"),
    );
    let failed = pages.find(|news| news.contains("failed")).unwrap();
    assert!(failed.contains("SITE_NAME"), "{failed}");
    assert_eq!(server.get("/").body, "home");
    project.write(
        "settings.toml",
        format!("DEBUG = true\nSITE_NAME = \"Tea\"\n{READY}"),
    );
    assert!(
        pages.all(|news| !news.contains(&before)),
        "the new server is another one"
    );
    assert_eq!(server.get("/").body, "home");
    server.stop().expect(0);
    // One at first, and one since a failed start could have been the code's.
    assert!(builds(&project) <= 2, "{}", builds(&project));
}

#[test]
fn a_static_file_reloads_pages_and_is_served_as_it_is_now_without_a_build() {
    let project = project();
    project.write("assets/site.css", "a {}");
    let mut server = dev(&project);
    server.wait_for("Ready after");
    assert_eq!(server.get("/assets/site.css").body, "a {}");
    let before = id(&server.request("GET", "/fail", &[("Accept", "text/html")]));
    let mut pages = events(&mut server);
    assert!(pages.next().unwrap().contains(&before));
    project.write("assets/site.css", "b {}");
    let told = pages.next().unwrap();
    assert!(!told.contains(&before), "{told}");
    assert_eq!(server.get("/assets/site.css").body, "b {}");
    server.stop().expect(0);
    assert_eq!(builds(&project), 1);
}

#[test]
fn the_script_is_in_pages_only_and_only_under_plain_dev() {
    let project = project();
    let mut server = dev(&project);
    server.wait_for("Ready after");
    assert!(
        !server.get("/").body.contains("__plain_dev__"),
        "it is no page"
    );
    let script = server.get("/__plain_dev__/reload.js");
    assert!(
        script
            .header("content-type")
            .unwrap()
            .starts_with("text/javascript")
    );
    assert!(script.body.contains("EventSource"));
    server.stop().expect(0);
    // The application by itself, as in production, has none of it.
    let site = Project::at(SITE, project.path(""));
    let mut server = site.serve();
    let page = server.request("GET", "/fail", &[("Accept", "text/html")]);
    assert!(!page.body.contains("__plain_dev__"), "{}", page.body);
    assert_eq!(server.get("/__plain_dev__/events").status, 404);
    server.stop().expect(0);
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let project = project();
    let mut server = dev(&project);
    server.wait_for("Ready after");
    // While it serves, and a build goes on with processes of its own.
    project.write("slow", "");
    project.write("src/main.rs", "// slow");
    server.wait_for("(slowly)");
    let sleeper = fs::read_to_string(project.path("sleeper")).unwrap();
    assert!(runs(sleeper.trim()));
    assert!(processes(&project).len() >= 2, "{:?}", processes(&project));
    server.signal("INT");
    server.finish().expect(0);
    assert_eq!(processes(&project), Vec::<String>::new());
    // What was killed takes a moment to be gone.
    let deadline = Instant::now() + Duration::from_secs(10);
    while runs(sleeper.trim()) {
        assert!(Instant::now() < deadline, "the build goes on");
        thread::yield_now();
    }
}

#[test]
fn a_killed_plain_dev_takes_its_application_along() {
    let project = project();
    let mut server = dev(&project);
    server.wait_for("Ready after");
    server.signal("KILL");
    // Its output ends when the application, which shares it, has ended. (That nobody listens would
    // prove less: the port may be another test's by now.)
    drop(server.finish());
    assert_eq!(processes(&project), Vec::<String>::new());
}

#[test]
fn without_debug_it_refuses() {
    let project = project();
    project.write("settings.toml", READY);
    let refused = project.run("dev --bind 127.0.0.1:0").expect(1);
    assert!(refused.err.contains("DEBUG is off"), "{}", refused.err);
    assert_eq!(builds(&project), 0);
    project.run("dev --bnid 127.0.0.1:0").expect(2);
    assert!(
        project
            .done("dev --help")
            .contains("takes over on the same socket")
    );
}
