//! Writes the project that README.md walks through into files, so that it is compiled and run.

mod project;

use std::env;
use std::path::PathBuf;

fn main() {
    let root = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("readme");
    project::write("../README.md", &root)
        .expect("README.md can be read, and the build folder written");
    plain_build::Folders::default()
        .migrations(root.join("migrations"))
        .templates(root.join("templates"))
        .assets(root.join("assets"))
        .embed();
}
