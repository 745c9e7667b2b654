//! What is printed of the faults, for the table in SECURITY.md.

use std::fmt::Display;
use std::time::{Duration, Instant};

use plain_tests::command_line::Client;

/// After so long it counts as not recovered.
const LIMIT: Duration = Duration::from_secs(30);

/// Prints a line: the fault, how often it was tried, what became of the writes, and how long after the
/// fault the first write was acknowledged again, at the most.
pub(crate) fn tell(fault: impl Display, runs: usize, outcome: impl Display, recovery: Duration) {
    println!("fault: {fault}; {runs} runs; {outcome}; recovered within {recovery:.1?}");
}

/// How long it takes until a write is acknowledged again.
#[track_caller]
pub(crate) fn recovery(visitor: &mut Client, address: &str) -> Duration {
    let begun = Instant::now();
    loop {
        let (answer, _) = visitor.timed(address, "POST", "/visits");
        match answer.status {
            200 => return begun.elapsed(),
            status => assert_eq!(status, 503, "{answer:?}"),
        }
        assert!(begun.elapsed() < LIMIT, "it does not come back");
    }
}
