//! Output that goes to programs: JSON, closed pipes, and no colour.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;

use plain_tests::command_line::Answer;
use serde_json::Value;

use crate::support::{READY, migrated, site_with};

#[test]
fn what_is_json_is_only_json() {
    let project = migrated();
    for (words, status) in [
        ("settings list --json", 0),
        ("settings list --changed --json", 0),
        ("settings get DEBUG --json", 0),
        ("urls list --json", 0),
        ("packages list --json", 0),
        ("migrations list --json", 0),
        ("chores list --json", 0),
        ("chores run site.chores.Count site.chores.Fail --json", 1),
        ("settings schema", 0),
        ("docs --json", 0),
        ("request / --json", 0),
        ("request /nowhere --json", 1),
        ("preflight --json", 0),
        ("preflight --deploy --json", 0),
    ] {
        let finished = project.run(words).expect(status);
        let json: Result<Value, _> = serde_json::from_str(&finished.out);
        assert!(json.is_ok(), "{words}: {}", finished.out);
        assert_eq!(finished.err, "", "{words}");
    }
}

#[test]
fn who_closes_the_pipe_has_read_enough() {
    let project = migrated();
    for words in [
        "--help",
        "migrate --help",
        "settings list",
        "settings list --json",
        "urls list",
        "packages list",
        "migrations list",
        "chores list",
        "chores run site.chores.Count",
        "migrate",
        "preflight",
        "request /",
        "greet Ada",
    ] {
        let mut child = project
            .command()
            .args(words.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        let status = child.wait().unwrap();
        assert_eq!((status.code(), err.as_str()), (Some(0), ""), "{words}");
    }
}

#[test]
fn a_server_whose_output_nobody_reads_serves_all_the_same() {
    let project = migrated();
    // Nobody reads where it listens, so it is told.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut child = project
        .command()
        .args(["server", "--bind", &address])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    let mut stream = loop {
        if let Ok(stream) = TcpStream::connect(&address) {
            break stream;
        }
        assert_eq!(child.try_wait().unwrap(), None);
        thread::yield_now();
    };
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let answer = Answer::read(stream);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "home"));
}

#[test]
fn nothing_is_coloured_that_does_not_go_to_a_terminal() {
    let project = site_with(&format!("DEBUG = true\n{READY}"))
        .with("CLICOLOR_FORCE", "1")
        .with("TERM", "xterm-256color");
    project.done("migrate");
    for words in [
        "--help",
        "migrate --help",
        "migrations list",
        "chores run",
        "preflight --deploy",
        "request /",
        "request /nowhere",
        "settings list",
        "nonsense",
        "migrate nonsense",
        "server --bind nonsense",
    ] {
        let all = project.run(words).all();
        assert!(!all.contains('\x1b'), "{words}: {all:?}");
    }
}
