#![doc = include_str!("../README.md")]

mod admin;
mod chores;
mod commands;
mod middleware;
mod models;
mod package;
mod preflight;
mod settings;
mod templates;
#[cfg(test)]
mod tests;
mod urls;
mod views;

pub use models::Greeting;
pub use package::package;
pub use settings::GreetingSettings;
pub use urls::urls;

plain::embedded!();
