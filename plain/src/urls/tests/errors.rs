//! Every error of a list of URLs, word for word.

use super::{Page, shop};
use crate::urls::{Router, Url, include, path, urls};

fn refused<const N: usize>(list: [Url; N]) -> String {
    Router::new(vec![("app", urls(list))])
        .unwrap_err()
        .to_string()
}

#[test]
fn a_pattern_that_is_not_well_formed_is_refused() {
    for (pattern, fault) in [
        (
            "/cart",
            "starts with a slash: patterns continue what they are included under, leave it out",
        ),
        (
            "a//b",
            "has an empty segment, which no path has: remove the doubled slash",
        ),
        (
            "a/../b",
            "has the segment `..`, which browsers resolve before they send it: remove it",
        ),
        (
            "orders/{id}",
            "holds '{', which is no part of a path: write text decoded, placeholders as `<id>`",
        ),
        (
            "a%20b",
            "holds '%', which is no part of a path: write text decoded, placeholders as `<id>`",
        ),
        (
            "orders/<int:id",
            "has `<` and `>` that do not pair up: a placeholder is written `<id>` or `<int:id>`",
        ),
        (
            "orders/int:id>",
            "has `<` and `>` that do not pair up: a placeholder is written `<id>` or `<int:id>`",
        ),
        (
            "orders/<<id>>",
            "has `<` and `>` that do not pair up: a placeholder is written `<id>` or `<int:id>`",
        ),
        (
            "orders/<int:>",
            "has a placeholder named \"\": a name is letters, digits and `_`, no digit first",
        ),
        (
            "orders/<int:1st>",
            "has a placeholder named \"1st\": a name is letters, digits and `_`, no digit first",
        ),
        (
            "orders/<itn:id>",
            "uses the converter `itn`, which does not exist: did you mean `int`?",
        ),
        (
            "orders/<decimal:id>",
            "uses the converter `decimal`, which does not exist: known: `int`, `path`, `slug`, \
             `str`, `uuid`",
        ),
        (
            "<a>-<b>",
            "has two placeholders in the segment `<a>-<b>`: set a slash between them",
        ),
        (
            "<int:id>/<id>",
            "has two placeholders named `id`: rename one of them",
        ),
        (
            "<path:rest>/edit",
            "has `<path:rest>` before its end, and that takes all that follows: move it there",
        ),
        (
            "<path:rest>/",
            "has `<path:rest>` before its end, and that takes all that follows: move it there",
        ),
        (
            "<path:rest>.txt",
            "has `<path:rest>` before its end, and that takes all that follows: move it there",
        ),
    ] {
        assert_eq!(
            refused([path(pattern, Page::<0>)]),
            format!("the URL pattern `{pattern}` (package `app`) {fault}")
        );
    }
}

#[test]
fn an_include_that_is_not_well_formed_is_refused() {
    assert_eq!(
        refused([include("admin/", shop())]),
        "the URL pattern `admin/` (package `app`) of an include ends with a slash: leave it out, \
         what is included is set off by one"
    );
    assert_eq!(
        refused([include("<path:rest>", urls([path("a", Page::<0>)]))]),
        "the URL pattern `<path:rest>/a` (package `app`) has `<path:rest>` before its end, and \
         that takes all that follows: move it there"
    );
    assert_eq!(
        refused([include("<int:id>", shop())]),
        "the URL pattern `<int:id>/orders/<int:id>` (package `app`) has two placeholders named \
         `id`: rename one of them"
    );
}

#[test]
fn a_name_in_the_wrong_place_or_form_is_refused() {
    assert_eq!(
        refused([path("cart", Page::<0>).name("shop:cart")]),
        "the URL pattern `cart` (package `app`) is named \"shop:cart\": a name is one or more \
         letters, digits, `_`, `-` and `.`"
    );
    assert_eq!(
        refused([include("shop", shop()).namespace("")]),
        "the URL pattern `shop` (package `app`) is named \"\": a name is one or more letters, \
         digits, `_`, `-` and `.`"
    );
    assert_eq!(
        refused([path("cart", Page::<0>).namespace("shop")]),
        "the URL pattern `cart` (package `app`) is a path with the namespace `shop`: give a path \
         a `name`, an include a `namespace`"
    );
    assert_eq!(
        refused([include("shop", shop()).name("shop")]),
        "the URL pattern `shop` (package `app`) is an include with the name `shop`: give an \
         include a `namespace`, a path a `name`"
    );
}

#[test]
fn two_patterns_for_the_same_paths_are_refused_with_both_named() {
    let lists = |first: &str, second: &str| {
        vec![
            ("app", urls([path(first, Page::<0>)])),
            ("plain.blog", urls([path(second, Page::<1>)])),
        ]
    };
    assert_eq!(
        Router::new(lists("p/<int:id>", "p/<int:number>"))
            .unwrap_err()
            .to_string(),
        "`p/<int:number>` (view `plain::urls::tests::Page<1>`, package `plain.blog`) matches the \
         same paths as `p/<int:id>` (view `plain::urls::tests::Page<0>`, package `app`): change \
         or remove one of them"
    );
    assert_eq!(
        Router::new(lists("cart", "cart/")).unwrap_err().to_string(),
        "`cart/` (view `plain::urls::tests::Page<1>`, package `plain.blog`) matches the same paths \
         as `cart` (view `plain::urls::tests::Page<0>`, package `app`): change or remove one of \
         them"
    );
    assert_eq!(
        Router::new(lists("files/<path:rest>", "files/<int:id>"))
            .unwrap_err()
            .to_string(),
        "`files/<int:id>` (view `plain::urls::tests::Page<1>`, package `plain.blog`) overlaps with \
         `files/<path:rest>` (view `plain::urls::tests::Page<0>`, package `app`), and neither is \
         the narrower one: set a fixed segment before one of them"
    );
}

#[test]
fn a_name_that_is_given_twice_is_refused_with_both_routes_named() {
    assert_eq!(
        refused([include("a", shop()), include("b", shop())]),
        "the URL name `index` is given to both `a` (view `plain::urls::tests::Page<0>`, package \
         `app`) and `b` (view `plain::urls::tests::Page<0>`, package `app`): rename one, or \
         include one list with a namespace"
    );
}
