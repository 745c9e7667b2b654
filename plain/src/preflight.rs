//! Preflight: checks of a configuration before it serves anyone, and stricter ones at deployment.
//!
//! What can't work at all stops an application at its start. Checks find what works and should not
//! be left so, and what only shows when something else is asked: the database, the disk. Packages
//! bring their own; those of the framework are in `builtin`.

pub(crate) mod builtin;
mod check;
mod report;
mod run;
mod settings;

pub use check::{Check, CheckEntry, Finding, Level, Stage};
pub use report::{CheckReport, PreflightReport};
pub use run::run_checks;
pub use settings::PreflightSettings;
