//! What hostile clients cost. The full figures are those of the program `siege`; here it is stated
//! that they stay within bounds, in a build without optimization.

use std::time::Duration;

use plain_tests::siege::{ATTACKS, Attack, Figures, Target, raise_limit};

use crate::pressed;

/// A connection in memory, with what it may have read and not used, in KiB; in HTTP/2 there are
/// windows besides.
const CONNECTION: u64 = 40;
/// What a connection of HTTP/2 keeps of answers that are not read, in KiB: two pieces of each of the
/// requests that it may have at once.
const UNREAD: u64 = 100 * 2 * 64;
/// What is no connection's: what the allocator keeps, the ordinary client's own requests.
const REST: u64 = 32 * 1024;

fn attack(name: &str, connections: usize, settings: &str) -> Figures {
    attack_for(Duration::from_secs(2), name, connections, settings)
}

fn attack_for(hold: Duration, name: &str, connections: usize, settings: &str) -> Figures {
    let project = pressed(settings);
    let mut server = project.serve();
    let target = Target::of(&mut server);
    for _ in 0..20 {
        target.ask().unwrap();
    }
    let attack = ATTACKS.iter().find(|attack| attack.name == name).unwrap();
    let figures = target.suffer(attack, connections, hold);
    assert_eq!(figures.failed, 0, "{name}: {figures}");
    assert!(!figures.waits.is_empty(), "{name}: {figures}");
    server.stop().expect(0);
    figures
}

fn within(name: &str, figures: &Figures, limit: u64) {
    assert!(
        figures.growth() < limit,
        "{name}: more than {limit} KiB: {figures}"
    );
}

#[test]
fn every_attack_is_tried_here() {
    let tried = include_str!("siege.rs");
    let is_tried = |attack: &Attack| tried.contains(&format!("\"{}\"", attack.name));
    let left_out: Vec<_> = ATTACKS.iter().filter(|attack| !is_tried(attack)).collect();
    assert!(left_out.is_empty(), "{left_out:?}");
}

#[test]
fn ten_thousand_connections_that_say_nothing_are_held_while_others_are_served() {
    raise_limit(10_500);
    let figures = attack("silent", 10_000, "");
    within("silent", &figures, 10_000 * CONNECTION + REST);
}

#[test]
fn clients_that_never_finish_their_heads_or_bodies_cost_little() {
    for name in ["idle", "slow-heads", "slow-bodies"] {
        let figures = attack(name, 1000, "SERVER_THREADS = 2\n");
        within(name, &figures, 1000 * CONNECTION + REST);
    }
}

#[test]
fn what_is_too_large_is_refused_and_not_kept() {
    for (name, connections, status) in [
        ("large-heads", 50, 431),
        ("large-bodies", 10, 413),
        ("large-chunks", 10, 413),
    ] {
        let figures = attack(name, connections, "");
        assert_eq!(figures.statuses, [(status, connections)].into(), "{name}");
        within(name, &figures, 10 * 10 * 1024 + REST);
    }
}

#[test]
fn bodies_that_are_held_take_no_more_than_all_may_together() {
    let figures = attack(
        "held-bodies",
        20,
        "REQUEST_MAX_MEMORY = 33554432\nSERVER_BODY_TIMEOUT = 60\n",
    );
    within("held-bodies", &figures, 32 * 1024 + 20 * 256 + REST);
    assert!(figures.statuses[&503] >= 16, "{figures}");
}

#[test]
fn clients_that_read_nothing_hold_back_what_is_made_for_them() {
    for (name, connections) in [("deaf", 100), ("pipelines", 20)] {
        let figures = attack(name, connections, "");
        within(name, &figures, connections as u64 * 512 + REST);
    }
}

#[test]
fn of_answers_that_nobody_reads_two_pieces_are_kept_in_http_2() {
    let figures = attack("deaf-streams", 4, "");
    within("deaf-streams", &figures, 4 * (CONNECTION + UNREAD) + REST);
}

#[test]
fn who_presses_by_what_is_allowed_stays_and_takes_little() {
    for name in ["eager-pipelines", "small-data"] {
        let figures = attack(name, 10, "");
        within(name, &figures, 10 * 1024 + REST);
        assert_eq!(figures.statuses, [].into(), "{name}: {figures}");
    }
}

#[test]
fn floods_of_http_2_frames_are_stemmed() {
    for name in [
        "pings",
        "eager-pings",
        "settings",
        "eager-settings",
        "empty-data",
        "priorities",
        "window-updates",
        "resets",
    ] {
        // A busy server takes longer until it has seen so many frames.
        let mut holds = [2, 10, 60].map(Duration::from_secs).into_iter();
        let is_stemmed = |figures: &Figures| figures.statuses.get(&0).is_some_and(|it| *it >= 10);
        let stemmed = holds.any(|hold| {
            let figures = attack_for(hold, name, 10, "");
            within(name, &figures, 10 * 1024 + REST);
            is_stemmed(&figures)
        });
        assert!(stemmed, "{name}");
    }
}
