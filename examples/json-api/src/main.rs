//! Notes for programs: a JSON API whose errors have types, and whose list is JSON or CSV, as the
//! client prefers.
//!
//! ```console
//! $ cargo run -p json-api
//! $ curl -d '{"title": "Milk"}' -H 'Content-Type: application/json' http://127.0.0.1:8000/notes
//! {"id":1,"title":"Milk","text":""}
//! ```

mod errors;
mod middleware;
mod models;
#[cfg(test)]
mod tests;
mod views;

use plain::http::Result;
use plain::packages::{Installer, Package};
use plain::urls::{path, urls};

plain::embedded!();

/// The package `notes`.
fn package() -> Box<dyn Package> {
    Box::new(Notes)
}

struct Notes;

impl Package for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.migrations(EMBEDDED.migrations)
            .middleware(middleware::NAME, |_| Ok(middleware::JsonFirst))
            .urls(urls([
                path("notes", views::Notes).name("notes"),
                path("notes/<int:id>", views::Note).name("note"),
            ]));
        Ok(())
    }
}

fn main() -> std::process::ExitCode {
    plain::main([package()])
}
