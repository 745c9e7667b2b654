//! How a server starts to listen, and how it stops.

use std::net::{TcpListener, TcpStream};

use insta::assert_snapshot;
use plain_tests::command_line::Answer;

use crate::support::{READY, migrated, migrated_with, site_with};

#[test]
fn each_signal_lets_the_request_in_flight_be_answered_and_ends_with_0() {
    for signal in ["TERM", "INT"] {
        let mut project = migrated();
        let gate = project.gate();
        let mut server = project.serve();
        let slow = server.send("GET", "/slow", &[]);
        let request = gate.wait_for("request");
        server.signal(signal);
        server.wait_for("asked to stop");
        drop(request);
        let answer = Answer::read(slow);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "slow but sure")
        );
        let finished = server.finish().expect(0);
        assert!(!finished.err.contains("ERROR"), "{}", finished.err);
        assert!(!project.path("db.sqlite3-wal").exists());
    }
}

#[test]
fn a_stopped_server_without_requests_ends_at_once() {
    let project = migrated_with("SERVER_GRACEFUL_TIMEOUT = 3600\n");
    let mut server = project.serve();
    // Clients that say nothing, or nothing more, are not waited for.
    let _silent = TcpStream::connect(server.address()).unwrap();
    assert_eq!(server.get("/").status, 200);
    server.stop().expect(0);
}

#[test]
fn the_second_signal_ends_it_at_once_and_drops_what_is_in_flight() {
    let mut project = migrated_with("SERVER_GRACEFUL_TIMEOUT = 3600\n");
    let gate = project.gate();
    let mut server = project.serve();
    let slow = server.send("GET", "/slow", &[]);
    let _request = gate.wait_for("request");
    server.signal("TERM");
    server.wait_for("asked to stop");
    server.signal("INT");
    let finished = server.finish().expect(1);
    assert!(
        finished
            .err
            .contains("ended before everything was answered"),
        "{}",
        finished.err
    );
    assert_eq!(read_all(slow), "");
}

#[test]
fn after_its_time_a_request_is_not_waited_for_any_longer() {
    let mut project = migrated_with("SERVER_GRACEFUL_TIMEOUT = 0.1\n");
    let gate = project.gate();
    let mut server = project.serve();
    let slow = server.send("GET", "/slow", &[]);
    let _request = gate.wait_for("request");
    server.signal("TERM");
    let finished = server.finish().expect(1);
    assert!(
        finished
            .err
            .contains("ended before everything was answered connections=1"),
        "{}",
        finished.err
    );
    assert_eq!(read_all(slow), "");
}

fn read_all(mut stream: TcpStream) -> String {
    let mut text = String::new();
    // A connection that was reset is as empty as one that was closed.
    let _ = std::io::Read::read_to_string(&mut stream, &mut text);
    text
}

#[test]
fn a_port_that_is_in_use_is_said_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let project = migrated();
    let refused = project.run(&format!("server --bind {address}")).expect(1);
    assert_eq!(refused.out, "");
    assert_snapshot!(refused.err.replace(&address, "ADDRESS"), @"error: ADDRESS is in use: another program listens there, perhaps this one, started twice; stop it, or choose another port with --bind or SERVER_BIND: Address already in use (os error 98)");
    let by_setting = project.with("PLAIN_SERVER_BIND", &address).run("server");
    assert_eq!(by_setting.expect(1).err, refused.err);
}

#[test]
fn an_address_that_is_none_is_wrong_usage() {
    let project = migrated();
    assert_snapshot!(project.run("server --bind 8000").expect(2).err, @"
    error: invalid value '8000' for '--bind <ADDRESS>': must be HOST:PORT, such as 127.0.0.1:8000, or unix:PATH, such as unix:/run/app.sock

    For more information, try '--help'.
    ");
    for bind in [
        ":80",
        "127.0.0.1",
        "127.0.0.1:http",
        "127.0.0.1:70000",
        "::1:80",
    ] {
        project.run(&format!("server --bind {bind}")).expect(2);
    }
    assert_snapshot!(project.run("server --bind nobody.invalid:80").expect(1).err, @"error: `nobody.invalid:80` can't be listened on: the host name has no address here; give an address, such as 127.0.0.1:8000, with --bind or SERVER_BIND: failed to lookup address information: Name or service not known");
    assert_snapshot!(project.run("server --bind 192.0.2.1:8000").expect(1).err, @"error: 192.0.2.1:8000 is no address of this machine; choose one of its own, 127.0.0.1 or 0.0.0.0, with --bind or SERVER_BIND: Cannot assign requested address (os error 99)");
}

#[test]
fn a_server_for_its_developer_migrates_first_and_needs_debug() {
    let project = site_with(&format!("DEBUG = true\n{READY}"));
    for words in ["dev --bind 127.0.0.1:0", ""] {
        let mut project = site_with(&format!("DEBUG = true\n{READY}"));
        project.set("PLAIN_SERVER_BIND", "127.0.0.1:0");
        let mut server = project.start(words);
        assert_eq!(server.get("/visits").status, 200);
        let finished = server.stop().expect(0);
        assert!(
            finished.out.starts_with(
                "Applied plain 0001_chores\nApplied plain.sessions 0001_initial\n\
                 Applied site 0001_notes\nListening on http://127.0.0.1:"
            ),
            "{}",
            finished.out
        );
    }
    drop(project);
    let project = site_with(READY);
    assert_snapshot!(project.run("dev").expect(1).err, @"error: `plain dev` is for developers and DEBUG is off; set DEBUG = true in settings.toml, or use `plain migrate` and `plain server`");
    assert!(!project.path("db.sqlite3").exists());
}
