//! The log of a server.

use serde_json::Value;

use crate::support::migrated_with;

/// What a visitor sends that is nobody else's business.
const QUERY: &str = "token=swordfish";
const HEADER: (&str, &str) = ("Authorization", "Bearer sesame");
const COOKIE: &str = "sessionid=0123456789abcdefghijklmnopqrstuv; other=marmalade";

/// What the server logs of some visits, at the level that shows most; and the session key that it
/// gave away.
fn visits(settings: &str) -> (String, String) {
    let project = migrated_with(&format!("LOG_LEVEL = \"trace\"\n{settings}"));
    let mut server = project.serve();
    let target = format!("/visits?{QUERY}");
    let first = server.request("POST", &target, &[HEADER, ("Cookie", COOKIE)]);
    let cookie = first.cookie().unwrap().to_owned();
    assert_eq!(
        server.request("GET", &target, &[("Cookie", &cookie)]).body,
        "1"
    );
    assert_eq!(server.get(&format!("/fail?{QUERY}")).status, 500);
    assert_eq!(server.get(&format!("/panic?{QUERY}")).status, 500);
    let log = server.stop().expect(0).err;
    let (_, key) = cookie.split_once('=').unwrap();
    (log, key.to_owned())
}

fn holds_no_credential(log: &str, key: &str) {
    for secret in [
        key,
        "swordfish",
        "sesame",
        "marmalade",
        "0123456789abcdefghijklmnopqrstuv",
    ] {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{secret}: {lines:#?}");
    }
}

#[test]
fn lines_for_people_tell_what_was_asked_for_and_no_credential() {
    let (log, key) = visits("");
    holds_no_credential(&log, &key);
    let access: Vec<_> = log
        .lines()
        .filter(|line| line.contains("plain::access"))
        .collect();
    let [post, get, fail, panic] = access[..] else {
        panic!("{log}");
    };
    assert!(
        post.contains(r#"method="POST" path="/visits" status=200"#),
        "{post}"
    );
    assert!(
        get.contains(r#"method="GET" path="/visits" status=200"#),
        "{get}"
    );
    assert!(get.contains("bytes=1 client=127.0.0.1"), "{get}");
    assert!(fail.contains(r#"path="/fail" status=500"#), "{fail}");
    assert!(panic.contains(r#"path="/panic" status=500"#), "{panic}");
    assert!(!log.contains('\x1b'), "{log}");
}

#[test]
fn lines_for_programs_are_each_a_json_object() {
    let (log, key) = visits("LOG_FORMAT = \"json\"\n");
    holds_no_credential(&log, &key);
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let access: Vec<_> = lines
        .iter()
        .filter(|line| line["target"] == "plain::access")
        .collect();
    assert_eq!(access.len(), 4);
    assert_eq!(access[1]["method"], "GET");
    assert_eq!(access[1]["path"], "/visits");
    assert_eq!(access[1]["status"], 200);
    assert_eq!(access[1]["bytes"], 1);
    assert_eq!(access[1]["client"], "127.0.0.1");
    assert!(access[1]["duration_ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_panic_is_logged_with_its_place_and_the_id_of_its_request() {
    let project = migrated_with("LOG_FORMAT = \"json\"\n");
    let mut server = project.serve();
    let page = server.get("/panic");
    let id = page.header("x-request-id").unwrap().to_owned();
    let log = server.stop().expect(0).err;
    let lines = log.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>().unwrap();
    let errors: Vec<_> = lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 2, "{log}");
    for error in &errors {
        assert_eq!(error["message"], "panicked: the page is on fire");
        assert_eq!(error["span"]["id"], id.as_str());
    }
    let place = errors[0]["location"].as_str().unwrap();
    assert!(place.contains("pages.rs:"), "{place}");
    assert_eq!(errors[1]["path"], "/panic");
}

#[test]
fn a_panic_is_seen_even_where_the_log_is_off() {
    let project = migrated_with("LOG_LEVEL = \"off\"\n");
    let mut server = project.serve();
    assert_eq!(server.get("/panic").status, 500);
    let finished = server.stop().expect(0);
    assert!(
        finished.err.contains("the page is on fire"),
        "{}",
        finished.err
    );
}

#[test]
fn the_access_log_can_be_switched_off() {
    let project = migrated_with("ACCESS_LOG = false\n");
    let mut server = project.serve();
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/fail").status, 500);
    let log = server.stop().expect(0).err;
    assert!(!log.contains("plain::access"), "{log}");
    assert!(log.contains("No such file or directory"), "{log}");
}

#[test]
fn paths_can_not_forge_lines() {
    let project = migrated_with("");
    let mut server = project.serve();
    assert_eq!(server.get("/%0Aforged%1b[31m\u{e9}").status, 404);
    let log = server.stop().expect(0).err;
    assert!(!log.contains("\nforged"), "{log}");
    assert!(!log.contains('\x1b'), "{log}");
}
