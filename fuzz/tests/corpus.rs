//! What was found worth keeping, and changes of it, for each target.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;
use std::path::Path;

use plain_fuzz::{TARGETS, Target};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// How many changed inputs are tried of each target: some seconds' worth.
const CASES: u32 = 1500;

/// The stored inputs of `target`, in an order of their own.
fn corpus(target: Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{folder:?} is empty");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A change of an input.
#[derive(Clone, Debug)]
enum Change {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    /// A piece of another input is put in.
    Splice(
        prop::sample::Index,
        prop::sample::Index,
        prop::sample::Index,
    ),
    /// What stands there is repeated.
    Repeat(prop::sample::Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (place(), vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place(), 1..9_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (place(), place(), place()).prop_map(|(at, other, from)| Change::Splice(at, other, from)),
        (place(), 1..200_usize).prop_map(|(at, times)| Change::Repeat(at, times)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let place = |at: &prop::sample::Index, bytes: &[u8]| at.index(bytes.len() + 1);
        match self {
            Self::Set(at, byte) => {
                let at = place(at, bytes);
                match bytes.get_mut(at) {
                    Some(known) => *known = *byte,
                    None => bytes.push(*byte),
                }
            }
            Self::Insert(at, piece) => {
                let at = place(at, bytes);
                bytes.splice(at..at, piece.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = place(at, bytes);
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Self::Splice(at, other, from) => {
                let other = other.get(corpus);
                let piece = &other[place(from, other)..];
                let at = place(at, bytes);
                bytes.splice(at..at, piece.iter().copied().take(64));
            }
            Self::Repeat(at, times) => {
                let at = place(at, bytes);
                let piece = bytes[at..(at + 4).min(bytes.len())].repeat(*times);
                bytes.splice(at..at, piece);
            }
        }
    }
}

/// Tries the stored inputs of the target `name`, and changes of them.
fn try_all(name: &str) {
    let target = TARGETS.into_iter().find(|target| target.name == name);
    let target = target.unwrap();
    let corpus = corpus(target);
    for bytes in &corpus {
        (target.read)(bytes);
    }
    let config = Config {
        // `PROPTEST_CASES=1000000` tries for longer.
        cases: Config::default().cases.max(CASES),
        failure_persistence: None,
        ..Config::default()
    };
    let inputs = (any::<prop::sample::Index>(), vec(change(), 1..6));
    let run = TestRunner::new(config).run(&inputs, |(seed, changes)| {
        let mut bytes = seed.get(&corpus).clone();
        for change in changes {
            change.apply(&mut bytes, &corpus);
        }
        (target.read)(&bytes);
        Ok(())
    });
    if let Err(failure) = run {
        panic!("{failure}");
    }
}

#[test]
fn cookies_of_strangers_keep_the_promises() {
    try_all("cookies");
}

#[test]
fn forms_of_strangers_keep_the_promises() {
    try_all("form");
}

#[test]
fn multipart_forms_of_strangers_keep_the_promises() {
    try_all("multipart");
}

#[test]
fn rows_that_someone_damaged_keep_the_promises() {
    try_all("session");
}

#[test]
fn settings_files_of_any_bytes_keep_the_promises() {
    try_all("settings");
}

#[test]
fn targets_of_strangers_keep_the_promises() {
    try_all("url");
}
