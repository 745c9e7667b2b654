//! Why a request was slow, from the log alone.

use plain_tests::command_line::Process;
use serde_json::Value;

use crate::support::migrated_with;

/// The lines about slowness that a server writes while `visit` visits it.
fn slow_lines(settings: &str, visit: impl FnOnce(&mut Process)) -> Vec<Value> {
    let project = migrated_with(&format!("LOG_FORMAT = \"json\"\n{settings}"));
    let mut server = project.serve();
    visit(&mut server);
    let log = server.stop().expect(0).err;
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line["target"] == "plain::slow")
        .collect()
}

const ALL: &str = "LOG_SLOW_REQUEST = 0.000001\nLOG_SLOW_QUERY = 0\n";

#[test]
fn a_slow_request_says_where_its_time_went() {
    let lines = slow_lines(ALL, |server| {
        let first = server.request("POST", "/visits", &[]);
        let cookie = first.cookie().unwrap().to_owned();
        server.request("GET", "/visits", &[("Cookie", &cookie)]);
        server.get("/nowhere?token=swordfish");
    });
    let [post, get, missing] = &lines[..] else {
        panic!("{lines:#?}");
    };
    for line in &lines {
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["message"], "a request was slow");
        assert_eq!(line["span"]["id"].as_str().unwrap().len(), 16);
        let number = |name: &str| line[name].as_f64().unwrap_or(-1.0);
        let parts = ["database_ms", "waiting_ms", "templates_ms", "body_ms"];
        let spent: f64 = parts.into_iter().map(number).sum();
        assert!(
            number("busy_ms") > 0.0 && number("duration_ms") >= number("busy_ms"),
            "{line}"
        );
        assert!((0.0..=number("duration_ms")).contains(&spent), "{line}");
    }
    assert_eq!(
        (&post["method"], &post["route"]),
        (&"POST".into(), &"/visits".into())
    );
    assert_eq!(
        (&post["status"], &post["statements"]),
        (&200.into(), &1.into())
    );
    assert!(post["database_ms"].as_f64().unwrap() > 0.0, "{post}");
    assert!(
        post["also"].as_str().unwrap().contains("session commit "),
        "{post}"
    );
    assert_eq!(
        (&get["method"], &get["statements"]),
        (&"GET".into(), &1.into())
    );
    assert!(
        get["also"].as_str().unwrap().contains("session load "),
        "{get}"
    );
    assert_eq!(
        (&missing["route"], &missing["status"]),
        (&"none".into(), &404.into())
    );
    // The page that says that nothing is there.
    assert!(missing["templates_ms"].as_f64().unwrap() > 0.0, "{missing}");
    assert_eq!(missing["statements"], 0);
    assert!(!missing.to_string().contains("swordfish"));
}

#[test]
fn a_slow_statement_is_shown_with_the_request_that_sent_it_and_without_its_values() {
    let lines = slow_lines("LOG_SLOW_QUERY = 0.000001\n", |server| {
        server.request("POST", "/visits", &[]);
    });
    let of_session = lines
        .iter()
        .find(|line| line["sql"].to_string().contains("plainsessions"));
    let line = of_session.unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(line["message"], "a statement was slow");
    assert_eq!(line["level"], "WARN");
    assert!(
        line["sql"].as_str().unwrap().contains("VALUES ($1, $2"),
        "{line}"
    );
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(line["rows"], 1);
    assert_eq!(line["span"]["id"].as_str().unwrap().len(), 16);
}

#[test]
fn nothing_is_slow_where_the_settings_say_so() {
    let off = "LOG_SLOW_REQUEST = 0\nLOG_SLOW_QUERY = 0.0\n";
    let lines = slow_lines(off, |server| {
        server.request("POST", "/visits", &[]);
    });
    assert_eq!(lines, Vec::<Value>::new());
}

#[test]
fn a_client_that_does_not_wait_is_noted_too() {
    let mut project = migrated_with(&format!("LOG_FORMAT = \"json\"\n{ALL}"));
    let gate = project.gate();
    let mut server = project.serve();
    let stream = server.send("GET", "/slow", &[]);
    let waiting = gate.wait_for("request");
    drop(stream);
    let line = server.wait_for("a request was slow");
    drop(waiting);
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["route"], &line["status"]),
        (&"/slow".into(), &499.into())
    );
}
