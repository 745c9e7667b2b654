//! The project of the guide's tutorial, as it stands there.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a reader's own project has lints of its own"
)]

include!(concat!(env!("OUT_DIR"), "/tutorial/src/main.rs"));
