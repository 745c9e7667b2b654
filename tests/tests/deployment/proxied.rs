//! What the application knows of its clients behind nginx, and how answers come through.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::nginx::Deployment;

pub(crate) fn the_client_behind_nginx_is_known_by_address_and_scheme() {
    let deployment = Deployment::new();
    let _instance = deployment.start(0);
    let mut liar = deployment.curl("/who");
    liar.args(["--header", "X-Forwarded-For: 6.6.6.6"]);
    liar.args(["--header", "X-Forwarded-Proto: gopher"]);
    let answer = liar.output().unwrap().stdout;
    let answer = String::from_utf8(answer).unwrap();
    let known = answer.rsplit_once(' ').unwrap().0;
    assert_eq!(known, "127.0.0.1 https shop.example", "{answer}");
}

pub(crate) fn clear_http_leads_to_https_once() {
    let deployment = Deployment::new();
    let _instance = deployment.start(0);
    let shown = "%{http_code} %{redirect_url}";
    let mut curl = deployment.clear_curl("/who?a=1");
    let answer = curl.args(["--write-out", shown, "--output", "/dev/null"]);
    let answer = String::from_utf8(answer.output().unwrap().stdout).unwrap();
    assert_eq!(answer, "308 https://shop.example/who?a=1");
    assert!(deployment.get("/who").contains(" https "));
}

pub(crate) fn connections_between_nginx_and_the_application_are_kept() {
    let deployment = Deployment::new();
    let _instances = [deployment.start(0), deployment.start(1)];
    let connections: BTreeSet<String> = (0..10)
        .map(|_| {
            let answer = deployment.get("/who");
            answer.rsplit_once(' ').unwrap().1.to_owned()
        })
        .collect();
    assert_eq!(
        connections.len(),
        2,
        "one for each instance: {connections:?}"
    );
}

pub(crate) fn events_pass_nginx_when_they_happen() {
    let mut deployment = Deployment::new();
    let gate = deployment.project.gate();
    let _instance = deployment.start(0);
    let mut curl = deployment.curl("/events");
    let curl = curl.arg("--no-buffer").stdout(Stdio::piped());
    let mut curl = curl.spawn().unwrap();
    let mut lines = BufReader::new(curl.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "data: one");
    // The second is held back until the first has come through.
    drop(gate.wait_for("event"));
    assert_eq!(lines.next().unwrap().unwrap(), "");
    assert_eq!(lines.next().unwrap().unwrap(), "data: two");
    curl.wait().unwrap();
}
