//! Random bytes for everything that reads what a stranger wrote.
//!
//! A target is a function of bytes that panics where a promise is broken. What was found worth
//! keeping stands in `corpus/`, in a folder of the target's name. `tests/corpus.rs` tries all of it
//! and changes of it with each `cargo test`; `run` searches for hours, guided by which code is
//! reached (libFuzzer), and needs no more than a stable compiler and one for C++.

#![allow(
    clippy::unwrap_used,
    reason = "what goes wrong in here is a finding, or a fault of the target itself"
)]

mod cookies;
mod form;
mod multipart;
mod request;
mod session;
mod settings;
mod url;

/// Something that reads what a stranger wrote.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is also that of its folder.
    pub name: &'static str,
    /// Reads the bytes, and panics where a promise is broken.
    pub read: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 6] = [
    Target {
        name: "cookies",
        read: cookies::read,
    },
    Target {
        name: "form",
        read: form::read,
    },
    Target {
        name: "multipart",
        read: multipart::read,
    },
    Target {
        name: "session",
        read: session::read,
    },
    Target {
        name: "settings",
        read: settings::read,
    },
    Target {
        name: "url",
        read: url::read,
    },
];
