//! Samples of what a subject does while it is loaded, by perf; `benchmarks/flames` draws them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// Samples a second: no round number, so that what happens a thousand times a second is not always
/// met at the same place.
const FREQUENCY: &str = "997";

/// Perf, while it looks at a process.
#[derive(Debug)]
pub(crate) struct Perf {
    process: Child,
    file: PathBuf,
}

impl Perf {
    /// Looks at the process `pid` for so long; the samples go to `file`.
    pub(crate) fn start(pid: u32, duration: Duration, file: &Path) -> Result<Self> {
        let mut command = Command::new("perf");
        command
            .args(["record", "--quiet", "--freq", FREQUENCY])
            .args(["--call-graph", "fp", "--pid", &pid.to_string(), "--output"])
            .arg(file)
            .args(["--", "sleep", &duration.as_secs().to_string()])
            .stdout(Stdio::null());
        let process = command
            .spawn()
            .context("perf can't be run; on Debian: apt-get install linux-perf")?;
        let file = file.to_owned();
        Ok(Self { process, file })
    }

    /// Waits until it has written all.
    pub(crate) fn finish(mut self) -> Result<()> {
        let status = self.process.wait()?;
        let file = self.file.display();
        ensure!(status.success(), "perf wrote no {file}: {status}");
        Ok(())
    }
}
