//! A process that ends with this one, however this one ends.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Starts the program, waits for the end of its own input, which comes when the process that holds
/// the other end is gone, and asks all that was started to stop.
const KEEPER: &str = r#""$@" & read -r _; trap '' TERM; kill -TERM 0; wait"#;

/// A program, and all that it starts, in a process group of its own.
#[derive(Debug)]
pub(super) struct Leashed {
    keeper: Child,
    output: BufReader<ChildStdout>,
}

impl Leashed {
    /// Starts `program` in `folder`.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        environment: &[(String, String)],
    ) -> Self {
        let mut command = Command::new("sh");
        command.arg("-c").arg(KEEPER).arg("sh").arg(program);
        command.args(arguments).current_dir(folder);
        command.env_remove("DATABASE_URL");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::null()).process_group(0);
        let mut keeper = command.spawn().unwrap();
        let output = BufReader::new(keeper.stdout.take().unwrap());
        Self { keeper, output }
    }

    /// What follows `text` on the first line of its output that has it.
    pub(super) fn said(&mut self, text: &str) -> String {
        let mut heard = String::new();
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).unwrap() == 0 {
                panic!("ended without saying `{text}`, but: {heard}");
            }
            if let Some((_, rest)) = line.split_once(text) {
                return rest.trim().to_owned();
            }
            heard.push_str(&line);
        }
    }

    /// Asks it to stop (SIGTERM), and waits until it has.
    pub(super) fn stop(&mut self) {
        drop(self.keeper.stdin.take());
        // The keeper waits for what it started, and is its own child no more when this returns.
        let _ = self.keeper.wait();
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The first program of this name on PATH.
pub(super) fn on_path(name: &OsStr) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
    candidates.find(|candidate| candidate.is_file())
}
