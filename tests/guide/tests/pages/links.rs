//! Links, and lists of all pages.

use std::fs;

use crate::support::{guide, pages};

#[test]
fn the_summary_lists_every_page_once() {
    let summary = fs::read_to_string(guide().join("SUMMARY.md")).unwrap();
    for (page, _) in pages() {
        let times = summary.matches(&format!("]({page})")).count();
        let expected = usize::from(page != "SUMMARY.md");
        assert_eq!(times, expected, "SUMMARY.md and {page}");
    }
}

#[test]
fn every_page_of_the_guide_is_compiled() {
    let compiled = include_str!("../../src/lib.rs");
    // The tutorial is compiled as a whole, as the program `shop`.
    let elsewhere = ["SUMMARY.md", "tutorial.md"];
    for (page, _) in pages() {
        if elsewhere.contains(&page.as_str()) {
            continue;
        }
        assert!(
            compiled.contains(&format!("docs/src/{page}\")")),
            "{page} is missing in tests/guide/src/lib.rs"
        );
    }
}

#[test]
fn links_lead_to_pages_and_headings() {
    let reference = ["settings.md", "commands.md", "checks.md"];
    let reference = reference.map(|name| {
        let name = format!("reference/{name}");
        let text = fs::read_to_string(guide().join(&name)).unwrap();
        (name, text)
    });
    let mut followed = 0;
    for (page, text) in pages().into_iter().chain(reference) {
        let folder = guide().join(&page).parent().unwrap().to_owned();
        for target in links(&text) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => guide().join(&page),
                path => folder.join(path),
            };
            assert!(file.is_file(), "{page} links to {target}");
            let headings = fs::read_to_string(&file).unwrap_or_default();
            let mut headings = prose(&headings);
            assert!(
                heading.is_empty() || headings.any(|line| anchor(line).as_deref() == Some(heading)),
                "{page} links to {target}"
            );
            followed += 1;
        }
    }
    assert!(followed > 50);
}

/// The lines of a page that are no code.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    page.lines().filter(move |line| {
        let fence = line.starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Where the links of a page lead, but for those to other sites.
fn links(page: &str) -> Vec<&str> {
    let targets = prose(page).flat_map(|line| {
        let rest = line.split("](").skip(1);
        rest.filter_map(|rest| rest.split(')').next())
    });
    targets.filter(|target| !target.contains("://")).collect()
}

/// The name that a heading can be linked to by.
fn anchor(line: &str) -> Option<String> {
    let heading = line
        .starts_with('#')
        .then(|| line.trim_start_matches('#').trim())?;
    let kept = heading.to_lowercase().replace(' ', "-");
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_".contains(*c));
    Some(kept.collect())
}
