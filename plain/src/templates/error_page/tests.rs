//! What clients and developers are shown of an error.

use minijinja::Value;

use super::error_response;
use crate::embedded::Folder;
use crate::http::{Connection, Error, Request, Response, Scheme};
use crate::mode::Mode;
use crate::services::Services;
use crate::templates::{Global, Templates};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn framework() -> Folder {
    crate::embedded!();
    EMBEDDED.templates
}

/// A request of an application whose project has these templates.
fn request(accept: &str, project: &[(&str, &str)]) -> Request {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in project {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut builder = Templates::builder(Mode::Production);
    builder.package("plain", framework()).project(folder.path());
    builder.global("panics", Global::new(|_| panic!("on purpose")));
    let mut services = Services::builder();
    services.insert(builder.build().unwrap());
    request_with(accept, services.build())
}

fn request_with(accept: &str, services: Services) -> Request {
    let request = http::Request::builder()
        .uri("/orders/5?a=1")
        .header("accept", accept);
    let connection = Connection {
        peer: None,
        scheme: Scheme::Http,
    };
    Request::new(request.body("").unwrap(), connection, services)
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(response.body().as_bytes().unwrap()).unwrap()
}

fn answer(accept: &str, error: &Error) -> Response {
    error_response(&request(accept, &[]), error, Mode::Production)
}

fn inner() -> Error {
    "inner secret".parse::<u8>().unwrap_err().into()
}

#[test]
fn the_client_gets_the_form_that_it_prefers() {
    let error = Error::not_found("no order has this number");
    for (accept, content_type) in [
        (BROWSER, "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("image/png", "text/plain; charset=utf-8"),
    ] {
        let response = answer(accept, &error);
        assert_eq!(response.status(), 404);
        assert_eq!(
            response.header("content-type"),
            Some(content_type),
            "{accept}"
        );
        assert_eq!(response.header("vary"), Some("Accept"));
        assert!(text(&response).contains("No order has this number."));
    }
    assert_eq!(
        text(&answer("application/json", &error)),
        r#"{"error":{"message":"No order has this number.","status":404}}"#
    );
    assert_eq!(
        text(&answer("text/plain", &error)),
        "404 This page does not exist\n\nNo order has this number.\n"
    );
}

#[test]
fn details_stand_beside_status_and_message_in_json_and_never_in_their_place() {
    let error = Error::conflict("sold out")
        .with_detail("code", "sold_out")
        .with_detail("status", "fine")
        .with_detail("left", 0);
    assert_eq!(
        text(&answer("application/json", &error)),
        r#"{"error":{"code":"sold_out","left":0,"message":"Sold out.","status":409}}"#
    );
    for accept in [BROWSER, "text/plain"] {
        assert!(!text(&answer(accept, &error)).contains("sold_out"));
    }
}

#[test]
fn the_headers_of_the_error_are_sent() {
    let response = answer(
        BROWSER,
        &Error::service_unavailable("the shop is being restocked"),
    );
    assert_eq!(response.status(), 503);
    assert_eq!(response.header("retry-after"), Some("5"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert!(text(&response).contains("<h1>Back in a moment</h1>"));
}

#[test]
fn nothing_inner_is_shown_without_debug() {
    let broken = request(BROWSER, &[("500.html", "{{ nmae }}")]);
    for accept in [BROWSER, "application/json", "text/plain"] {
        for error in [
            inner(),
            Error::bad_request("no number").with_cause(inner_cause()),
        ] {
            let response = answer(accept, &error);
            assert!(!text(&response).contains("invalid digit"), "{accept}");
            let response = error_response(&broken, &error, Mode::Production);
            assert!(!text(&response).contains("invalid digit"), "{accept}");
            assert!(!text(&response).contains("nmae"), "{accept}");
        }
    }
}

fn inner_cause() -> std::num::ParseIntError {
    "x".parse::<u8>().unwrap_err()
}

#[test]
fn debug_mode_shows_the_causes_in_every_form() {
    let shown = |accept| {
        let response = error_response(&request(accept, &[]), &inner(), Mode::Debug);
        assert_eq!(response.status(), 500);
        text(&response).to_owned()
    };
    assert!(shown(BROWSER).contains("<h1>invalid digit found in string</h1>"));
    assert!(shown("application/json").contains(r#""causes":["invalid digit found in string"]"#));
    assert!(shown("text/plain").contains("caused by: invalid digit found in string"));
}

#[test]
fn debug_mode_shows_the_place_in_the_template_with_the_line_marked() {
    let request = request(
        BROWSER,
        &[
            ("page.html", "\n{% include 'part.html' %}"),
            ("part.html", "<p>\n<b>{{ nmae }}</b>\n</p>"),
        ],
    );
    let error = request
        .render("page.html", minijinja::context! { name => "Ada" })
        .unwrap_err();
    let response = error_response(&request, &error, Mode::Debug);
    let page = text(&response);
    for expected in [
        "<h1><code>nmae</code> is undefined: did you mean <code>name</code>?</h1>",
        "Template <code>part.html</code>, line 2",
        "<tr class=\"here\"><td><code>2</code></td><td><pre>&lt;b&gt;{{ <mark>nmae</mark> }}&lt;/b&gt;</pre>",
        "<td><code>3</code></td><td><pre>&lt;/p&gt;</pre>",
        "Included from <code>page.html</code>, line 2",
        "GET /orders/5?a=1",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    assert!(!page.contains("Ada"));
}

#[test]
fn debug_mode_shows_the_page_of_the_application_where_an_error_has_no_cause() {
    let request = request(BROWSER, &[("404.html", "mine: {{ message }}")]);
    let error = Error::not_found("nothing has this address");
    let response = error_response(&request, &error, Mode::Debug);
    assert_eq!(text(&response), "mine: Nothing has this address.");
}

#[test]
fn the_project_overrides_the_page_of_one_status_or_of_all() {
    let error = Error::not_found("none");
    let shown = |project: &[(&str, &str)]| {
        text(&error_response(
            &request(BROWSER, project),
            &error,
            Mode::Production,
        ))
        .to_owned()
    };
    assert_eq!(
        shown(&[("404.html", "{{ status }} {{ title }}")]),
        "404 This page does not exist"
    );
    // The page of the framework for 404 extends the project's for all.
    assert_eq!(
        shown(&[("error.html", "<i>{% block message %}{% endblock %}</i>")]).find("<i>None. It"),
        Some(0)
    );
    let teapot = Error::new(http::StatusCode::IM_A_TEAPOT, "short and stout");
    let response = error_response(
        &request(BROWSER, &[("error.html", "{{ message }}")]),
        &teapot,
        Mode::Production,
    );
    assert_eq!(text(&response), "Short and stout.");
}

#[test]
fn a_page_that_fails_or_panics_gives_way_to_a_plain_one() {
    for page in [
        "{{ nmae }}",
        "{% if %}",
        "{% extends 'none.html' %}",
        "{{ panics() }}",
    ] {
        let request = request(BROWSER, &[("500.html", page)]);
        let response = error_response(&request, &inner(), Mode::Production);
        assert_eq!(response.status(), 500);
        assert!(
            text(&response).contains("<h1>Something went wrong</h1>"),
            "{page}"
        );
    }
    let nothing = request_with(BROWSER, Services::default());
    let response = error_response(&nothing, &inner(), Mode::Debug);
    assert!(text(&response).contains("<pre>invalid digit found in string</pre>"));
    assert!(text(&response).contains("The error page failed, too"));
}

#[test]
fn messages_are_escaped_and_styles_carry_the_nonce() {
    let error = Error::bad_request("<script>alert(1)</script>");
    let fallback = request_with(BROWSER, Services::default());
    for request in [request(BROWSER, &[]), fallback] {
        let response = error_response(&request, &error, Mode::Production);
        let page = text(&response);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
        let nonce = request.used_csp_nonce().unwrap();
        assert!(page.contains(&format!("<style nonce=\"{nonce}\">")));
        assert!(!page.contains("style=\""));
    }
}

#[test]
fn every_template_of_the_framework_can_be_read() {
    let mut builder = Templates::builder(Mode::Production);
    builder.package("plain", framework());
    builder.global("panics", Global::new(|_| Ok(Value::from(()))));
    let problems = builder.build().unwrap().check();
    assert!(problems.is_empty(), "{problems:?}");
}
