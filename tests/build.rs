//! Writes the project that README.md walks through into files, so that it is compiled and run.
//!
//! A code block belongs to the file whose name stands alone on the line before it. A Rust block
//! without one continues `src/main.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const README: &str = "../README.md";

fn main() {
    println!("cargo::rerun-if-changed={README}");
    let root = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("readme");
    write_project(&root).expect("README.md can be read, and the build folder written");
    plain_build::Folders::default()
        .migrations(root.join("migrations"))
        .templates(root.join("templates"))
        .assets(root.join("assets"))
        .embed();
}

fn write_project(root: &Path) -> io::Result<()> {
    let readme = fs::read_to_string(README)?;
    // What is written anew is newer than this run, and cargo would run it again.
    let written = root.with_extension("md");
    if fs::read_to_string(&written).is_ok_and(|text| text == readme) {
        return Ok(());
    }
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    for folder in ["src", "migrations", "templates", "assets"] {
        fs::create_dir_all(root.join(folder))?;
    }
    for (name, contents) in files(&readme) {
        fs::write(root.join(name), contents)?;
    }
    fs::write(written, readme)
}

fn files(readme: &str) -> BTreeMap<&str, String> {
    let mut files = BTreeMap::<_, String>::new();
    let mut before = "";
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if let Some(name) = file(before, language) {
                let contents = files.entry(name).or_default();
                contents.push_str(&block.join("\n"));
                contents.push('\n');
            }
        }
        if !line.is_empty() {
            before = line;
        }
    }
    files
}

/// The file that a block belongs to.
fn file<'a>(before: &'a str, language: &str) -> Option<&'a str> {
    let named = before
        .strip_prefix('`')
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| name);
    match language {
        "rust" => Some(named.unwrap_or("src/main.rs")),
        _ => named.filter(|name| before == format!("`{name}`:")),
    }
}
