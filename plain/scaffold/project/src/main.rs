//! __name__, an application built on Plain.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `app` | the application as a package: all that it brings |
//! | `models` | its data; the tables are made by `migrations/` |
//! | `urls`, `views`, `forms` | its pages |
//! | `admin` | its data in the admin |

mod admin;
mod app;
mod forms;
mod models;
#[cfg(test)]
mod tests;
mod urls;
mod views;

plain::embedded!();

/// Faster than the system's where many small values come and go, as with each request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The packages that are linked into the program; `INSTALLED_PACKAGES` says which are installed.
fn main() -> std::process::ExitCode {
    plain::main([
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
        app::package(),
    ])
}
