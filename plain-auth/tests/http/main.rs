//! The package over HTTP: what visitors can do, and what nobody can.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod admin;
mod attempts;
mod confirm;
mod passwords;
mod reset;
mod sessions;
mod sign_in;
mod sign_up;
mod support;
mod views;
