//! What a server answers over a real socket.

use crate::support::{READY, migrated, site_with};

/// What the site holds back from strangers: where its code and its files are.
fn tells_nothing(body: &str) {
    for inner in [
        "on fire",
        "hoem",
        "inner-secret",
        "No such file",
        ".rs",
        "/tmp",
    ] {
        assert!(!body.contains(inner), "{inner}: {body}");
    }
}

#[test]
fn pages_are_served_and_head_has_no_body() {
    let mut server = migrated().serve();
    let page = server.get("/");
    assert_eq!((page.status, page.body.as_str()), (200, "home"));
    assert_eq!(page.header("x-stamp"), Some("site"));
    assert_eq!(page.header("content-length"), Some("4"));
    let head = server.request("HEAD", "/", &[]);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some("4"));
}

#[test]
fn what_is_not_there_or_not_allowed_passes_the_same_middleware() {
    let mut server = migrated().serve();
    let missing = server.get("/nowhere");
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("x-stamp"), Some("site"));
    assert!(missing.body.contains("This page does not exist"));
    let head = server.request("HEAD", "/nowhere", &[]);
    assert_eq!((head.status, head.body.as_str()), (404, ""));
    let refused = server.request("DELETE", "/visits", &[]);
    assert_eq!(refused.status, 405);
    assert_eq!(
        refused.header("allow"),
        Some("GET, HEAD, POST, PATCH, OPTIONS")
    );
    assert_eq!(refused.header("x-stamp"), Some("site"));
    let options = server.request("OPTIONS", "/visits", &[]);
    assert_eq!(
        options.header("allow"),
        Some("GET, HEAD, POST, PATCH, OPTIONS")
    );
    assert_eq!(server.request("BREW", "/visits", &[]).status, 405);
}

#[test]
fn a_slash_too_many_is_redirected_and_a_stranger_s_host_refused() {
    let mut server = migrated().serve();
    let redirect = server.get("/visits/?page=2");
    assert_eq!(redirect.status, 308);
    assert_eq!(redirect.header("location"), Some("/visits?page=2"));
    let refused = server.request("GET", "/", &[("X-Forwarded-Host", "evil.example")]);
    assert_eq!(refused.status, 200);
    let absolute = server.request("GET", "http://evil.example/", &[]);
    assert_eq!(absolute.status, 400);
}

#[test]
fn a_handler_that_panics_is_a_500_and_the_server_goes_on() {
    let mut server = migrated().serve();
    for _ in 0..20 {
        let page = server.get("/panic");
        assert_eq!(page.status, 500);
        assert_eq!(page.header("cache-control"), Some("no-store"));
        tells_nothing(&page.body);
    }
    assert_eq!(server.get("/").body, "home");
    server.stop().expect(0);
}

#[test]
fn a_template_that_does_not_exist_is_a_500_and_its_name_is_in_the_log() {
    let mut server = migrated().serve();
    let page = server.get("/no-template");
    assert_eq!(page.status, 500);
    tells_nothing(&page.body);
    let line = server.wait_for("no template is named `hoem.html`");
    let id = page.header("x-request-id").unwrap();
    assert!(line.contains(id), "{line}");
    assert!(line.contains("ERROR"), "{line}");
}

#[test]
fn the_inner_cause_of_an_error_is_told_to_nobody_but_the_log() {
    let mut server = migrated().serve();
    for accept in ["text/html", "application/json", "text/plain"] {
        let page = server.request("GET", "/fail", &[("Accept", accept)]);
        assert_eq!(page.status, 500);
        assert!(page.header("content-type").unwrap().starts_with(accept));
        tells_nothing(&page.body);
    }
    server.wait_for("No such file or directory");
}

#[test]
fn with_debug_the_page_shows_what_happened() {
    let project = site_with(&format!("DEBUG = true\n{READY}"));
    project.write("templates/home.html", "");
    project.done("migrate");
    let mut server = project.serve();
    let page = server.request("GET", "/no-template", &[("Accept", "text/html")]);
    assert_eq!(page.status, 500);
    assert!(page.body.contains("hoem.html"), "{}", page.body);
    // What is there, so that a slip of the fingers is seen.
    assert!(page.body.contains("home.html"), "{}", page.body);
    let page = server.request("GET", "/panic", &[("Accept", "text/html")]);
    assert!(page.body.contains("the page is on fire"), "{}", page.body);
}

#[test]
fn with_debug_the_page_shows_the_code_the_request_and_no_secret() {
    let project = site_with(&format!("DEBUG = true\n{READY}"));
    project.done("migrate");
    let mut server = project.serve();
    let headers = [
        ("Accept", "text/html"),
        ("Cookie", "a=crumbs"),
        ("X-Api-Key", "hunter2"),
    ];
    for path in ["/no-template", "/panic", "/fail"] {
        let page = server.request("GET", path, &headers);
        assert_eq!(page.status, 500);
        for shown in [
            "tests/src/bin/site/pages.rs",
            "0 queries",
            "x-api-key",
            "SECRET_KEY",
            "ALLOWED_HOSTS",
            "********",
        ] {
            assert!(page.body.contains(shown), "{path}: {shown}: {}", page.body);
        }
        for secret in [
            "crumbs",
            "hunter2",
            "w8Kd0xTqLmZ3vRjY5nBsG7hPfC2aUe9iQ4oV6tXkN1rJyDzMbE",
        ] {
            assert!(!page.body.contains(secret), "{path}: {secret}");
        }
    }
}

#[test]
fn the_health_path_answers_before_all_middleware_and_leaves_no_line() {
    let project = crate::support::migrated_with("HEALTHCHECK_PATH = \"/up\"\n");
    let mut server = project.serve();
    let up = server.request("GET", "/up", &[]);
    assert_eq!((up.status, up.body.as_str()), (200, "ok"));
    assert_eq!(up.header("x-stamp"), None);
    assert_eq!(server.get("/").status, 200);
    let log = server.stop().expect(0).err;
    assert!(!log.contains("/up"), "{log}");
}
