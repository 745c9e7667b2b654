//! Words of the command line: help, slips of the fingers, and exit statuses.

use insta::assert_snapshot;

use crate::support::{migrated, site, site_with};

/// Every command, with and without a part.
const COMMANDS: [&str; 26] = [
    "new",
    "backup",
    "dev",
    "server",
    "worker",
    "migrate",
    "migrations",
    "migrations list",
    "migrations create",
    "chores",
    "chores list",
    "chores run",
    "preflight",
    "request",
    "settings",
    "settings list",
    "settings get",
    "settings schema",
    "docs",
    "shell-completions",
    "urls",
    "urls list",
    "packages",
    "packages list",
    "greet",
    "",
];

#[test]
fn the_help_of_every_command_says_how_it_is_used_and_goes_to_standard_output() {
    let project = site();
    for command in COMMANDS {
        let help = project.run(&format!("{command} --help")).expect(0);
        assert_eq!(help.err, "", "{command}");
        let usage = format!("Usage: plain {command}");
        assert!(
            help.out.contains(usage.trim_end()),
            "{command}: {}",
            help.out
        );
        // The list of all commands says where the examples are.
        let example = match command {
            "" => "says more, with an example".to_owned(),
            _ => format!("plain {command}"),
        };
        let (_, after) = help.out.split_once("Print help").unwrap();
        assert!(after.contains(&example), "{command}: {}", help.out);
    }
}

#[test]
fn the_list_of_commands_above_is_complete() {
    let help = site().done("--help");
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    for line in commands.lines() {
        let name = line.split_whitespace().next().unwrap();
        // It is itself what shows help.
        if name == "help" {
            continue;
        }
        assert!(COMMANDS.contains(&name), "{name}");
    }
}

#[test]
fn every_example_in_the_help_is_understood() {
    let project = site();
    for command in COMMANDS {
        let help = project.done(&format!("{command} --help"));
        let examples = help.lines().filter_map(|line| {
            let line = line.trim();
            line.strip_prefix("Example: ")
                .unwrap_or(line)
                .strip_prefix("plain ")
        });
        for example in examples {
            let finished = project.start_words(shell_words(example)).finish();
            assert_ne!(
                finished.status.code(),
                Some(2),
                "{example}: {}",
                finished.err
            );
        }
    }
}

/// The words of an example, in which only single quotes are used, up to where its output goes.
fn shell_words(example: &str) -> Vec<String> {
    let example = example.split(" > ").next().unwrap();
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in example.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn a_slip_of_the_fingers_is_answered_with_the_nearest_and_status_2() {
    let project = site();
    for (words, near) in [
        ("migrat", "'migrate'"),
        ("serve", "'server'"),
        ("setings list", "'settings'"),
        ("settings lst", "'list'"),
        ("migrate --plann", "'--plan'"),
        ("preflight --deplyo", "'--deploy'"),
        ("server --bnid 127.0.0.1:1", "'--bind'"),
        ("greeet Ada", "'greet'"),
        ("doc", "'docs'"),
        ("shell-completions bsh", "'bash'"),
        ("migrations craete x", "'create'"),
    ] {
        let finished = project.run(words).expect(2);
        assert_eq!(finished.out, "", "{words}");
        assert!(finished.err.contains(near), "{words}: {}", finished.err);
    }
    assert_snapshot!(project.run("setings list").expect(2).err, @"
    error: unrecognized subcommand 'setings'

      tip: a similar subcommand exists: 'settings'

    Usage: plain <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn missing_and_superfluous_words_are_wrong_usage() {
    let project = site();
    for words in [
        "settings",
        "settings get",
        "chores",
        "urls",
        "request",
        "greet",
        "worker now",
        "migrate a b c",
        "migrate --plan --check",
        "preflight --fail-level info",
        "--debug",
    ] {
        let finished = project.run(words).expect(2);
        assert_eq!(finished.out, "", "{words}");
        assert!(
            finished.err.starts_with("error: "),
            "{words}: {}",
            finished.err
        );
    }
}

#[test]
fn without_words_and_without_debug_there_is_help_and_status_2() {
    let finished = site().run("").expect(2);
    assert_eq!(finished.out, "");
    assert!(
        finished.err.contains("Usage: plain <COMMAND>"),
        "{}",
        finished.err
    );
}

#[test]
fn help_with_a_command_is_the_help_of_that_command() {
    let project = site();
    assert_eq!(project.done("help"), project.done("--help"));
    assert_eq!(project.done("help migrate"), project.done("migrate --help"));
    assert_eq!(project.done("help greet"), project.done("greet --help"));
    project.run("help nothing").expect(2);
    assert_eq!(
        project.done("help urls --help"),
        project.done("urls --help")
    );
    assert_eq!(project.done("help --help"), project.done("help"));
    let nested = project.done("urls --help");
    assert!(!nested.contains("\n  help "), "{nested}");
}

#[test]
fn the_version_is_written_without_a_project() {
    let version = format!("plain {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(site().done("--version"), version);
    assert_eq!(site_with("= not TOML").done("-V"), version);
}

#[test]
fn a_command_of_a_package_has_a_status_of_its_own() {
    let project = migrated();
    assert_eq!(project.run("greet Ada").expect(7).out, "Hello, Ada\n");
}

#[test]
fn words_that_are_not_text_are_wrong_usage_and_no_panic() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let project = site();
    for words in [
        [OsString::from_vec(b"\xff".to_vec()), "list".into()],
        ["migrate".into(), OsString::from_vec(b"\xff".to_vec())],
        ["request".into(), OsString::from_vec(b"/\xff".to_vec())],
    ] {
        let finished = project.start_words(words).finish().expect(2);
        assert!(finished.err.starts_with("error: "), "{}", finished.err);
    }
}

#[test]
fn an_application_that_does_not_start_still_helps() {
    let project = site_with("DEBUG = 1\n");
    assert!(
        project
            .done("--help")
            .contains("`plain preflight` says why")
    );
    project.done("migrate --help");
    assert_snapshot!(project.run("greet Ada").expect(1).err, @"
    `greet` is no command of the framework's, and those of packages are not known, since the application does not start:

    error: the settings have a problem:
    - DEBUG: expected a boolean, found the integer 1 (/project/settings.toml line 1); write true or false
    ");
    assert_snapshot!(project.run("").expect(1).err, @"
    error: the settings have a problem:
    - DEBUG: expected a boolean, found the integer 1 (/project/settings.toml line 1); write true or false
    ");
}
