//! Commands: those that are shown with what they print, in scripts, and in units of systemd.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::{blocks_of, run, shop};

/// Commands that can't be run here, with the reason.
const NOT_HERE: [(&str, &str); 5] = [
    (
        "cargo ",
        "builds; what it builds is built and tested as it is",
    ),
    ("plain dev", "serves until it is stopped"),
    ("plain new", "makes a project; tested where the command is"),
    ("cd ", "changes the folder, which is another one here"),
    ("rm ", "removes what `plain new` made"),
];

/// The commands of a block, each with the output that is shown for it.
fn commands(block: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => panic!("output before any command: {line}"),
        }
    }
    commands
}

#[test]
fn the_commands_of_each_page_do_what_it_shows() {
    let mut run_here = 0;
    let mut left_out = BTreeSet::new();
    let mut page = String::new();
    let mut folder = shop();
    for block in blocks_of("console") {
        if block.page != page {
            page.clone_from(&block.page);
            folder = shop();
            // The pages of parts begin where the tutorial ends.
            if page != "tutorial.md" && page != "migrations.md" {
                assert!(run(folder.path(), "plain migrate").0);
            }
        }
        for (command, shown) in commands(&block.text) {
            let mut not_here = NOT_HERE.iter();
            if let Some((start, _)) = not_here.find(|(start, _)| command.starts_with(start)) {
                left_out.insert(*start);
                continue;
            }
            let (done, printed, complaint) = run(folder.path(), command);
            assert!(done, "{page}: {command}: {printed}{complaint}");
            if !shown.is_empty() {
                assert_eq!(printed, shown, "{page}: {command}");
            }
            run_here += 1;
        }
    }
    assert!(run_here > 12, "only {run_here} commands were run");
    for (start, _) in NOT_HERE {
        assert!(left_out.contains(start), "no page shows `{start}`");
    }
}

#[test]
fn scripts_can_be_read_by_a_shell() {
    for block in blocks_of("sh") {
        // -n reads, and runs nothing.
        let read = Command::new("sh").args(["-n", "-c", &block.text]).output();
        let read = read.unwrap();
        assert!(read.status.success(), "{}: {read:?}", block.page);
    }
}

#[test]
fn what_units_of_systemd_start_are_commands() {
    let folder = shop();
    let mut started = 0;
    for block in blocks_of("ini") {
        let lines = block.text.lines().filter(|line| line.starts_with("Exec"));
        for line in lines {
            let (_, words) = line.split_once("/shop ").unwrap();
            // systemd puts the name of the instance there: the port.
            let words = words.replace("%i", "8001");
            let (known, _, complaint) = run(folder.path(), &format!("plain {words} --help"));
            assert!(known, "{line}: {complaint}");
            started += 1;
        }
    }
    assert!(started >= 2);
}
