//! What a package can bring: the tables of the guide and of the README name all of it, and what
//! `plain new --package` makes shows it.

/// Where the calls of `install` are defined.
const INSTALLER: [&str; 2] = [
    include_str!("../../../plain/src/packages/installer.rs"),
    include_str!("../../../plain/src/admin/install.rs"),
];

const TABLES: [(&str, &str); 2] = [
    (
        "docs/src/packages.md",
        include_str!("../../../docs/src/packages.md"),
    ),
    ("plain/README.md", include_str!("../../../plain/README.md")),
];

const SCAFFOLD: &str = include_str!("../../../plain/scaffold/package/src/package.rs");

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
