//! A small application for the tests of the command line, which run it as a process.
//!
//! Variables that begin with `SITE_` make it do what the command line is tested with:
//! `SITE_MIGRATIONS` is a folder whose files are the migrations of the package `site`, as if the
//! program had been built with them, and `SITE_GATE` is a Unix socket at which slow work waits.

mod chores;
mod gate;
mod package;
mod pages;

fn main() -> std::process::ExitCode {
    plain::main([plain_sessions::package(), package::site(), package::spare()])
}
