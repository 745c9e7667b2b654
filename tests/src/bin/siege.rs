//! Presses a server by all kinds of clients that mean no good, and prints what it needed and how long
//! ordinary requests took meanwhile: `cargo run --release -p plain-tests --bin siege [SECONDS [NAME...]]`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use plain_tests::command_line::Project;
use plain_tests::siege::{ATTACKS, PRESSED, Target, raise_limit};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let seconds = words
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(10);
    let names: Vec<_> = words.collect();
    let Some(program) = std::env::current_exe()
        .ok()
        .map(|path| path.with_file_name("pressed"))
    else {
        return ExitCode::FAILURE;
    };
    let mut out = std::io::stdout();
    let _ = writeln!(
        out,
        "{:12} | {:>6} | memory in MiB: before, most, after | answered, failed | wait in ms: 50 %, \
         99 %, most | statuses",
        "attack", "open"
    );
    raise_limit(10_500);
    let project = Project::new(program, PRESSED);
    project.done("migrate");
    for attack in ATTACKS {
        if !names.is_empty() && !names.iter().any(|name| name == attack.name) {
            continue;
        }
        let mut server = project.serve();
        let target = Target::of(&mut server);
        // Warms it up: what every connection needs once is no attack's.
        for _ in 0..50 {
            target.ask();
        }
        let hold = Duration::from_secs(seconds);
        let figures = target.suffer(attack, attack.connections, hold);
        let _ = writeln!(out, "{:12} | {figures}", attack.name);
    }
    ExitCode::SUCCESS
}
