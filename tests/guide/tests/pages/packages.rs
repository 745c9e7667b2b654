//! What a package can bring: the tables of the guide and of the README name all of it, and what
//! `plain new --package` makes shows it.

use std::fs;

use crate::support::guide;

/// Where the calls of `install` are defined.
const INSTALLER: [&str; 2] = [
    include_str!("../../../../plain/src/packages/installer.rs"),
    include_str!("../../../../plain/src/admin/install.rs"),
];

const TABLES: [(&str, &str); 2] = [
    (
        "docs/src/packages.md",
        include_str!("../../../../docs/src/packages.md"),
    ),
    (
        "plain/README.md",
        include_str!("../../../../plain/README.md"),
    ),
];

const SCAFFOLD: &str = include_str!("../../../../plain/scaffold/package/src/package.rs");

/// What the scaffold does without, and why.
const NOT_SHOWN: [(&str, &str); 6] = [
    ("requires", "it needs no other package"),
    ("urls", "the project includes its pages"),
    ("share", "it has nothing to share"),
    ("admin_objects", "its rows are in a table"),
    ("admin_access", "it knows no users"),
    ("sign_in", "it knows no users"),
];

/// The names of the calls by which a package brings something.
fn calls() -> Vec<&'static str> {
    let lines = INSTALLER.into_iter().flat_map(str::lines);
    let calls = lines.filter_map(|line| line.strip_prefix("    pub fn "));
    let calls: Vec<_> = calls
        .filter_map(|call| call.split(['(', '<']).next())
        .collect();
    assert!(calls.len() > 15, "{calls:?}");
    calls
}

/// Whether `code` calls `name`.
fn has(code: &str, name: &str) -> bool {
    code.contains(&format!(".{name}(")) || code.contains(&format!(".{name}::<"))
}

#[test]
fn the_tables_name_all_that_a_package_can_bring() {
    for (page, text) in TABLES {
        let rows: String = text
            .lines()
            .filter(|line| line.starts_with("| `."))
            .collect();
        for call in calls() {
            assert!(has(&rows, call), "{page}: .{call}() is missing");
        }
    }
}

#[test]
fn a_new_package_shows_all_that_most_packages_bring() {
    for call in calls() {
        let is_left_out = NOT_SHOWN.iter().any(|(name, _)| *name == call);
        assert_ne!(has(SCAFFOLD, call), is_left_out, ".{call}()");
    }
}

#[test]
fn what_plain_new_makes_names_versions_that_are_in_use() {
    let workspace = fs::read_to_string(guide().join("../../Cargo.toml")).unwrap();
    let workspace: toml::Table = workspace.parse().unwrap();
    let used = &workspace["workspace"]["dependencies"];
    let mut compared = 0;
    for made in ["project", "package"] {
        let manifest = format!("../../plain/scaffold/{made}/manifest.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        // Lines with what stands for the name, and for the crates of this repository.
        let lines = manifest.lines().filter(|line| !line.contains("__"));
        let manifest: toml::Table = lines.collect::<Vec<_>>().join("\n").parse().unwrap();
        let kinds = ["dependencies", "dev-dependencies"];
        for (name, wanted) in kinds
            .iter()
            .flat_map(|kind| manifest[*kind].as_table().unwrap())
        {
            let Some(wanted) = version(wanted) else {
                continue;
            };
            let used = version(&used[name.as_str()]).unwrap();
            assert!(used.starts_with(wanted), "{name}: {wanted}, not {used}");
            compared += 1;
        }
    }
    assert!(compared >= 8);
}

fn version(dependency: &toml::Value) -> Option<&str> {
    let version = dependency.get("version").unwrap_or(dependency);
    version.as_str()
}
