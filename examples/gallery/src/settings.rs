//! The settings of the gallery.

use std::path::PathBuf;

use plain::http::Result;
use plain::services::Services;
use plain::settings::{Problems, SettingsGroup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where pictures are kept, and how large they may be.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) struct GallerySettings {
    /// The folder of the pictures, as seen from the project's.
    pub(crate) gallery_folder: String,
    /// The largest upload, in bytes.
    pub(crate) gallery_max_size: u64,
}

impl Default for GallerySettings {
    fn default() -> Self {
        Self {
            gallery_folder: "uploads".to_owned(),
            gallery_max_size: 10 * 1024 * 1024,
        }
    }
}

impl SettingsGroup for GallerySettings {
    fn check(&self, problems: &mut Problems) {
        if self.gallery_folder.is_empty() {
            problems.add(
                "GALLERY_FOLDER",
                "is empty; name a folder, such as \"uploads\"",
            );
        }
    }
}

/// The folder of the pictures.
pub(crate) fn folder(app: &Services) -> Result<PathBuf> {
    let settings: &GallerySettings = app.settings()?;
    Ok(app.project_path(&settings.gallery_folder))
}
