//! Rendering as a view does it: layers, escaping, functions, and every error word for word.

use std::path::Path;

use minijinja::{Value, context};

use super::{Global, TemplateError, Templates, TemplatesBuilder, missing};
use crate::embedded::{File, Folder};
use crate::http::{Connection, Error, Request, Response, Result, Scheme, StatusCode};
use crate::mode::Mode;
use crate::services::Services;
use crate::urls::{Router, path, urls};
use crate::views::View;

struct Page;

impl View for Page {
    async fn get(&self, _: &Request) -> Result<Response> {
        Ok(Response::text(""))
    }
}

/// A value that a middleware attaches.
#[derive(Clone)]
struct Visitor(&'static str);

const PLAIN: Folder = Folder {
    path: "/nowhere/plain",
    files: &[
        File {
            path: "base.html",
            contents: b"<title>{% block title %}{% endblock %}</title>\n",
        },
        File {
            path: "error.html",
            contents: b"plain",
        },
    ],
};
const BLOG: Folder = Folder {
    path: "/nowhere/blog",
    files: &[File {
        path: "error.html",
        contents: b"blog",
    }],
};

struct Project {
    folder: tempfile::TempDir,
    templates: Templates,
}

fn project(files: &[(&str, &str)]) -> Project {
    project_with(Mode::Production, files, |_| ())
}

fn project_with(
    mode: Mode,
    files: &[(&str, &str)],
    build: impl FnOnce(&mut TemplatesBuilder),
) -> Project {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    let mut builder = Templates::builder(mode);
    builder
        .package("plain", PLAIN)
        .package("blog", BLOG)
        .project(folder.path());
    build(&mut builder);
    let templates = builder.build().unwrap();
    Project { folder, templates }
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn request_of(templates: Templates) -> Request {
    let orders = [
        path("orders/<int:id>", Page).name("order"),
        path("cart", Page).name("cart"),
    ];
    let mut services = Services::builder();
    services.insert(templates);
    services.insert(Router::new(vec![("app", urls(orders))]).unwrap());
    let request = http::Request::builder()
        .uri("/orders/5?page=2&page=3&q=a%20b")
        .header("host", "shop.example")
        .body("")
        .unwrap();
    let connection = Connection {
        peer: None,
        scheme: Scheme::Https,
    };
    let mut request = Request::new(request, connection, services.build());
    request.insert_extension(Visitor("Ada"));
    request
}

/// What the template makes of `context`, or its error.
fn shown(template: &str, context: Value) -> String {
    let Project { folder, templates } = project(&[("page.html", template)]);
    let text = rendered(&request_of(templates), "page.html", context);
    text.replace(&folder.path().display().to_string(), "templates")
}

fn rendered(request: &Request, name: &str, context: Value) -> String {
    request
        .render_to_string(name, context)
        .unwrap_or_else(|error| error.to_string())
}

#[test]
fn the_project_overrides_a_package_and_a_later_package_an_earlier_one() {
    let files = [
        ("base.html", "mine"),
        ("page.html", "{% include 'base.html' %}"),
    ];
    let request = request_of(project(&files).templates);
    assert_eq!(rendered(&request, "page.html", context! {}), "mine");
    assert_eq!(rendered(&request, "error.html", context! {}), "blog");
}

#[test]
fn a_page_extends_the_template_of_a_package() {
    let page = "{% extends 'base.html' %}\n{% block title %}{{ name }}{% endblock %}\n";
    assert_eq!(
        shown(page, context! { name => "Tea & Co" }),
        "<title>Tea &amp; Co</title>\n"
    );
}

#[test]
fn the_response_has_the_content_type_of_the_templates_name() {
    let files = [
        ("a.txt", "{{ a }}"),
        ("a.html", "{{ a }}"),
        ("a.json", "{{ a }}"),
    ];
    let request = request_of(project(&files).templates);
    for (name, content_type, text) in [
        ("a.txt", "text/plain; charset=utf-8", "<b>\"/'&"),
        (
            "a.html",
            "text/html; charset=utf-8",
            "&lt;b&gt;&quot;/&#x27;&amp;",
        ),
        ("a.json", "application/json", r#""<b>\"/'&""#),
    ] {
        let response = request.render(name, context! { a => "<b>\"/'&" }).unwrap();
        assert_eq!(response.header("content-type"), Some(content_type));
        assert_eq!(response.body().as_bytes(), Some(text.as_bytes()));
    }
}

#[test]
fn a_context_is_a_struct_or_what_the_macro_makes_and_goes_before_what_was_added() {
    #[derive(serde::Serialize)]
    struct Cart {
        items: Vec<u32>,
    }
    let request = request_of(project(&[("page.html", "{{ items }} {{ total }}")]).templates);
    request.add_context("total", 1.into());
    request.add_context("total", 7.into());
    request.add_context("items", "shadowed".into());
    let text = request
        .render_to_string("page.html", Cart { items: vec![1, 2] })
        .unwrap();
    assert_eq!(text, "[1, 2] 7");
    let error = request.render_to_string("page.html", "text").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the context of `page.html` is a string: give it a map or a struct"
    );
    assert_eq!(request.render_to_string("error.html", ()).unwrap(), "blog");
}

#[test]
fn templates_have_the_request() {
    assert_eq!(
        shown(
            "{{ request.method }} {{ request.path }} {{ request.full_path }}",
            context! {}
        ),
        "GET /orders/5 /orders/5?page=2&amp;page=3&amp;q=a%20b"
    );
    assert_eq!(
        shown(
            "{{ request.scheme }}://{{ request.host }} {{ request.query.page }} \
             {{ request.query.q }}[{{ request.query.none }}{{ request.route }}]",
            context! {}
        ),
        "https://shop.example 3 a b[]"
    );
}

#[test]
fn the_nonce_is_made_only_where_it_is_used() {
    let files = [
        ("a.html", "{{ request }}{{ debug }}"),
        ("b.html", "<i nonce='{{ csp_nonce }}'>"),
    ];
    let request = request_of(project(&files).templates);
    rendered(&request, "a.html", context! {});
    assert_eq!(request.used_csp_nonce(), None);
    let text = rendered(&request, "b.html", context! {});
    assert_eq!(
        text,
        format!("<i nonce='{}'>", request.used_csp_nonce().unwrap())
    );
}

#[test]
fn urls_are_reversed_also_in_macros_and_imports() {
    assert_eq!(
        shown("{{ url('order', id=5) }} {{ url('cart') }}", context! {}),
        "/orders/5 /cart"
    );
    let files = [
        (
            "macros.html",
            "{% macro link(id) %}{{ url('order', id=id) }} {{ csp_nonce|length }}{% endmacro %}",
        ),
        (
            "page.html",
            "{% from 'macros.html' import link %}{% for i in [1] %}{{ link(i) }}{% endfor %}",
        ),
    ];
    let request = request_of(project(&files).templates);
    assert_eq!(rendered(&request, "page.html", context! {}), "/orders/1 32");
    assert_eq!(
        shown("{{ url('oder') }}", context! {}),
        "template `page.html`, line 1: no URL is named `oder`: did you mean `order`?"
    );
    assert_eq!(
        shown("{{ url('order', id=none) }}", context! {}),
        "template `page.html`, line 1: the parameter id of url(\"order\") has no value"
    );
}

#[test]
fn a_package_adds_functions_that_see_the_request() {
    let visitor = Global::new(|request| {
        let visitor: Option<&Visitor> = request.extension();
        Ok(visitor.map_or_else(missing, |visitor| visitor.0.into()))
    });
    let project = project_with(
        Mode::Production,
        &[("page.html", "{{ visitor() }}")],
        |templates| {
            templates.global("visitor", visitor);
        },
    );
    let request = request_of(project.templates);
    assert_eq!(rendered(&request, "page.html", context! {}), "Ada");
}

#[test]
fn a_function_that_fails_decides_the_status() {
    let failing = Global::new(|_| {
        let cause = "x".parse::<u8>().unwrap_err();
        Err(Error::service_unavailable("the database is away").with_cause(cause))
    });
    let project = project_with(
        Mode::Production,
        &[("page.html", "{{ visitor() }}")],
        |templates| {
            templates.global("visitor", failing);
        },
    );
    let request = request_of(project.templates);
    let error = request.render("page.html", context! {}).unwrap_err();
    assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(error.headers()["retry-after"], "5");
    assert_eq!(error.public_message(), None);
    assert!(error.find::<std::num::ParseIntError>().is_some());
    assert_eq!(
        error.to_string(),
        "template `page.html`, line 1: `visitor()` failed: the database is away: invalid digit \
         found in string"
    );
}

#[test]
fn two_functions_of_one_name_are_refused() {
    let again = || Global::new(|_| Ok(Value::from(1)));
    let refused = |names: [&'static str; 2]| {
        let mut builder = Templates::builder(Mode::Production);
        builder.global(names[0], again()).global(names[1], again());
        builder.build().unwrap_err().to_string()
    };
    assert_eq!(
        refused(["visitor", "visitor"]),
        "the template function `visitor` is there twice: rename one"
    );
    assert_eq!(
        refused(["visitor", "url"]),
        "the template function `url` is there twice: rename one"
    );
}

#[test]
fn what_is_missing_by_nature_prints_nothing_and_is_false() {
    let context = || context! { name => missing() };
    assert_eq!(shown("[{{ name }}]", context()), "[]");
    assert_eq!(shown("{{ 'yes' if name else 'no' }}", context()), "no");
    assert_eq!(
        shown("{{ name is undefined }} {{ name or 'guest' }}", context()),
        "True guest"
    );
    assert_eq!(shown("{{ name|default('guest') }}", context()), "guest");
}

#[test]
fn what_is_undefined_is_an_error_with_the_nearest_name() {
    let context = || context! { user => context! { name => "Ada" }, items => [1] };
    assert_eq!(
        shown("a\n{{ usr.name }}", context()),
        "template `page.html`, line 2: `usr` is undefined: did you mean `user`?"
    );
    assert_eq!(
        shown("{% if usr %}{% endif %}", context()),
        "template `page.html`, line 1: `usr` is undefined: did you mean `user`?"
    );
    assert_eq!(
        shown("{{ user.nmae }}", context()),
        "template `page.html`, line 1: `user.nmae` is undefined: did you mean `name`?"
    );
    assert_eq!(
        shown("{{ user.colour }}", context()),
        "template `page.html`, line 1: `user.colour` is undefined: known: `name`"
    );
    assert_eq!(
        shown(
            "{% for item in items %}{{ item.nmae }}{% endfor %}",
            context()
        ),
        "template `page.html`, line 1: `item.nmae` is undefined"
    );
    assert_eq!(
        shown("{{ request.pth }}", context()),
        "template `page.html`, line 1: `request.pth` is undefined: did you mean `path`?"
    );
    assert_eq!(
        shown("{{ colour }}", context()),
        "template `page.html`, line 1: `colour` is undefined: known: `asset`, `csp_nonce`, \
         `debug`, `dict`, `items`, `namespace`, `now`, `range`, `request`, `url`, `user`"
    );
    assert_eq!(
        shown("{{ ulr('cart') }}", context()),
        "template `page.html`, line 1: there is no function `ulr`: did you mean `url`?"
    );
}

#[test]
fn a_missing_template_is_named_with_what_was_searched() {
    let searched = "searched: the project (templates), `blog`, `plain`";
    assert_eq!(
        shown("{% include 'bse.html' %}", context! {}),
        format!(
            "template `page.html`, line 1: no template is named `bse.html`: did you mean \
             `base.html`?; {searched}"
        )
    );
    assert_eq!(
        shown("\n{% extends 'layout/site.html' %}", context! {}),
        format!(
            "template `page.html`, line 2: no template is named `layout/site.html`: known: \
             `base.html`, `error.html`, `page.html`; {searched}"
        )
    );
    let Project { folder, templates } = project(&[]);
    let error = rendered(&request_of(templates), "eror.html", context! {});
    assert_eq!(
        error.replace(&folder.path().display().to_string(), "templates"),
        format!("no template is named `eror.html`: did you mean `error.html`?; {searched}")
    );
}

#[test]
fn a_syntax_error_says_where() {
    assert_eq!(
        shown("a\n{% if %}", context! {}),
        "template `page.html`, line 2: syntax error: unexpected end of block"
    );
}

#[test]
fn an_error_in_an_included_template_shows_its_line_and_the_way_there() {
    let files = [
        ("page.html", "\n{% include 'part.html' %}"),
        (
            "part.html",
            "one\ntwo\n<b>{{ nmae }}</b>\nfour\nfive\nsix\nseven\neight",
        ),
    ];
    let request = request_of(project(&files).templates);
    let error = request
        .render("page.html", context! { name => "Ada" })
        .unwrap_err();
    let error: &TemplateError = error.find().unwrap();
    assert_eq!(
        format!("{error:#}"),
        "template `part.html`, line 3: `nmae` is undefined: did you mean `name`?; included from \
         `page.html`, line 2\n   1 | one\n   2 | two\n   3 > <b>{{ nmae }}</b>\n   4 | four\n   \
         5 | five\n   6 | six"
    );
    assert_eq!(
        (error.template(), error.line()),
        (Some("part.html"), Some(3))
    );
    assert_eq!(error.excerpt()[2].mark, Some(6..10));
    assert_eq!(
        error.included_from().collect::<Vec<_>>(),
        [("page.html", 2)]
    );
}

#[test]
fn an_error_shows_no_values_of_variables() {
    let request = request_of(project(&[("page.html", "{{ secret }}{{ nmae }}")]).templates);
    let error = request
        .render("page.html", context! { secret => "hunter2" })
        .unwrap_err();
    let error: &TemplateError = error.find().unwrap();
    assert!(!format!("{error} {error:#} {error:?}").contains("hunter2"));
}

#[test]
fn templates_are_read_anew_in_debug_mode_only() {
    for (mode, second) in [(Mode::Debug, "new new"), (Mode::Production, "old old")] {
        let files = [
            ("page.html", "old {% include 'part.html' %}"),
            ("part.html", "old"),
        ];
        let Project { folder, templates } = project_with(mode, &files, |_| ());
        let request = request_of(templates);
        assert_eq!(rendered(&request, "page.html", context! {}), "old old");
        write(folder.path(), "page.html", "new {% include 'part.html' %}");
        write(folder.path(), "part.html", "new");
        assert_eq!(rendered(&request, "page.html", context! {}), second);
    }
}

#[test]
fn a_check_finds_the_templates_that_cannot_be_read() {
    let folder = project(&[("good.html", "{{ a }}"), ("bad/one.html", "\n{% if %}")]);
    std::fs::write(folder.folder.path().join("image.png"), b"\x89PNG\xff").unwrap();
    let mut builder = Templates::builder(Mode::Production);
    builder.project(folder.folder.path());
    let problems: Vec<_> = builder
        .build()
        .unwrap()
        .check()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        problems,
        ["template `bad/one.html`, line 2: syntax error: unexpected end of block"]
    );
}
