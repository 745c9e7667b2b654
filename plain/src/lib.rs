//! A full-stack web framework in the spirit of Plain: settings, installed packages, class-like
//! views, migrations, and a command line.

extern crate self as plain;

pub mod admin;
pub mod app;
pub mod assets;
pub mod chores;
mod cli;
pub mod db;
pub mod embedded;
pub mod http;
mod layered;
pub mod logging;
pub mod middleware;
mod mode;
mod nearest;
pub mod packages;
pub mod preflight;
mod random;
pub mod server;
pub mod services;
pub mod settings;
pub mod templates;
pub mod test;
pub mod urls;
pub mod views;
mod written;

pub use app::App;
pub use cli::main;
pub use embedded::Embedded;
pub use mode::Mode;
pub use schemars;
pub use serde;
pub use sqlx;
