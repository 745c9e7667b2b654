//! A full-stack web framework in the spirit of Plain: settings, installed packages, class-like
//! views, migrations, and a command line.

extern crate self as plain;

pub mod chores;
pub mod db;
pub mod embedded;
pub mod http;
pub mod middleware;
mod nearest;
pub mod preflight;
mod random;
pub mod server;
pub mod services;
pub mod settings;
pub mod test;
pub mod urls;
pub mod views;

pub use embedded::Embedded;
pub use schemars;
pub use serde;
pub use sqlx;
