//! The pages with their blocks, and the tutorial's project.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// One block of code on a page.
pub(crate) struct Block {
    pub(crate) page: String,
    pub(crate) language: String,
    pub(crate) text: String,
}

/// The folder of the pages.
pub(crate) fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src")
}

/// All pages by their names, without the generated ones.
pub(crate) fn pages() -> Vec<(String, String)> {
    let files = fs::read_dir(guide()).unwrap().map(Result::unwrap);
    let names = files.map(|file| file.file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    names.sort();
    let read = |name: String| {
        let text = fs::read_to_string(guide().join(&name)).unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

/// All blocks of all pages.
pub(crate) fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (page, text) in pages() {
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(language) = line.strip_prefix("```") {
                let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                blocks.push(Block {
                    page: page.clone(),
                    language: language.to_owned(),
                    text: text.join("\n") + "\n",
                });
            }
        }
    }
    blocks
}

/// The blocks in a language, of which there are some.
pub(crate) fn blocks_of(language: &str) -> Vec<Block> {
    let all = blocks().into_iter();
    let found: Vec<Block> = all.filter(|block| block.language == language).collect();
    assert!(!found.is_empty(), "the guide shows no {language}");
    found
}

/// The tutorial's project in a folder of its own.
pub(crate) fn shop() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = include_str!(concat!(env!("OUT_DIR"), "/tutorial/settings.toml"));
    fs::write(folder.path().join("settings.toml"), settings).unwrap();
    folder
}

/// Runs a line of the guide in `folder`: the words, with variables before them.
pub(crate) fn run(folder: &Path, line: &str) -> (bool, String, String) {
    let mut words = words(line).into_iter().peekable();
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.current_dir(folder).env_clear();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        command.env(name, value);
        words.next();
    }
    assert_eq!(words.next().as_deref(), Some("plain"), "{line}");
    let words: Vec<String> = words.collect();
    command.args(&words);
    // The guide's reader types the password.
    if words.starts_with(&["users".to_owned(), "create".to_owned()]) {
        command.arg("--password-stdin");
    }
    let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = streams.stderr(Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    // Who does not read it has ended before.
    let _ = input.write_all(b"correct horse battery\n");
    drop(input);
    let output = process.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The words of a command line; those between quotation marks are one.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match c {
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ if Some(c) == quote => quote = None,
            ' ' if quote.is_none() => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
