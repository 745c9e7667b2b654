//! SECURITY.md names the test that shows each of its claims.

use std::fs;
use std::path::Path;

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What stands between backquotes and names a test: `folder/file.rs::name_of_the_test`.
fn named(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|quoted| quoted.split_once(".rs::"))
        .collect()
}

#[test]
fn every_test_that_the_document_names_exists() {
    let text = fs::read_to_string(workspace().join("SECURITY.md")).unwrap();
    let named = named(&text);
    assert!(named.len() > 60, "{}", named.len());
    let mut missing = Vec::new();
    for (file, test) in named {
        let source = fs::read_to_string(workspace().join(format!("{file}.rs")));
        let source = source.unwrap_or_default();
        if !source.contains(&format!("fn {test}(")) {
            missing.push(format!("{file}.rs::{test}"));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_threat_and_every_requirement_has_a_test_or_says_why_not() {
    let text = fs::read_to_string(workspace().join("SECURITY.md")).unwrap();
    // Other tables, their heads among them, begin otherwise.
    let mut count = 0;
    for row in text.lines().filter(|line| line.starts_with("| **")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, _, shown] = cells[..] else {
            panic!("{row}");
        };
        count += 1;
        assert!(
            shown.contains(".rs::") || shown.starts_with("no test: "),
            "{name}: {shown}"
        );
    }
    assert!(count > 50, "{count}");
}

#[test]
fn the_contents_name_every_section() {
    let text = fs::read_to_string(workspace().join("SECURITY.md")).unwrap();
    let sections = text.lines().filter_map(|line| line.strip_prefix("## "));
    let sections: Vec<&str> = sections.collect();
    let contents = text
        .lines()
        .filter_map(|line| line.strip_prefix("- [")?.split(']').next());
    assert_eq!(contents.collect::<Vec<_>>(), sections);
}
