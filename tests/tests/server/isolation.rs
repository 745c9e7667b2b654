//! A page that holds its thread.

use std::thread;
use std::time::Duration;

use plain_tests::siege::Target;

use crate::pressed;

#[test]
fn a_page_that_holds_its_thread_is_named_and_new_connections_are_served_by_others() {
    let project = pressed("SERVER_THREADS = 2\nSERVER_BLOCK_WARNING = 0.2\n");
    let mut server = project.serve();
    let target = Target::of(&mut server);
    let holder = server.send("GET", "/hold/5000", &[]);
    let warning = server.wait_for("a request holds its thread");
    assert!(warning.contains("/hold/5000"), "{warning}");
    let waits: Vec<_> = (0..50).map(|_| target.ask().unwrap()).collect();
    let longest = waits.iter().max().unwrap();
    assert!(
        *longest < Duration::from_millis(4000),
        "{longest:?}: it waited for the other thread"
    );
    drop(holder);
    server.wait_for("a thread that was held goes on");
    server.stop().expect(0);
}

#[test]
fn with_a_page_on_every_thread_that_holds_it_all_is_well_again_afterwards() {
    let project = pressed("SERVER_THREADS = 2\nSERVER_BLOCK_WARNING = 0.1\n");
    let mut server = project.serve();
    let target = Target::of(&mut server);
    let holders: Vec<_> = (0..2)
        .map(|_| server.send("GET", "/hold/700", &[]))
        .collect();
    let waiting: Vec<_> = (0..20)
        .map(|_| thread::spawn(move || target.ask()))
        .collect();
    for wait in waiting {
        assert!(wait.join().unwrap().is_some());
    }
    drop(holders);
    server.stop().expect(0);
}
