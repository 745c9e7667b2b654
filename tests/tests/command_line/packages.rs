//! Which packages and middleware fit together.

use insta::assert_snapshot;

use crate::support::site_with;

#[track_caller]
fn refusal(settings: &str) -> String {
    let project = site_with(&format!("DEBUG = true\n{settings}"));
    project.run("urls list").expect(1).err
}

#[test]
fn packages_that_are_not_linked_or_unknown_or_listed_twice_are_named_at_once() {
    assert_snapshot!(refusal(
        r#"INSTALLED_PACKAGES = ["plain", "plain.auth", "site", "plain.sesions", "site"]"#
    ), @r#"
    error: INSTALLED_PACKAGES lists `plain`, which is always installed: remove it
    INSTALLED_PACKAGES lists `plain.auth`, which is not linked into this program.
      Linked are: plain.sessions, site, spare
      To link it, add two lines:
        Cargo.toml, [dependencies]:      plain-auth = "*"
        main.rs, the list in main():     plain_auth::package(),
    INSTALLED_PACKAGES lists `plain.sesions`, which is not linked into this program. Did you mean `plain.sessions`?
      Linked are: plain.sessions, site, spare
      To link it, add two lines:
        Cargo.toml, [dependencies]:      plain-sesions = "*"
        main.rs, the list in main():     plain_sesions::package(),
    INSTALLED_PACKAGES lists `site` more than once: remove the later one
    "#);
}

#[test]
fn a_package_without_the_one_it_needs_says_where_to_put_it() {
    assert_snapshot!(refusal(r#"INSTALLED_PACKAGES = ["spare"]"#), @"error: the package `spare` needs `site`: add `site` to INSTALLED_PACKAGES, before `spare`");
    assert_snapshot!(refusal(r#"INSTALLED_PACKAGES = ["spare", "site"]"#), @"error: the package `spare` needs `site`, which INSTALLED_PACKAGES lists after it: move `site` before `spare`");
}

#[test]
fn middleware_that_nobody_installed_brings_or_is_listed_twice_is_named() {
    assert_snapshot!(refusal(
        r#"INSTALLED_PACKAGES = ["site"]
MIDDLEWARE = [
    "plain.sessions.middleware.SessionMiddleware",
    "site.middleware.Stmap",
    "site.middleware.Stamp",
    "site.middleware.Stamp",
]"#
    ), @"
    error: MIDDLEWARE lists `plain.sessions.middleware.SessionMiddleware`, which no installed package brings; known: `site.middleware.Stamp`
    MIDDLEWARE lists `site.middleware.Stmap`, which no installed package brings; did you mean `site.middleware.Stamp`?
    MIDDLEWARE lists `site.middleware.Stamp` more than once: remove the later one
    ");
}

#[test]
fn a_package_that_is_only_linked_brings_nothing() {
    let project = site_with("DEBUG = true\nINSTALLED_PACKAGES = [\"plain.sessions\"]\n");
    let everything = [
        "urls list",
        "chores list",
        "settings list",
        "preflight",
        "migrate --plan",
        "--help",
    ]
    .map(|words| project.run(words).all())
    .concat();
    assert!(!everything.contains("site"), "{everything}");
    assert!(!everything.contains("greet"), "{everything}");
}
