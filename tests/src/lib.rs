//! Helpers shared by the tests that cross crates.
//!
//! What goes wrong in here fails the test that called it, with a panic.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]
#![allow(missing_debug_implementations, reason = "nobody prints these")]

pub mod browser;
pub mod command_line;
pub mod costs;
pub mod exchange;
pub mod log;
pub mod obstacle;
mod on_postgres;
pub mod proxy;
pub mod sessions;
pub mod setup;
pub mod siege;
