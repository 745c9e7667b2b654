//! A full-stack web framework in the spirit of Plain: settings, installed packages, class-like
//! views, migrations, and a command line.
//!
//! ```no_run
//! use plain::http::{Request, Response, Result};
//! use plain::packages::{Installer, Package};
//! use plain::urls::{path, urls};
//! use plain::views::View;
//!
//! struct Hello;
//!
//! impl View for Hello {
//!     async fn get(&self, _request: &Request) -> Result<Response> {
//!         Ok(Response::text("Hello"))
//!     }
//! }
//!
//! struct Site;
//!
//! impl Package for Site {
//!     fn name(&self) -> &'static str {
//!         "site"
//!     }
//!
//!     fn install(&self, to: &mut Installer) -> Result<()> {
//!         to.urls(urls([path("", Hello)]));
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     plain::main([Site.boxed()])
//! }
//! ```
//!
//! With `INSTALLED_PACKAGES = ["site"]` and `DEBUG = true` in `settings.toml`, `plain dev` serves
//! it. Where to read on: [`views`] and [`urls`] for pages, [`http`] for requests and responses,
//! [`packages`] and [`settings`] for what an application is made of, [`db`] for data, [`templates`]
//! and [`assets`] for what it shows, [`middleware`], [`chores`] and [`preflight`] for what runs
//! around, beside and before it, [`mod@test`] for tests.

extern crate self as plain;

// The examples of the READMEs are compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../admin/README.md")]
mod readme {}

pub mod admin;
pub mod app;
pub mod assets;
pub mod chores;
mod cli;
#[doc(hidden)]
pub mod command;
pub mod costs;
pub mod db;
pub mod embedded;
pub mod http;
mod layered;
pub mod logging;
pub mod metrics;
pub mod middleware;
mod mode;
mod nearest;
pub mod packages;
mod panicked;
pub mod preflight;
pub mod prelude;
mod project;
mod random;
pub mod server;
pub mod services;
pub mod settings;
pub mod signing;
pub mod templates;
pub mod test;
mod timestamp;
pub mod urls;
pub mod views;
mod written;

pub use app::App;
pub use cli::main;
pub use mode::Mode;

// What packages describe commands, settings and their values with, in the version that is used here.
pub use clap;
pub use schemars;
pub use serde;
