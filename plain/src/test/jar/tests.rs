use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn at(url: &'static str) -> Place<'static> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    Place {
        secure: scheme == "https",
        host,
        path,
    }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A jar that was told `headers`, each from the address before it.
fn jar(headers: &[(&'static str, &str)]) -> Jar {
    let mut jar = Jar::default();
    for (url, header) in headers {
        jar.store(header.as_bytes(), at(url), now());
    }
    jar
}

fn sent(jar: &Jar, url: &'static str) -> String {
    let header = jar.header(at(url), Origin::SameSite, now());
    header.unwrap_or_default()
}

#[test]
fn a_cookie_without_a_domain_goes_to_the_host_that_set_it_alone() {
    let jar = jar(&[("http://shop.test/", "a=1")]);
    assert_eq!(sent(&jar, "http://shop.test/"), "a=1");
    assert_eq!(sent(&jar, "http://www.shop.test/"), "");
    assert_eq!(sent(&jar, "http://test/"), "");
}

#[test]
fn a_cookie_with_a_domain_goes_to_all_hosts_below_it() {
    let jar = jar(&[("http://www.shop.test/", "a=1; Domain=.shop.test")]);
    assert_eq!(sent(&jar, "http://shop.test/"), "a=1");
    assert_eq!(sent(&jar, "http://deep.www.shop.test/"), "a=1");
    assert_eq!(sent(&jar, "http://othershop.test/"), "");
}

#[test]
fn nobody_sets_a_cookie_for_a_host_that_is_not_above_them() {
    for header in [
        "a=1; Domain=other.test",
        "a=1; Domain=www.shop.test",
        "a=1; Domain=test",
        "a=1; Domain=höhle.test",
    ] {
        assert!(
            jar(&[("http://shop.test/", header)]).all().is_empty(),
            "{header}"
        );
    }
    let jar = jar(&[("http://127.0.0.1/", "a=1; Domain=0.0.1")]);
    assert!(jar.all().is_empty());
}

#[test]
fn a_name_without_a_dot_and_an_address_are_hosts_of_their_own() {
    let jar = jar(&[
        ("http://localhost/", "a=1; Domain=localhost"),
        ("http://127.0.0.1/", "b=2; Domain=127.0.0.1"),
    ]);
    assert!(jar.all().iter().all(|cookie| cookie.host_only));
    assert_eq!(sent(&jar, "http://localhost/"), "a=1");
    assert_eq!(sent(&jar, "http://127.0.0.1/"), "b=2");
}

#[test]
fn a_cookie_goes_to_its_path_and_what_is_below_it() {
    let jar = jar(&[("http://shop.test/", "a=1; Path=/cart")]);
    assert_eq!(sent(&jar, "http://shop.test/cart"), "a=1");
    assert_eq!(sent(&jar, "http://shop.test/cart/items"), "a=1");
    assert_eq!(sent(&jar, "http://shop.test/cartoons"), "");
    assert_eq!(sent(&jar, "http://shop.test/"), "");
}

#[test]
fn a_cookie_without_a_path_belongs_to_the_folder_of_its_page() {
    let from_page = jar(&[("http://shop.test/orders/5", "a=1")]);
    assert_eq!(from_page.all()[0].path, "/orders");
    let from_root = jar(&[("http://shop.test/orders", "a=1; Path=orders")]);
    assert_eq!(from_root.all()[0].path, "/");
}

#[test]
fn a_secure_cookie_is_set_and_sent_over_https_alone() {
    let from_http = jar(&[("http://shop.test/", "a=1; Secure")]);
    assert!(from_http.all().is_empty());
    let from_https = jar(&[("https://shop.test/", "a=1; Secure")]);
    assert_eq!(sent(&from_https, "https://shop.test/"), "a=1");
    assert_eq!(sent(&from_https, "http://shop.test/"), "");
}

#[test]
fn clear_text_does_not_hide_a_secure_cookie_behind_one_of_its_name() {
    let jar = jar(&[
        ("https://shop.test/", "a=1; Secure; Path=/"),
        ("http://shop.test/", "a=2; Path=/cart"),
        ("http://www.shop.test/", "a=3; Domain=shop.test; Path=/"),
        ("http://shop.test/", "b=4; Path=/"),
    ]);
    assert_eq!(sent(&jar, "https://shop.test/cart"), "a=1; b=4");
}

#[test]
fn max_age_zero_and_a_past_expires_remove_the_cookie_of_the_same_path_and_domain() {
    for end in [
        "Max-Age=0",
        "Max-Age=-1",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        let header = format!("a=; Path=/; {end}");
        let removed = jar(&[
            ("http://shop.test/", "a=1; Path=/"),
            ("http://shop.test/x", &header),
        ]);
        assert!(removed.all().is_empty(), "{end}");
        let kept = jar(&[
            ("http://shop.test/", "a=1; Path=/cart"),
            ("http://shop.test/", &header),
        ]);
        assert_eq!(sent(&kept, "http://shop.test/cart"), "a=1", "{end}");
    }
}

#[test]
fn a_cookie_ends_when_its_time_has_come() {
    let jar = jar(&[("http://shop.test/", "a=1; Max-Age=60")]);
    let at_second = |second| {
        let moment = now() + Duration::from_secs(second);
        jar.header(at("http://shop.test/"), Origin::SameSite, moment)
    };
    assert_eq!(at_second(59).as_deref(), Some("a=1"));
    assert_eq!(at_second(60), None);
}

#[test]
fn a_newer_cookie_takes_the_place_of_the_older_in_the_order_too() {
    let jar = jar(&[
        ("http://shop.test/", "a=1"),
        ("http://shop.test/", "b=2"),
        ("http://shop.test/", "a=3"),
    ]);
    assert_eq!(sent(&jar, "http://shop.test/"), "a=3; b=2");
}

#[test]
fn longer_paths_are_sent_first() {
    let jar = jar(&[
        ("http://shop.test/", "a=1; Path=/"),
        ("http://shop.test/", "b=2; Path=/cart/items"),
        ("http://shop.test/", "c=3; Path=/cart"),
    ]);
    assert_eq!(sent(&jar, "http://shop.test/cart/items"), "b=2; c=3; a=1");
}

#[test]
fn prefixes_keep_their_promises() {
    let refused = [
        "__Secure-a=1",
        "__secure-a=1",
        "__Host-a=1; Path=/",
        "__Host-a=1; Secure",
        "__Host-a=1; Secure; Path=/cart",
        "__Host-a=1; Secure; Path=/; Domain=shop.test",
        "=__Host-a=1; Secure; Path=/",
    ];
    for header in refused {
        assert!(
            jar(&[("https://shop.test/", header)]).all().is_empty(),
            "{header}"
        );
    }
    for header in ["__Secure-a=1; Secure", "__Host-a=1; Secure; Path=/"] {
        assert_eq!(
            jar(&[("https://shop.test/", header)]).all().len(),
            1,
            "{header}"
        );
    }
}

#[test]
fn same_site_decides_what_other_sites_cause_to_be_sent() {
    let jar = jar(&[
        ("https://shop.test/", "strict=1; SameSite=Strict"),
        ("https://shop.test/", "lax=1; SameSite=Lax"),
        ("https://shop.test/", "unset=1"),
        ("https://shop.test/", "none=1; SameSite=None; Secure"),
        ("https://shop.test/", "refused=1; SameSite=None"),
    ]);
    let from = |origin| jar.header(at("https://shop.test/"), origin, now()).unwrap();
    assert_eq!(from(Origin::SameSite), "strict=1; lax=1; unset=1; none=1");
    assert_eq!(from(Origin::CrossSiteNavigation), "lax=1; unset=1; none=1");
    assert_eq!(from(Origin::CrossSite), "none=1");
}

proptest! {
    #[test]
    fn what_is_set_without_attributes_comes_back_once_and_last(
        pairs in proptest::collection::vec(("[a-c]", "[a-z0-9]{1,4}"), 1..20),
    ) {
        let mut jar = Jar::default();
        let mut expected: Vec<(String, String)> = Vec::new();
        for (name, value) in pairs {
            jar.store(format!("{name}={value}").as_bytes(), at("http://shop.test/"), now());
            match expected.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => expected.push((name, value)),
            }
        }
        let expected: Vec<_> = expected.iter().map(|(n, v)| format!("{n}={v}")).collect();
        prop_assert_eq!(sent(&jar, "http://shop.test/x"), expected.join("; "));
    }

    #[test]
    fn a_cookie_never_leaves_its_scheme_host_and_path(
        header in "(__Host-)?[ab]=1(; Secure)?(; Path=/(x|y)?)?(; Domain=(shop.test|test|other.test))?",
        to_host in prop::sample::select(vec!["shop.test", "www.shop.test", "other.test"]),
        to_path in prop::sample::select(vec!["/", "/x", "/xy", "/y/z"]),
        secure in any::<bool>(),
    ) {
        let mut jar = Jar::default();
        jar.store(header.as_bytes(), at("https://shop.test/"), now());
        let place = Place { secure, host: to_host, path: to_path };
        if jar.header(place, Origin::SameSite, now()).is_some() {
            prop_assert!(secure || !header.contains("Secure"));
            let below = to_host == "www.shop.test" && header.contains("Domain=shop.test");
            prop_assert!(to_host == "shop.test" || below);
            prop_assert!(!header.contains("Path=/x") || to_path == "/x");
            prop_assert!(!header.contains("Path=/y") || to_path.starts_with("/y"));
        }
    }
}
