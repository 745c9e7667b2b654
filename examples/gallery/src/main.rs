//! A gallery: pictures that visitors upload, kept in a folder, with their titles in the database.
//!
//! ```console
//! $ cargo run -p gallery
//! ```

mod models;
mod settings;
#[cfg(test)]
mod tests;
mod views;

use plain::http::Result;
use plain::packages::{Installer, Package};
use plain::urls::{path, urls};
use plain::views::FormView;

plain::embedded!();

/// The package `gallery`.
fn package() -> Box<dyn Package> {
    Box::new(Gallery)
}

struct Gallery;

impl Package for Gallery {
    fn name(&self) -> &'static str {
        "gallery"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.settings::<settings::GallerySettings>()
            .migrations(EMBEDDED.migrations)
            .templates(EMBEDDED.templates)
            .urls(urls([
                path("", views::Gallery.as_view()).name("gallery"),
                path("files/<str:name>", views::PictureFile).name("file"),
                path("pictures/<int:id>/delete", views::DeletePicture).name("delete"),
            ]));
        Ok(())
    }
}

fn main() -> std::process::ExitCode {
    plain::main([package()])
}
