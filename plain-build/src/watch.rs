//! When cargo has to run the build script again.

use std::path::{Path, PathBuf};

/// What the build script prints, so that a file which appears in one of `folders` rebuilds the crate
/// at `root`.
///
/// Cargo looks into all of a folder that exists. One that does not exist yet cannot be watched
/// without running the script at every build; but as long as a script names nothing to watch, cargo
/// runs it whenever a file of the crate changed or appeared, which covers the folders inside of it.
pub(crate) fn instructions(root: &Path, folders: &[PathBuf]) -> Vec<String> {
    let is_missing = |folder: &PathBuf| !folder.exists();
    let is_inside = |folder: &PathBuf| folder.starts_with(root);
    if folders.iter().any(is_missing) && folders.iter().all(is_inside) {
        return Vec::new();
    }
    let watched = folders
        .iter()
        .map(|folder| folder.as_path())
        .chain([Path::new("build.rs")]);
    watched
        .map(|path| format!("cargo::rerun-if-changed={}", path.display()))
        .collect()
}
