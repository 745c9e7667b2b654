//! Load, by wrk.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::cell::Route;

/// The script that tells wrk what to send.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../lua/load.lua");

/// One run of wrk.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) url: &'a str,
    /// The first argument of the script.
    pub(crate) what: &'a str,
    pub(crate) path: &'a str,
    /// The file with the visitors' cookies, if they are sent.
    pub(crate) cookies: Option<&'a Path>,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    pub(crate) duration: Duration,
    /// How long a connection rests between two requests.
    pub(crate) pause: Duration,
}

/// What wrk saw. Latencies are in microseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Requests that were answered.
    pub(crate) requests: u64,
    pub(crate) microseconds: u64,
    pub(crate) bytes: u64,
    pub(crate) p50: u64,
    pub(crate) p90: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
    /// Answers with a status of 400 or more.
    pub(crate) failed: u64,
    /// Connections that broke, and requests that waited longer than 2 seconds.
    pub(crate) broken: u64,
}

impl Seen {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 * 1e6 / self.microseconds.max(1) as f64
    }
}

impl<'a> Load<'a> {
    /// Asks for `route` without a pause.
    pub(crate) fn of(route: Route, url: &'a str, cookies: &'a Path) -> Self {
        Self {
            url,
            what: route.what(),
            path: route.path(),
            cookies: route.has_cookie().then_some(cookies),
            connections: 1,
            threads: 1,
            duration: Duration::from_secs(1),
            pause: Duration::ZERO,
        }
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Result<Seen> {
        let threads = self.threads.min(self.connections).max(1);
        let output = Command::new("wrk")
            .arg(format!("-t{threads}"))
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{}s", self.duration.as_secs()))
            .args(["-s", SCRIPT, self.url, "--", self.what, self.path])
            .arg(self.cookies.unwrap_or(Path::new("-")))
            .arg(threads.to_string())
            .arg(self.pause.as_millis().to_string())
            .output()
            .context("wrk can't be run; on Debian: apt-get install wrk")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "wrk failed: {said}{errors}");
        let line = said.lines().rfind(|line| line.starts_with('{'));
        let line = line.with_context(|| format!("wrk said nothing of use: {said}{errors}"))?;
        serde_json::from_str(line).with_context(|| format!("wrk said: {line}"))
    }
}
