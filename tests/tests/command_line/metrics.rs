//! The metrics of a server, as Prometheus reads them.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;

use plain_tests::command_line::{Answer, Process};

use crate::support::{migrated_with, workspace};
use crate::worker::overdue;

/// What is read at the address of the metrics, which the log tells.
fn read(server: &mut Process, path: &str) -> Answer {
    let line = server.wait_for("metrics at http://");
    let (_, address) = line.split_once("metrics at http://").unwrap();
    let (address, _) = address.split_once("/metrics").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    Answer::read(stream)
}

/// The number behind `metric`, a name with its labels.
#[track_caller]
fn number(text: &str, metric: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("no {metric} in\n{text}"));
    line.parse().unwrap()
}

#[test]
fn requests_are_counted_by_the_pattern_of_their_route_and_their_status() {
    let project = migrated_with("METRICS_BIND = \"0\"\n");
    let mut server = project.serve();
    let first = server.request("POST", "/visits?a=1", &[]);
    let cookie = first.cookie().unwrap().to_owned();
    for _ in 0..3 {
        server.request("GET", "/visits", &[("Cookie", &cookie)]);
    }
    server.get("/fail");
    for path in ["/nowhere", "/nowhere/else", "/secret-swordfish"] {
        server.get(path);
    }
    server.request("BREW", "/fail", &[]);
    let answer = read(&mut server, "/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let text = &answer.body;
    let requests = |route: &str, method: &str, status: &str| {
        let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
        number(text, &format!("plain_http_requests_total{{{labels}}}"))
    };
    assert_eq!(requests("/visits", "POST", "200"), 1.0);
    assert_eq!(requests("/visits", "GET", "200"), 3.0);
    assert_eq!(requests("/fail", "other", "405"), 1.0);
    assert_eq!(requests("/fail", "GET", "500"), 1.0);
    assert_eq!(requests("none", "GET", "404"), 3.0);
    assert!(
        !text.contains("swordfish") && !text.contains("nowhere"),
        "{text}"
    );
    let histogram = "plain_http_request_duration_seconds";
    let count = number(text, &format!("{histogram}_count{{route=\"/visits\"}}"));
    let all = number(
        text,
        &format!("{histogram}_bucket{{route=\"/visits\",le=\"+Inf\"}}"),
    );
    assert_eq!((count, all), (4.0, 4.0));
    assert_eq!(number(text, "plain_http_requests_in_flight"), 0.0);
    assert!(number(text, "plain_database_statement_duration_seconds_count") >= 4.0);
    assert_eq!(number(text, "plain_database_connections_in_use"), 0.0);
    assert_eq!(
        number(text, "plain_sessions_commits_total{outcome=\"saved\"}"),
        1.0
    );
    assert_eq!(
        number(text, "plain_sessions_commits_total{outcome=\"unchanged\"}"),
        3.0
    );
    assert_eq!(
        number(text, "plain_sessions_commits_total{outcome=\"failed\"}"),
        0.0
    );
    assert!(number(text, "process_resident_memory_bytes") > 1e6);
    assert!(number(text, "process_start_time_seconds") > 1.6e9);
}

/// The names in the table of README.
fn names_in_readme(readme: &str) -> BTreeSet<&str> {
    let (_, table) = readme.split_once("| metric | labels |").unwrap();
    let rows = table.lines().skip(2).take_while(|row| row.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn readme_names_every_metric_and_no_other() {
    let project = overdue("METRICS_BIND = \"0\"\n");
    let mut server = project.serve();
    server.request("POST", "/visits", &[]);
    server.wait_for("waited");
    let text = read(&mut server, "/metrics").body;
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let shown: BTreeSet<&str> = types.filter_map(|line| line.split(' ').next()).collect();
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let named = names_in_readme(&readme);
    // Those of the process are what all programs have; README names some.
    let missing = shown.difference(&named);
    let missing: Vec<_> = missing.filter(|name| name.starts_with("plain_")).collect();
    assert!(missing.is_empty(), "not in README: {missing:?}");
    let unknown: Vec<_> = named.difference(&shown).collect();
    assert!(unknown.is_empty(), "only in README: {unknown:?}");
}

#[test]
fn what_is_under_way_is_seen_while_it_is() {
    let mut project = migrated_with("METRICS_BIND = \"0\"\n");
    let gate = project.gate();
    let mut server = project.serve();
    let stream = server.send("GET", "/slow", &[]);
    let waiting = gate.wait_for("request");
    let text = read(&mut server, "/metrics").body;
    assert_eq!(number(&text, "plain_http_requests_in_flight"), 1.0);
    // The visitor's, and this one.
    assert_eq!(number(&text, "plain_http_connections"), 2.0);
    drop(waiting);
    assert_eq!(Answer::read(stream).status, 200);
}

#[test]
fn visitors_do_not_see_the_metrics() {
    let project = migrated_with("METRICS_BIND = \"0\"\n");
    let mut server = project.serve();
    assert_eq!(server.get("/metrics").status, 404);
    assert_eq!(read(&mut server, "/").status, 404);
    let line = server.wait_for("metrics at http://");
    assert!(line.contains("metrics at http://127.0.0.1:"), "{line}");
}

#[test]
fn without_the_setting_nothing_more_listens() {
    let project = migrated_with("");
    let server = project.serve();
    let log = server.stop().expect(0).err;
    assert!(!log.contains("plain::metrics"), "{log}");
}

#[test]
fn an_address_that_is_taken_stops_the_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let project = migrated_with(&format!("METRICS_BIND = \"{address}\"\n"));
    let finished = project.run("server --bind 127.0.0.1:0");
    let finished = finished.expect(1);
    assert!(
        finished
            .err
            .contains(&format!("METRICS_BIND: {address} is in use: choose a port")),
        "{}",
        finished.err
    );
}

#[test]
fn a_worker_tells_how_its_chores_went() {
    let mut project = overdue("METRICS_BIND = \"0\"\n");
    let gate = project.gate();
    let mut worker = project.start("worker");
    drop(gate.wait_for("chore"));
    worker.wait_for("waited");
    let text = read(&mut worker, "/metrics").body;
    let runs = "plain_chores_runs_total{chore=\"site.chores.Wait\",outcome=\"done\"}";
    assert_eq!(number(&text, runs), 1.0);
    let duration = "plain_chores_duration_seconds_count{chore=\"site.chores.Wait\"}";
    assert_eq!(number(&text, duration), 1.0);
    let last = "plain_chores_last_done_timestamp_seconds{chore=\"site.chores.Wait\"}";
    assert!(number(&text, last) > 1.6e9);
}
