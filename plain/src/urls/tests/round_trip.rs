//! `reverse` and `resolve` undo each other.

use proptest::collection::vec;
use proptest::prelude::*;

use super::Page;
use crate::urls::{Resolution, Router, path, urls};

/// A segment of a pattern, and the value it is given if it is a placeholder.
#[derive(Clone, Debug)]
enum Part {
    Fixed(String),
    Captured {
        before: String,
        converter: &'static str,
        after: String,
        value: String,
    },
}

fn text() -> impl Strategy<Value = String> {
    // Much of what could be mistaken for something else, and anything that is left.
    prop_oneof!["[a-z%/.?#&+ \\\\]{1,8}", "\\PC{1,8}"]
}

fn fixed() -> impl Strategy<Value = String> {
    "[a-zé .~-]{1,6}".prop_filter("not a dot segment", |text| text != "." && text != "..")
}

fn captured() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        any::<u64>().prop_map(|number| ("int", number.to_string())),
        "[a-zA-Z0-9_-]{1,8}".prop_map(|slug| ("slug", slug)),
        any::<u128>().prop_map(|bits| ("uuid", uuid::Uuid::from_u128(bits).to_string())),
        text().prop_map(|text| ("str", text)),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        fixed().prop_map(Part::Fixed),
        ("[a-z-]{0,3}", captured(), "[a-z.-]{0,3}").prop_map(
            |(before, (converter, value), after)| {
                Part::Captured {
                    before,
                    converter,
                    after,
                    value,
                }
            }
        ),
    ]
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let rest = vec(text().prop_map(|text| text.replace('/', "-")), 1..4)
        .prop_map(|segments| segments.join("/"))
        .prop_map(|value| Part::Captured {
            before: String::new(),
            converter: "path",
            after: String::new(),
            value,
        });
    (vec(part(), 0..5), proptest::option::of(rest)).prop_map(|(mut parts, rest)| {
        parts.extend(rest);
        parts
    })
}

fn pattern(parts: &[Part]) -> String {
    let segments = parts.iter().enumerate().map(|(index, part)| match part {
        Part::Fixed(text) => text.clone(),
        Part::Captured {
            before,
            converter,
            after,
            ..
        } => {
            format!("{before}<{converter}:p{index}>{after}")
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

fn values(parts: &[Part]) -> Vec<(String, String)> {
    let values = parts
        .iter()
        .enumerate()
        .filter_map(|(index, part)| match part {
            Part::Fixed(_) => None,
            Part::Captured { value, .. } => Some((format!("p{index}"), value.clone())),
        });
    values.collect()
}

/// Whether some value climbs, or could be taken for one that does, which `reverse` must refuse.
fn climbs(parts: &[Part]) -> bool {
    parts.iter().any(|part| match part {
        Part::Captured {
            converter: "str" | "path",
            value,
            ..
        } => value.split('/').any(|part| matches!(part, "" | "." | "..")),
        _ => false,
    })
}

proptest! {
    #[test]
    fn what_is_reversed_resolves_to_the_same_values(parts in parts(), slash in any::<bool>()) {
        let mut pattern = pattern(&parts);
        if slash && !pattern.is_empty() && !pattern.contains("<path:") {
            pattern.push('/');
        }
        let values = values(&parts);
        let router = Router::new(vec![("app", urls([path(pattern, Page::<0>).name("it")]))]).unwrap();
        let reversed = router.reverse("it", values.clone());
        if climbs(&parts) {
            prop_assert!(reversed.is_err());
            return Ok(());
        }
        let reversed = reversed.unwrap();
        prop_assert!(reversed.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert!(reversed.parse::<http::Uri>().unwrap().query().is_none());
        let Resolution::Found { params, .. } = router.resolve(&reversed) else {
            panic!("{reversed} is not found");
        };
        let found: Vec<_> = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(found, values);
    }

    #[test]
    fn no_target_leads_to_another_host_or_to_a_panic(target in "[/\\\\.%2Fe5Ca?@:\\t]{0,12}") {
        let router = Router::new(vec![("app", urls([
            path("<path:rest>", Page::<0>),
        ]))]).unwrap();
        if let Resolution::Redirect(location) = router.resolve(&target) {
            // The query goes back as it was sent; a browser looks for the host before it.
            let (path, _) = location.split_once('?').unwrap_or((&location, ""));
            prop_assert!(path.starts_with('/'));
            prop_assert!(!path.starts_with("//") && !path.contains('\\'));
        }
    }
}
