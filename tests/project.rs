//! Writes the project that a page walks through into files, so that it is compiled and run.
//!
//! A code block belongs to the file that the line before it names. A Rust block without one goes on
//! with the last Rust file, `src/main.rs` at first.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// Writes the files that the page `page` shows to the folder `root`.
pub(crate) fn write(page: &str, root: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={page}");
    let text = fs::read_to_string(page)?;
    // What is written anew is newer than this run, and cargo would run it again.
    let written = root.with_extension("md");
    if fs::read_to_string(&written).is_ok_and(|known| known == text) {
        return Ok(());
    }
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    for folder in ["src", "migrations", "templates", "assets"] {
        fs::create_dir_all(root.join(folder))?;
    }
    for (name, contents) in files(&text) {
        fs::write(root.join(name), contents)?;
    }
    fs::write(written, text)
}

fn files(page: &str) -> BTreeMap<&str, String> {
    let mut files = BTreeMap::<_, String>::new();
    let mut before = "";
    let mut code = "src/main.rs";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let named = named(before);
            if language == "rust" {
                code = named.unwrap_or(code);
            }
            if let Some(name) = named.or((language == "rust").then_some(code)) {
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

/// The file that a line names before a block: the first in backticks, if the line leads to a block.
fn named(line: &str) -> Option<&str> {
    if !line.ends_with(':') {
        return None;
    }
    let mut names = line.split('`').skip(1).step_by(2);
    names.find(|name| {
        let known = ["src/", "migrations/", "templates/", "assets/"];
        *name == "settings.toml"
            || *name == "build.rs"
            || *name == "Cargo.toml"
            || known.iter().any(|folder| name.starts_with(folder))
    })
}
