//! The deployment that the guide describes: nginx in front, as its page configures it, of two
//! instances that an unprivileged user runs.
//!
//! Where there is no nginx, each test is reported as ignored, with the reason; with `CI=true` they
//! fail.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]
#![allow(
    clippy::print_stderr,
    reason = "what did not run is said where the results are"
)]

mod load;
mod nginx;
mod proxied;
mod restart;

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Trial};

const TESTS: [(&str, fn()); 5] = [
    (
        "the_client_behind_nginx_is_known_by_address_and_scheme",
        proxied::the_client_behind_nginx_is_known_by_address_and_scheme,
    ),
    (
        "clear_http_leads_to_https_once",
        proxied::clear_http_leads_to_https_once,
    ),
    (
        "connections_between_nginx_and_the_application_are_kept",
        proxied::connections_between_nginx_and_the_application_are_kept,
    ),
    (
        "events_pass_nginx_when_they_happen",
        proxied::events_pass_nginx_when_they_happen,
    ),
    (
        "both_instances_are_replaced_under_load_without_a_failed_request",
        restart::both_instances_are_replaced_under_load_without_a_failed_request,
    ),
];

/// The first program that is needed and not there.
fn missing() -> Option<String> {
    let programs = [
        ("nginx", "-v"),
        ("curl", "--version"),
        ("openssl", "version"),
    ];
    let missing = programs.iter().find(|(program, word)| {
        let output = Command::new(program).arg(word).output();
        !output.is_ok_and(|output| output.status.success())
    });
    missing.map(|(program, _)| format!("there is no {program}: apt-get install {program}"))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = missing();
    let must_run = std::env::var("CI").is_ok_and(|value| value == "true");
    let trials = TESTS.into_iter().map(|(name, test)| {
        let obstacle = missing.clone();
        let ignored = obstacle.is_some() && !must_run;
        let trial = Trial::test(name, move || match obstacle {
            None => {
                test();
                Ok(())
            }
            Some(obstacle) => Err(obstacle.into()),
        });
        trial.with_ignored_flag(ignored)
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    if let (false, Some(missing)) = (arguments.list, missing) {
        eprintln!("The tests of the deployment did not run: {missing}.\n");
    }
    conclusion.exit_code()
}
