//! Writes the project of the guide's tutorial into files, so that it is compiled and run.

#[path = "../project.rs"]
mod project;

use std::env;
use std::path::PathBuf;

fn main() {
    let root = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("tutorial");
    project::write("../../docs/src/tutorial.md", &root)
        .expect("the tutorial can be read, and the build folder written");
    plain_build::Folders::default()
        .migrations(root.join("migrations"))
        .templates(root.join("templates"))
        .assets(root.join("assets"))
        .embed();
}
