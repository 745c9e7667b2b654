//! What a session can hold, what it refuses, and what it says where a type does not fit.

use std::collections::{BTreeMap, HashMap};

use insta::assert_snapshot;
use plain::db;
use plain::http::Response;
use plain::test::both;
use plain_sessions::{SessionError, SessionKey, SessionStore};
use plain_tests::sessions::{Site, set, values};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{cases, wait_for};

both![
    a_value_of_another_type_stays_as_it_was,
    every_number_comes_back_as_it_was,
    what_is_set_comes_back_as_it_was,
    names_may_be_any_text,
    what_is_refused_in_a_request_is_an_error_of_that_request_alone,
];

/// A session outside of a request, which is no different here.
async fn session() -> (Site, SessionStore) {
    let site = Site::new().await;
    let session = SessionStore::new(site.app().services()).unwrap();
    session.set("before", 1).unwrap();
    (site, session)
}

/// What `change` is refused with; the session must be as before.
#[track_caller]
fn refusal(
    session: &SessionStore,
    change: impl FnOnce(&SessionStore) -> Result<(), SessionError>,
) -> String {
    let before = session.items();
    let error = change(session).unwrap_err();
    assert_eq!(session.items(), before, "nothing has changed");
    error.to_string()
}

fn nested(depth: usize) -> Value {
    (1..depth).fold(json!([]), |inner, _| json!([inner]))
}

#[tokio::test]
async fn what_json_or_a_database_can_not_hold_is_refused_by_set_which_names_the_key() {
    let (_site, session) = session().await;
    let refused = |change: fn(&SessionStore) -> Result<(), SessionError>| refusal(&session, change);
    assert_snapshot!(refused(|it| it.set("price", f64::NAN)), @"the session value `price` was not set: a number that is not finite (NaN or an infinity) can't be stored as JSON");
    assert_snapshot!(refused(|it| it.set("price", f64::INFINITY)), @"the session value `price` was not set: a number that is not finite (NaN or an infinity) can't be stored as JSON");
    assert_snapshot!(refused(|it| it.set("prices", [1.0, f64::NEG_INFINITY])), @"the session value `prices` was not set: a number that is not finite (NaN or an infinity) can't be stored as JSON");
    assert_snapshot!(refused(|it| it.set("big", u128::MAX)), @"the session value `big` was not set: an integer beyond 64 bits can't be stored");
    assert_snapshot!(refused(|it| it.set("big", i128::from(i64::MIN) - 1)), @"the session value `big` was not set: an integer beyond 64 bits can't be stored");
    assert_snapshot!(refused(|it| it.set("by id", HashMap::from([(1, "a")]))), @"the session value `by id` was not set: a map with keys that are not texts can't be stored as JSON");
    assert_snapshot!(refused(|it| it.set("name", "a\0b")), @"the session value `name` was not set: a text with a NUL character can't be stored");
    assert_snapshot!(refused(|it| it.set("names", ["a", "\0"])), @"the session value `names` was not set: a text with a NUL character can't be stored");
    assert_snapshot!(refused(|it| it.set("tree", nested(65))), @"the session value `tree` was not set: a value that is nested deeper than 64 levels can't be stored");
}

#[tokio::test]
async fn a_key_with_a_nul_character_is_refused() {
    let (_site, session) = session().await;
    let error = refusal(&session, |it| it.set("a\0b", 1));
    assert_eq!(
        error,
        "the session value `a\0b` was not set: a text with a NUL character can't be stored"
    );
}

#[tokio::test]
async fn every_way_to_set_a_value_refuses_alike() {
    let (_site, session) = session().await;
    let refused = |change: fn(&SessionStore) -> Result<(), SessionError>| refusal(&session, change);
    let expected = refused(|it| it.set("price", f64::NAN));
    let refusals = [
        refused(|it| it.update("price", |_: Option<f64>| f64::NAN)),
        refused(|it| it.setdefault("price", f64::NAN).map(drop)),
        refused(|it| it.extend([("fine", 1.0), ("price", f64::NAN)])),
        refused(|it| it.set(SessionKey::<f64>::new("price"), f64::NAN)),
    ];
    for refusal in refusals {
        assert_eq!(refusal, expected);
    }
    let owner = session.set_owner(Some("a\0")).unwrap_err();
    assert_snapshot!(owner, @"the session value `owner` was not set: a text with a NUL character can't be stored");
    assert_eq!(session.owner(), None);
}

async fn what_is_refused_in_a_request_is_an_error_of_that_request_alone(on: db::Kind) {
    let site = Site::on(on).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.run([set("n", 1), set("name", "\0")]).await;
    assert_eq!(response.status(), 500);
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: f64,
    tags: Vec<Option<char>>,
    kind: Kind,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Sized(u8, u8),
    Named { name: String },
}

/// Stores `value`, and returns what a later request reads.
async fn there_and_back<T>(site: &Site, value: T) -> T
where
    T: Serialize + serde::de::DeserializeOwned,
{
    let services = site.app().services();
    let session = SessionStore::new(services).unwrap();
    session.set("value", value).unwrap();
    session.save().await.unwrap();
    let key = session.session_key().unwrap();
    let loaded = SessionStore::load(services, key.expose()).await.unwrap();
    loaded.unwrap().get("value").unwrap().unwrap()
}

async fn what_is_set_comes_back_as_it_was(on: db::Kind) {
    let site = Site::on(on).start().await;
    let site = &site;
    assert_eq!(there_and_back(site, u64::MAX).await, u64::MAX);
    assert_eq!(there_and_back(site, i64::MIN).await, i64::MIN);
    assert_eq!(
        there_and_back(site, i128::from(i64::MIN)).await,
        i128::from(i64::MIN)
    );
    assert_eq!(there_and_back(site, ()).await, ());
    assert_eq!(there_and_back(site, None::<u8>).await, None);
    assert_eq!(there_and_back(site, nested(64)).await, nested(64));
    for text in [
        "",
        "é",
        "👩‍🚀",
        "\u{1}\u{7f}",
        "\"\\/\r\n\t",
        "\u{fffd}\u{10ffff}",
        "</script>",
    ] {
        assert_eq!(there_and_back(site, text.to_owned()).await, text);
    }
    let long = "x".repeat(1_000_000);
    assert_eq!(there_and_back(site, long.clone()).await, long);
    let map = BTreeMap::from([("".to_owned(), 1), ("é \"'".to_owned(), 2)]);
    assert_eq!(there_and_back(site, map.clone()).await, map);
    let items = || {
        let kinds = [
            Kind::Plain,
            Kind::Sized(1, 2),
            Kind::Named {
                name: "n".to_owned(),
            },
        ];
        let item = |kind| Item {
            name: "tea".to_owned(),
            price: 0.1,
            tags: vec![Some('a'), None],
            kind,
        };
        kinds.map(item).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(there_and_back(site, items()).await, items());
}

async fn every_number_comes_back_as_it_was(on: db::Kind) {
    let site = Site::on(on).start().await;
    let finite = any::<f64>().prop_filter("finite", |number| number.is_finite());
    let numbers = proptest::collection::vec((finite, any::<i64>(), any::<u64>()), 50);
    proptest!(cases(20), |(numbers in numbers)| {
        let back = wait_for(there_and_back(&site, numbers.clone()));
        prop_assert_eq!(back, numbers);
    });
}

async fn names_may_be_any_text(on: db::Kind) {
    let site = Site::on(on).start().await;
    for name in [
        "",
        " ",
        "a.b",
        "$",
        "é",
        "'; DROP TABLE plainsessions_session",
        "\"",
        "👩‍🚀",
    ] {
        let visitor = site.visitor_with(name, "Ada").await;
        assert_eq!(values(&visitor.look().await), json!({ name: "Ada" }));
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_an_error_that_names_the_key_and_both_types_and_not_the_value() {
    let (_site, session) = session().await;
    session.set("name", "a private value").unwrap();
    session.set("list", ["a private value"]).unwrap();
    session.set("map", json!({ "a private value": 1 })).unwrap();
    session.set("flag", true).unwrap();
    session.set("null", ()).unwrap();
    session.set("big", 300).unwrap();
    let wrong = |change: fn(&SessionStore) -> Result<(), SessionError>| {
        let error = refusal(&session, change);
        assert!(
            !error.contains("private") && !error.contains("300"),
            "{error}"
        );
        error
    };
    assert_snapshot!(wrong(|it| it.get::<u32>("name").map(drop)), @"the session value `name` is a text, not u32: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.get::<String>("list").map(drop)), @"the session value `list` is a list, not alloc::string::String: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.get::<Vec<String>>("map").map(drop)), @"the session value `map` is a map, not alloc::vec::Vec<alloc::string::String>: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.get::<f64>("flag").map(drop)), @"the session value `flag` is a boolean, not f64: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.get::<bool>("null").map(drop)), @"the session value `null` is null, not bool: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.get::<u8>("big").map(drop)), @"the session value `big` is a number, not u8: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.get(SessionKey::<Vec<u8>>::new("name")).map(drop)), @"the session value `name` is a text, not alloc::vec::Vec<u8>: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.pop::<u32>("name").map(drop)), @"the session value `name` is a text, not u32: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.setdefault("name", 1_u32).map(drop)), @"the session value `name` is a text, not u32: ask for the type that was set, or remove the value");
    assert_snapshot!(wrong(|it| it.update("name", |n: Option<u32>| n.unwrap_or(0))), @"the session value `name` is a text, not u32: ask for the type that was set, or remove the value");
}

async fn a_value_of_another_type_stays_as_it_was(on: db::Kind) {
    let site = Site::on(on).page("pop", |session: SessionStore| async move {
        assert!(session.pop::<u32>("name").is_err());
        assert!(session.get::<u32>("name").is_err());
        Ok(Response::text(""))
    });
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.get("/pop").await;
    assert_eq!(
        (response.status().as_u16(), response.statements().len()),
        (200, 1)
    );
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

#[tokio::test]
async fn a_typed_key_reads_and_writes_what_its_name_does() {
    const CART: SessionKey<Vec<u32>> = SessionKey::new("cart_items");
    let (_site, session) = session().await;
    assert_eq!(session.get(CART).unwrap(), None);
    session.set(CART, vec![1]).unwrap();
    session
        .update(CART, |cart| [cart.unwrap_or_default(), vec![2]].concat())
        .unwrap();
    assert_eq!(
        session.get::<Vec<u32>>("cart_items").unwrap(),
        Some(vec![1, 2])
    );
    assert_eq!(session.setdefault(CART, vec![]).unwrap(), [1, 2]);
    assert_eq!(session.pop(CART).unwrap(), Some(vec![1, 2]));
    assert!(!session.contains_key("cart_items"));
}
