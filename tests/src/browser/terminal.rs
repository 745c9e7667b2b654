//! A terminal for commands that ask: that of `script`, of util-linux.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::PATIENCE;

/// Runs `command` in `folder` at a terminal: types each answer once its question stands there and
/// the terminal no longer shows what is typed. Returns all that it showed.
pub(super) fn answer(command: &str, folder: &Path, answers: &[(&str, &str)]) -> String {
    let mut terminal = Command::new("timeout")
        .args(["60", "script", "-qec", command, "/dev/null"])
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = terminal.stdin.take().unwrap();
    let mut screen = terminal.stdout.take().unwrap();
    let mut shown = Vec::new();
    for (question, answer) in answers {
        while !shown.ends_with(question.as_bytes()) {
            let mut byte = [0];
            if let Err(error) = screen.read_exact(&mut byte) {
                let shown = String::from_utf8_lossy(&shown);
                panic!("{question:?} is not asked ({error}): {shown}");
            }
            shown.push(byte[0]);
        }
        wait_until_nothing_is_shown(&terminal);
        keyboard
            .write_all(format!("{answer}\n").as_bytes())
            .unwrap();
    }
    screen.read_to_end(&mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    assert!(terminal.wait().unwrap().success(), "{command}: {shown}");
    shown
}

/// The question is written before the terminal is told to show nothing.
fn wait_until_nothing_is_shown(terminal: &Child) {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let device = device_below(terminal.id());
        let modes = device.and_then(|device| {
            let mut stty = Command::new("stty");
            stty.arg("-a").arg("-F").arg(device).output().ok()
        });
        let modes = modes.map(|modes| String::from_utf8_lossy(&modes.stdout).into_owned());
        if modes.is_some_and(|modes| modes.split_whitespace().any(|mode| mode == "-echo")) {
            return;
        }
    }
    panic!("the terminal shows what is typed");
}

/// The terminal of a process that `parent` started, or that one of those did.
fn device_below(parent: u32) -> Option<PathBuf> {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    let mut children = children.split_whitespace();
    children.find_map(|child| {
        let input = fs::read_link(format!("/proc/{child}/fd/0")).ok()?;
        match input.starts_with("/dev/pts") {
            true => Some(input),
            false => device_below(child.parse().ok()?),
        }
    })
}
