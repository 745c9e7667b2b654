//! Preflight: checks of a configuration before it serves anyone, and stricter ones at deployment.

mod check;

pub use check::{Check, CheckEntry, Finding, Level, Stage};
