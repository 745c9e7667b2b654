//! Assets over HTTP: caching, conditions, layers, and what is not served.

use std::fs;
use std::path::Path;

use super::{Assets, urls};
use crate::embedded::{File, Folder};
use crate::http::{Connection, Error, Request, Response, Scheme};
use crate::mode::Mode;
use crate::services::Services;
use crate::urls::{Resolution, Router};

const PLAIN: Folder = Folder {
    path: "/nowhere/plain",
    files: &[
        File {
            path: "admin/app.css",
            contents: b"plain",
        },
        File {
            path: "logo.svg",
            contents: b"<svg/>",
        },
    ],
};
const SHOP: Folder = Folder {
    path: "/nowhere/shop",
    files: &[
        File {
            path: "admin/app.css",
            contents: b"shop",
        },
        // A name that looks like that of another with a fingerprint.
        File {
            path: "build.deadbeef.js",
            contents: b"1",
        },
    ],
};

fn assets(mode: Mode, project: Option<&Path>) -> Assets {
    Assets::new(mode, &[("plain", PLAIN), ("shop", SHOP)], project).unwrap()
}

/// What `assets` answer, called as the router and the application call them.
fn ask(
    assets: Assets,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Response, Error> {
    let router = Router::new(vec![("plain", urls())]).unwrap();
    let Resolution::Found {
        endpoint,
        pattern,
        params,
    } = router.resolve(path)
    else {
        return Err(Error::not_found("no route"));
    };
    let mut services = Services::builder();
    services.insert(assets);
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let connection = Connection {
        peer: None,
        scheme: Scheme::Http,
    };
    let mut request = Request::new(request.body("").unwrap(), connection, services.build());
    request.set_route(pattern, params);
    futures_util::FutureExt::now_or_never(endpoint.call(&request)).unwrap()
}

fn get(path: &str) -> Result<Response, Error> {
    ask(assets(Mode::Production, None), "GET", path, &[])
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(response.body().as_bytes().unwrap()).unwrap()
}

#[test]
fn the_url_of_an_asset_may_be_kept_for_ever() {
    let url = assets(Mode::Production, None).url("admin/app.css").unwrap();
    assert_eq!(url, "/assets/admin/app.8d9001d3.css");
    let response = get(&url).unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(text(&response), "shop");
    assert_eq!(
        response.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert_eq!(
        response.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
}

#[test]
fn the_plain_name_and_an_old_fingerprint_are_asked_about_each_time() {
    for path in ["/assets/admin/app.css", "/assets/admin/app.00000000.css"] {
        let response = get(path).unwrap();
        assert_eq!(text(&response), "shop");
        assert_eq!(response.header("cache-control"), Some("no-cache"));
        let tag = response.header("etag").unwrap().to_owned();
        let again = ask(
            assets(Mode::Production, None),
            "GET",
            path,
            &[("if-none-match", &tag)],
        );
        let again = again.unwrap();
        assert_eq!(again.status(), 304);
        assert!(again.body().is_empty());
    }
}

#[test]
fn a_name_that_looks_fingerprinted_is_still_a_name() {
    assert_eq!(text(&get("/assets/build.deadbeef.js").unwrap()), "1");
    let url = assets(Mode::Production, None)
        .url("build.deadbeef.js")
        .unwrap();
    assert_eq!(url, "/assets/build.deadbeef.6b86b273.js");
    let response = get(&url).unwrap();
    assert_eq!(
        response.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
}

#[test]
fn assets_are_only_fetched() {
    let ask = |method| {
        ask(
            assets(Mode::Production, None),
            method,
            "/assets/logo.svg",
            &[],
        )
    };
    assert_eq!(ask("HEAD").unwrap().status(), 200);
    assert_eq!(
        ask("OPTIONS").unwrap().header("allow"),
        Some("GET, HEAD, OPTIONS")
    );
    let refused = ask("POST").unwrap_err();
    assert_eq!(refused.status(), 405);
    assert_eq!(refused.headers()["allow"], "GET, HEAD, OPTIONS");
}

#[test]
fn nothing_but_assets_is_served() {
    let project = tempfile::tempdir().unwrap();
    let folder = project.path().join("assets");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(".env"), "secret").unwrap();
    fs::write(project.path().join("settings.toml"), "secret").unwrap();
    for mode in [Mode::Debug, Mode::Production] {
        for path in [
            "/assets/none.css",
            "/assets",
            "/assets/",
            "/assets/admin",
            "/assets/.env",
            "/assets/../settings.toml",
            "/assets/..%2fsettings.toml",
            "/assets/%2e%2e/settings.toml",
            "/assets/..%5csettings.toml",
            "/assets//etc/passwd",
            "/assets/%2fetc/passwd",
        ] {
            let refused = ask(assets(mode, Some(&folder)), "GET", path, &[]).unwrap_err();
            assert_eq!(refused.status(), 404, "{path}");
        }
    }
}

#[test]
fn a_file_of_the_project_goes_first_and_is_read_anew_in_debug_mode_only() {
    let project = tempfile::tempdir().unwrap();
    let logo = project.path().join("logo.svg");
    fs::write(&logo, "old").unwrap();
    let debug = assets(Mode::Debug, Some(project.path()));
    let production = assets(Mode::Production, Some(project.path()));
    let before = production.url("logo.svg").unwrap();
    assert_eq!(debug.url("logo.svg").unwrap(), before);
    fs::write(&logo, "new").unwrap();
    assert_eq!(production.url("logo.svg").unwrap(), before);
    let after = debug.url("logo.svg").unwrap();
    assert_ne!(after, before);
    assert_eq!(text(&ask(debug, "GET", &after, &[]).unwrap()), "new");
    assert_eq!(text(&ask(production, "GET", &before, &[]).unwrap()), "old");
}

#[test]
fn an_unknown_asset_has_no_url_and_says_what_there_is() {
    let url = |name| {
        assets(Mode::Production, None)
            .url(name)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        url("lgo.svg"),
        "no asset is named `lgo.svg`: did you mean `logo.svg`?; searched: `shop`, `plain`"
    );
    assert_eq!(
        url("/print.css"),
        "no asset is named `/print.css`: known: `admin/app.css`, `build.deadbeef.js`, \
         `logo.svg`; searched: `shop`, `plain`"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_can_not_be_read_is_named_with_what_to_do() {
    let project = tempfile::tempdir().unwrap();
    let path = project.path().join("a.css");
    std::os::unix::fs::symlink("a.css", &path).unwrap();
    let error = Assets::new(Mode::Production, &[], Some(project.path())).unwrap_err();
    let error = error.to_string();
    let (before, after) = (
        format!("{} can't be read: ", path.display()),
        "; make it readable for the user that runs this",
    );
    assert!(
        error.starts_with(&before) && error.ends_with(after),
        "{error}"
    );
}
