//! Resolving and reversing, and every error of a list of URLs.

mod errors;
mod round_trip;

use crate::http::{Request, Response, Result};
use crate::urls::{Resolution, ReverseError, Router, Url, Urls, include, path, urls};
use crate::views::View;

/// A view that is told apart by its number.
struct Page<const N: u8>;

impl<const N: u8> View for Page<N> {
    async fn get(&self, _: &Request) -> Result<Response> {
        Ok(Response::text(""))
    }
}

fn router<const N: usize>(list: [Url; N]) -> Router {
    Router::new(vec![("app", urls(list))]).unwrap()
}

/// The pattern that answers `target` with what it captured, `-> location`, or nothing.
fn resolved(router: &Router, target: &str) -> Option<String> {
    match router.resolve(target) {
        Resolution::NotFound => None,
        Resolution::Redirect(location) => Some(format!("-> {location}")),
        Resolution::Found {
            pattern, params, ..
        } => {
            let mut text = pattern.to_string();
            for (name, value) in params.iter() {
                text.push_str(&format!(" {name}={value}"));
            }
            Some(text)
        }
    }
}

#[track_caller]
fn assert_resolves(router: &Router, expected: &[(&str, Option<&str>)]) {
    for (target, found) in expected {
        assert_eq!(resolved(router, target).as_deref(), *found, "{target}");
    }
}

fn shop() -> Urls {
    urls([
        path("", Page::<0>).name("index"),
        path("cart", Page::<1>).name("cart"),
        path("orders/<int:id>", Page::<2>).name("order"),
        path("orders/<int:id>/lines/<uuid:line>", Page::<3>).name("line"),
    ])
}

#[test]
fn an_included_list_stands_under_its_prefix_and_namespace() {
    let router = router([
        path("", Page::<9>).name("home"),
        include("<slug:town>/shop", shop()).namespace("shop"),
    ]);
    assert_resolves(
        &router,
        &[
            ("/", Some("")),
            ("/?next=%2F", Some("")),
            ("/bath/shop", Some("<slug:town>/shop town=bath")),
            ("/bath/shop/cart", Some("<slug:town>/shop/cart town=bath")),
            (
                "/bath/shop/orders/7?a=b",
                Some("<slug:town>/shop/orders/<int:id> town=bath id=7"),
            ),
            ("/bath/shop/orders/x", None),
            ("/bath/shop/orders", None),
            ("/bath", None),
        ],
    );
    assert_eq!(router.reverse("home", ()).unwrap(), "/");
    assert_eq!(
        router.reverse("shop:index", [("town", "bath")]).unwrap(),
        "/bath/shop"
    );
    assert_eq!(
        router
            .reverse("shop:order", (("id", 5), ("town", "bath")))
            .unwrap(),
        "/bath/shop/orders/5"
    );
}

#[test]
fn narrower_patterns_go_before_wider_ones_in_any_order_of_the_list() {
    let router = router([
        path("<path:rest>", Page::<0>),
        path("orders/<id>", Page::<1>),
        path("orders/<slug:id>", Page::<2>),
        path("orders/<uuid:id>", Page::<3>),
        path("orders/<int:id>", Page::<4>),
        path("orders/new", Page::<5>),
        path("orders/report-<int:year>.csv", Page::<6>),
    ]);
    let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    assert_resolves(
        &router,
        &[
            ("/orders/new", Some("orders/new")),
            ("/orders/7", Some("orders/<int:id> id=7")),
            (
                &format!("/orders/{uuid}"),
                Some(&format!("orders/<uuid:id> id={uuid}")),
            ),
            ("/orders/tea", Some("orders/<slug:id> id=tea")),
            ("/orders/a.b", Some("orders/<id> id=a.b")),
            (
                "/orders/report-2024.csv",
                Some("orders/report-<int:year>.csv year=2024"),
            ),
            ("/orders/report-x.csv", Some("orders/<id> id=report-x.csv")),
            ("/orders/7/lines", Some("<path:rest> rest=orders/7/lines")),
            ("/other", Some("<path:rest> rest=other")),
            ("/", None),
        ],
    );
}

#[test]
fn a_pattern_of_another_shape_answers_where_the_first_choice_refuses_the_value() {
    let router = router([
        path("archive/<int:year>", Page::<0>),
        path("<slug:section>/<slug:page>", Page::<1>),
    ]);
    assert_resolves(
        &router,
        &[
            ("/archive/2024", Some("archive/<int:year> year=2024")),
            (
                "/archive/about",
                Some("<slug:section>/<slug:page> section=archive page=about"),
            ),
            ("/archive/a.b", None),
        ],
    );
}

#[test]
fn the_other_slash_leads_to_the_path_as_its_pattern_is_written() {
    let router = router([
        path("cart", Page::<0>),
        path("docs/", Page::<1>),
        path("files/<path:rest>", Page::<2>),
        path("<page>", Page::<3>),
    ]);
    assert_resolves(
        &router,
        &[
            ("/cart/", Some("-> /cart")),
            ("/cart/?a=1&b=%2F", Some("-> /cart?a=1&b=%2F")),
            ("/docs", Some("<page> page=docs")),
            ("/docs/", Some("docs/")),
            ("/files/a/b/", Some("-> /files/a/b")),
            ("/files/", Some("-> /files")),
            ("/caf%c3%A9%2F%25/", Some("-> /caf%C3%A9%2F%25")),
            ("/cart//", None),
            ("/nothing/here/", None),
        ],
    );
    let slashed = self::router([path("docs/", Page::<1>), path("<int:id>/", Page::<2>)]);
    assert_resolves(
        &slashed,
        &[
            ("/docs?a", Some("-> /docs/?a")),
            ("/5", Some("-> /5/")),
            ("/x", None),
            ("/", None),
        ],
    );
}

#[test]
fn no_redirect_leads_to_another_host() {
    let router = router([path("<path:rest>", Page::<0>)]);
    assert_resolves(
        &router,
        &[
            ("//evil.example/", None),
            ("///evil.example/", None),
            ("/.//evil.example/", None),
            ("/%2e/%2Fevil.example/", None),
            ("http://evil.example/", None),
            ("\\\\evil.example/", None),
            ("/\\evil.example/", Some("-> /%5Cevil.example")),
            ("/\tevil.example/", Some("-> /%09evil.example")),
            ("/%5Cevil.example/", Some("-> /%5Cevil.example")),
            ("/%2Fevil.example/", None),
        ],
    );
    let text = self::router([path("<rest>", Page::<0>)]);
    assert_resolves(&text, &[("/%2Fevil.example/", None)]);
}

#[test]
fn a_path_is_matched_by_its_decoded_segments() {
    let router = router([
        path("café/<name>", Page::<0>),
        path("a b", Page::<1>),
        path("files/<path:rest>", Page::<2>),
        path("of-<name>/<int:page>", Page::<3>),
    ]);
    assert_resolves(
        &router,
        &[
            ("/caf%C3%A9/x", Some("café/<name> name=x")),
            ("/café/x", Some("café/<name> name=x")),
            ("/a%20b", Some("a b")),
            ("/a+b", None),
            ("/%63af%C3%A9/a%2Fb", Some("café/<name> name=a/b")),
            ("/café/%252F", Some("café/<name> name=%2F")),
            ("/café%2Fx", None),
            ("/café/%ff", None),
            ("/café/%0", None),
            ("/café/a%00", None),
            ("/café/..", None),
            ("/café/%2E%2e", None),
            ("/café/...", Some("café/<name> name=...")),
            ("/café/..%2Fetc%2Fpasswd", None),
            ("/café/%2Fetc%2Fpasswd", None),
            ("/of-../1", None),
            ("/of-%2F/1", None),
            ("/of-a%2Fb/1", Some("of-<name>/<int:page> name=a/b page=1")),
            ("/files/a/%2e%2e/b", None),
            ("/files/a%2F..%2Fb", None),
            ("/files/a//b", None),
            ("/files/a%2Fb/c", Some("files/<path:rest> rest=a/b/c")),
            ("", None),
            ("*", None),
        ],
    );
}

#[test]
fn a_pattern_without_placeholders_captures_nothing() {
    let router = router([path("cart", Page::<0>)]);
    let Resolution::Found {
        endpoint, params, ..
    } = router.resolve("/cart")
    else {
        panic!("/cart is a route");
    };
    assert_eq!(params.iter().count(), 0);
    assert_eq!(endpoint.methods(), ["GET", "HEAD", "OPTIONS"]);
}

#[test]
fn the_routes_are_listed_with_what_stands_behind_them() {
    let router = Router::new(vec![
        ("app", shop()),
        ("plain", urls([path("assets/<path:rest>", Page::<7>)])),
    ])
    .unwrap();
    let routes: Vec<_> = router
        .routes()
        .iter()
        .map(|route| (route.pattern(), route.name(), route.package()))
        .collect();
    assert_eq!(
        routes,
        [
            ("", Some("index"), "app"),
            ("cart", Some("cart"), "app"),
            ("orders/<int:id>", Some("order"), "app"),
            ("orders/<int:id>/lines/<uuid:line>", Some("line"), "app"),
            ("assets/<path:rest>", None, "plain"),
        ]
    );
    assert_eq!(router.routes()[1].view(), "plain::urls::tests::Page<1>");
    assert_eq!(router.routes()[1].methods(), ["GET", "HEAD", "OPTIONS"]);
}

#[test]
fn a_reversed_value_is_percent_encoded() {
    let router = router([
        path("<name>", Page::<0>).name("text"),
        path("files/<path:rest>", Page::<1>).name("file"),
        path("café/<int:year>.csv", Page::<2>).name("report"),
        path("docs/", Page::<3>).name("docs"),
    ]);
    for (value, reversed) in [
        ("a b", "/a%20b"),
        ("a/b?c#d%e\\f", "/a%2Fb%3Fc%23d%25e%5Cf"),
        ("é\"'<>&", "/%C3%A9%22%27%3C%3E%26"),
        ("a:b@c=d+e,f;g!h~i", "/a:b@c=d+e,f;g!h~i"),
        ("...", "/..."),
    ] {
        assert_eq!(router.reverse("text", [("name", value)]).unwrap(), reversed);
    }
    assert_eq!(
        router.reverse("file", [("rest", "a b/c%")]).unwrap(),
        "/files/a%20b/c%25"
    );
    assert_eq!(
        router.reverse("report", ("year", 2024)).unwrap(),
        "/caf%C3%A9/2024.csv"
    );
    assert_eq!(router.reverse("docs", ()).unwrap(), "/docs/");
}

#[test]
fn what_cannot_be_reversed_says_why() {
    let router = router([
        path("cart", Page::<0>).name("cart"),
        path("orders/<int:id>/<slug:tab>", Page::<1>).name("order"),
        path(".<end>", Page::<2>).name("dotted"),
    ]);
    let text = |result: Result<String, ReverseError>| result.unwrap_err().to_string();
    assert_eq!(
        text(router.reverse("oder", ())),
        "no URL is named `oder`: did you mean `order`?"
    );
    assert_eq!(
        text(router.reverse("customers", ())),
        "no URL is named `customers`: known: `cart`, `dotted`, `order`"
    );
    assert_eq!(
        text(router.reverse("order", [("id", 5)])),
        "the URL `order` (`orders/<int:id>/<slug:tab>`) needs `tab`: give it a value"
    );
    assert_eq!(
        text(router.reverse("order", (("ip", 5), ("tab", "a")))),
        "the URL `order` (`orders/<int:id>/<slug:tab>`) has no place for `ip`: did you mean `id`?"
    );
    assert_eq!(
        text(router.reverse("cart", [("id", 5)])),
        "the URL `cart` (`cart`) has no place for `id`: there is none"
    );
    assert_eq!(
        text(router.reverse("order", (("id", -5), ("tab", "a")))),
        "the URL `order` (`orders/<int:id>/<slug:tab>`) can't have \"-5\" as `id`: `<int:id>` \
         takes digits that fit 64 bits"
    );
    assert_eq!(
        text(router.reverse("dotted", [("end", ".")])),
        "the URL `dotted` (`.<end>`) can't have \".\" as `end`: `<str:end>` takes text without \
         NUL, none of whose parts between slashes is empty, `.` or `..`"
    );
}
