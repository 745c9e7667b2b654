//! What a program with this framework is built from: the rules of deny.toml, held without a program
//! that would have to be installed for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn rules() -> toml::Table {
    let text = fs::read_to_string(workspace().join("deny.toml")).unwrap();
    text.parse().unwrap()
}

/// A package that a program is built from.
#[derive(Debug)]
struct Package {
    name: String,
    version: String,
    license: String,
    source: Option<String>,
}

/// All that the packages of this workspace are built from here that others use, without what only
/// tests need.
fn packages() -> Vec<Package> {
    let host = Command::new("rustc").arg("-vV").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--filter-platform",
            host,
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let by_id: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package))
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let members = metadata["workspace_members"].as_array().unwrap();
    let members = members.iter().filter_map(Value::as_str);
    let is_published = |id: &&str| by_id[id]["publish"].is_null();
    let mut due: Vec<&str> = members.filter(is_published).collect();
    assert_eq!(due.len(), 4, "{due:?}");
    let mut found = BTreeSet::new();
    while let Some(id) = due.pop() {
        if !found.insert(id) {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                due.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    found
        .into_iter()
        .map(|id| Package {
            name: text(&by_id[id]["name"]),
            version: text(&by_id[id]["version"]),
            license: text(&by_id[id]["license"]),
            source: by_id[id]["source"].as_str().map(str::to_owned),
        })
        .collect()
}

/// Whether one of the allowed licences is enough for what a package says of its own (SPDX).
fn is_allowed(license: &str, allowed: &[&str]) -> bool {
    license.split(" AND ").all(|all| {
        let any = all.trim_matches(['(', ')']).replace('/', " OR ");
        any.split(" OR ").any(|one| allowed.contains(&one.trim()))
    })
}

#[test]
fn a_licence_is_told_from_those_that_are_not_allowed() {
    let allowed = ["MIT", "ISC"];
    assert!(is_allowed("MIT OR Apache-2.0", &allowed));
    assert!(is_allowed("Apache-2.0/MIT", &allowed));
    assert!(is_allowed("(MIT OR GPL-3.0) AND ISC", &allowed));
    assert!(!is_allowed("MIT AND GPL-3.0", &allowed));
    assert!(!is_allowed("", &allowed));
}

#[test]
fn every_package_has_a_licence_that_is_allowed_and_comes_from_the_registry() {
    let rules = rules();
    let allowed = rules["licenses"]["allow"].as_array().unwrap();
    let allowed: Vec<&str> = allowed.iter().filter_map(toml::Value::as_str).collect();
    let packages = packages();
    assert!(packages.len() > 100, "{}", packages.len());
    for package in &packages {
        assert!(is_allowed(&package.license, &allowed), "{package:?}");
        let from_here = package.source.is_none() && package.name.starts_with("plain");
        let source = package.source.as_deref();
        let from_registry = source.is_some_and(|source| source.starts_with("registry+"));
        assert!(from_registry != from_here, "{package:?}");
    }
}

#[test]
fn it_is_said_what_each_dependency_is_for() {
    let text = fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let (_, text) = text.split_once("## Dependencies").unwrap();
    let in_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let named: BTreeSet<&str> = text.split(|c| !in_name(c)).collect();
    let mut missing = Vec::new();
    for package in ["plain", "plain-build", "plain-sessions", "plain-auth"] {
        let manifest = workspace().join(package).join("Cargo.toml");
        let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
        let targets = manifest.get("target").and_then(toml::Value::as_table);
        let targets = targets.into_iter().flat_map(toml::Table::values);
        let tables = targets.filter_map(toml::Value::as_table).chain([&manifest]);
        let dependencies = tables.filter_map(|table| table.get("dependencies")?.as_table());
        let names = dependencies.flat_map(toml::Table::keys);
        missing.extend(names.filter(|name| !named.contains(name.as_str())).cloned());
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_package_is_there_in_two_versions_without_a_reason() {
    let rules = rules();
    let skipped = rules["bans"]["skip"].as_array().unwrap().iter();
    let mut skipped: BTreeSet<&str> = skipped.filter_map(|skip| skip["crate"].as_str()).collect();
    let packages = packages();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in &packages {
        versions
            .entry(&package.name)
            .or_default()
            .insert(&package.version);
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let left = versions.iter().filter(|version| {
            let skip = skipped.iter().copied().find(|skip| {
                skip.split_once('@').is_some_and(|(skip, of)| {
                    let rest = version.strip_prefix(of);
                    skip == *name
                        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })
            });
            skip.is_none_or(|skip| !skipped.remove(skip))
        });
        assert_eq!(left.count(), 1, "{name} {versions:?}");
    }
    assert_eq!(
        skipped,
        BTreeSet::new(),
        "there are no longer two versions of these"
    );
}

#[test]
fn what_is_banned_is_not_there() {
    let rules = rules();
    let banned = rules["bans"]["deny"].as_array().unwrap().iter();
    let banned: Vec<&str> = banned.filter_map(|ban| ban["crate"].as_str()).collect();
    assert_eq!(banned.len(), 2);
    let packages = packages();
    let found: Vec<_> = packages
        .iter()
        .filter(|it| banned.contains(&&*it.name))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn no_regular_expression_is_run_on_what_a_client_sent() {
    // The crates `regex` and `regex-lite` are not used in any file of the framework; what the log's
    // filter does with one comes from the settings.
    let mut files = 0;
    for folder in ["plain/src", "plain-sessions/src", "plain-auth/src"] {
        let mut due = vec![workspace().join(folder)];
        while let Some(folder) = due.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    due.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    files += 1;
                    let text = fs::read_to_string(&path).unwrap();
                    assert!(!text.contains("regex"), "{}", path.display());
                }
            }
        }
    }
    assert!(files > 200, "{files}");
}
