//! What a request is made of: the works whose instructions the tests count.

#![allow(clippy::unwrap_used, reason = "a work that fails is to say where")]

/// From one file for both, since a dependency on the crate of the tests would bring all that tests
/// need.
#[path = "../../../tests/src/costs.rs"]
pub mod costs;
