//! A small shop built on Plain: an application that uses each part of the framework as a project of
//! its own would.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `app` | the shop as a package: all that it brings |
//! | `settings` | its settings |
//! | `models`, `money` | products and orders |
//! | `cart`, `visitor`, `messages` | what the session of a visitor holds |
//! | `bill` | a cart with prices |
//! | `urls`, `views` | the pages |
//! | `admin` | products and orders in the admin |
//! | `forms` | what visitors can fill in, and its rules |
//! | `templates` | the functions that templates call |
//! | `middleware`, `chores`, `preflight` | what runs around, beside and before the pages |

mod admin;
mod app;
mod bill;
mod cart;
mod chores;
mod forms;
mod messages;
mod middleware;
mod models;
mod money;
mod preflight;
mod settings;
mod templates;
#[cfg(test)]
mod tests;
mod urls;
mod views;
mod visitor;

plain::embedded!();

/// Faster than the system's where many small values come and go, as with each request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    plain::main([
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
        app::package(),
    ])
}
