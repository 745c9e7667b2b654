//! Which keys are accepted, and which never are.

use http::header::{COOKIE, HOST, HeaderValue};
use http::{Request, Uri};
use plain::db::Kind;
use plain::db::observe;
use plain::http::{Body, Connection, Response, Result, Scheme};
use plain::test::both;
use plain_sessions::{KeyHash, SessionStore};
use plain_tests::sessions::{
    Site, Step, add_one, clear, costs, cycle, extend, flush, owner, pop, remove, set, setdefault,
    values,
};
use proptest::prelude::*;
use serde_json::json;

use crate::{FORGET, UNKNOWN, cases, cookie, wait_for};

both![
    an_unknown_key_is_never_adopted_whatever_a_handler_does_first,
    an_unknown_key_is_never_adopted_by_any_sequence_of_steps,
    an_unknown_key_is_not_adopted_by_saving_early,
    the_hash_of_a_key_is_no_key,
    a_malformed_key_costs_no_query_and_is_no_error,
    bytes_that_are_no_text_are_no_key_and_no_error,
    what_is_set_under_a_malformed_key_gets_a_new_one,
    of_several_cookies_with_its_name_the_last_is_the_session,
    a_cookie_is_trimmed_of_space_and_tab_only,
    two_thousand_new_sessions_have_two_thousand_keys,
];

/// Everything that a handler can do to a session.
fn all_steps() -> Vec<Step> {
    vec![
        set("a", 1),
        extend("a", 1),
        setdefault("a", 1),
        add_one("a"),
        remove("a"),
        pop("a"),
        clear(),
        flush(),
        cycle(),
        owner("ada"),
        owner(None),
    ]
}

/// Sends `steps` under a key that nobody gave out, and looks for it afterwards.
async fn assert_never_adopted(site: &Site, steps: &[Step]) {
    let visitor = site.visitor_who_sends(UNKNOWN);
    let response = visitor.post_json("/run", steps).await;
    assert_eq!(response.status(), 200, "{steps:?}");
    assert_ne!(visitor.key(), Some(UNKNOWN.to_owned()), "{steps:?}");
    let told = cookie(&response).unwrap();
    assert!(told == FORGET || !told.contains(UNKNOWN), "{steps:?}");
    let adopted = KeyHash::of(UNKNOWN);
    for row in site.rows().await {
        assert_ne!(row.key_hash, adopted.as_str(), "{steps:?}");
    }
    site.sql("DELETE FROM plainsessions_session").await;
}

async fn an_unknown_key_is_never_adopted_whatever_a_handler_does_first(kind: Kind) {
    let site = Site::on(kind).start().await;
    for first in all_steps() {
        assert_never_adopted(&site, std::slice::from_ref(&first)).await;
        for second in all_steps() {
            let steps = [first.clone(), second, set("last", true)];
            assert_never_adopted(&site, &steps[..2]).await;
            assert_never_adopted(&site, &steps).await;
        }
    }
}

async fn an_unknown_key_is_never_adopted_by_any_sequence_of_steps(kind: Kind) {
    let site = Site::on(kind).start().await;
    let steps = proptest::collection::vec(proptest::sample::select(all_steps()), 0..8);
    proptest!(cases(100), |(steps in steps)| {
        wait_for(assert_never_adopted(&site, &steps));
    });
}

async fn an_unknown_key_is_not_adopted_by_saving_early(kind: Kind) {
    let site = Site::on(kind).page("save", |session: SessionStore| async move {
        session.clear();
        session.save().await?;
        session.set("name", "Ada")?;
        session.save().await?;
        session.cycle_key();
        session.save().await?;
        Ok(Response::text(""))
    });
    let site = site.start().await;
    let visitor = site.visitor_who_sends(UNKNOWN);
    visitor.get("/save").await;
    assert_ne!(visitor.key(), Some(UNKNOWN.to_owned()));
    let row = site.row().await;
    assert_ne!(row.key_hash, KeyHash::of(UNKNOWN).as_str());
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

async fn the_hash_of_a_key_is_no_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let hash = site.row().await.key_hash;
    let key = visitor.key().unwrap();
    assert_eq!(hash, KeyHash::of(&key).as_str());
    for stolen in [hash.as_str(), &hash[..32], &hash[32..]] {
        let response = site.visitor_who_sends(stolen).look().await;
        assert_eq!(values(&response), json!({}));
    }
}

/// Sends the bytes of headers `Cookie` as they are, which no client library would.
async fn get_with(site: &Site, path: &'static str, cookies: &[&[u8]]) -> Response {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static(path);
    let host = HeaderValue::from_static("localhost");
    request.headers_mut().insert(HOST, host);
    for cookie in cookies {
        let value = HeaderValue::from_bytes(cookie).unwrap();
        request.headers_mut().append(COOKIE, value);
    }
    let connection = Connection::new(None, Scheme::Https);
    site.app().handle(request, connection).await
}

/// The value `name` of the session that these headers stand for.
async fn name_with(site: &Site, cookies: &[&[u8]]) -> Option<String> {
    let response = get_with(site, "/name", cookies).await;
    response.header("x-name").map(str::to_owned)
}

async fn a_malformed_key_costs_no_query_and_is_no_error(kind: Kind) {
    let site = Site::on(kind).start().await;
    let long = "a".repeat(10_000);
    let upper = UNKNOWN.to_uppercase();
    let longer = format!("{UNKNOWN}6");
    let dashed = UNKNOWN.replace('a', "-");
    let nul = UNKNOWN.replace("abc", "%00");
    let accented = format!("é{}", &UNKNOWN[2..]);
    let wide = "０".repeat(32);
    let malformed = [
        "",
        "x",
        &long,
        &upper,
        &longer,
        &UNKNOWN[1..],
        &dashed,
        &nul,
        &accented,
        &wide,
        "\"abcdefghijklmnopqrstuvwxyz0123\"",
        "' OR 1=1; --",
    ];
    for key in malformed {
        let header = format!("sessionid={key}");
        let (response, statements) = observe(get_with(&site, "/look", &[header.as_bytes()])).await;
        assert_eq!(response.status(), 200, "{key}");
        assert_eq!(statements.len(), 0, "{key}");
        assert_eq!(response.header("set-cookie"), Some(FORGET), "{key}");
        assert_eq!(response.header("vary"), Some("Cookie"), "{key}");
    }
    assert_eq!(site.count().await, 0);
}

async fn bytes_that_are_no_text_are_no_key_and_no_error(kind: Kind) {
    let site = Site::on(kind).start().await;
    for bytes in [&b"sessionid=\xff\xfe"[..], b"sessionid=\x80", b"\xff=\xff"] {
        let (response, statements) = observe(get_with(&site, "/look", &[bytes])).await;
        assert_eq!(response.status(), 200);
        assert_eq!(statements.len(), 0);
    }
}

async fn what_is_set_under_a_malformed_key_gets_a_new_one(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_who_sends("malformed");
    let response = visitor.run([set("name", "Ada")]).await;
    assert_eq!(costs(&response), "INSERT");
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

async fn answer_name(session: SessionStore) -> Result<Response> {
    let name: String = session.get("name")?.unwrap_or_default();
    let mut response = Response::text("");
    let name = HeaderValue::try_from(name)?;
    response.headers_mut().insert("x-name", name);
    Ok(response)
}

async fn of_several_cookies_with_its_name_the_last_is_the_session(kind: Kind) {
    let site = Site::on(kind).page("name", answer_name).start().await;
    let ada = site.visitor_with("name", "Ada").await.key().unwrap();
    let grace = site.visitor_with("name", "Grace").await.key().unwrap();
    let both = format!("sessionid={ada}; sessionid={grace}");
    let around = format!("sessionid={grace}; a=b; sessionid={ada};");
    let (first, second) = (format!("sessionid={ada}"), format!("sessionid={grace}"));
    for (headers, name) in [
        (vec![both.as_bytes()], "Grace"),
        (vec![around.as_bytes()], "Ada"),
        (vec![first.as_bytes(), second.as_bytes()], "Grace"),
        (vec![second.as_bytes(), first.as_bytes()], "Ada"),
    ] {
        let found = name_with(&site, &headers).await;
        assert_eq!(found.as_deref(), Some(name), "{headers:?}");
    }
    let malformed_last = format!("sessionid={ada}; sessionid=x");
    let found = name_with(&site, &[malformed_last.as_bytes()]).await;
    assert_eq!(
        found.as_deref(),
        Some(""),
        "the last counts, whatever it is"
    );
}

async fn a_cookie_is_trimmed_of_space_and_tab_only(kind: Kind) {
    let site = Site::on(kind).page("name", answer_name).start().await;
    let key = site.visitor_with("name", "Ada").await.key().unwrap();
    for header in [
        format!("sessionid={key}"),
        format!(" \t sessionid \t=\t {key} \t "),
        format!("a=b;sessionid={key};c=d"),
        format!("; ;;sessionid={key}"),
    ] {
        let found = name_with(&site, &[header.as_bytes()]).await;
        assert_eq!(found.as_deref(), Some("Ada"), "{header:?}");
    }
    for space in ["\u{a0}", "\u{3000}", "\u{2003}", "\u{feff}", "\u{85}"] {
        for header in [
            format!("{space}sessionid={key}"),
            format!("sessionid{space}={key}"),
            format!("sessionid={space}{key}"),
            format!("sessionid={key}{space}"),
        ] {
            let found = name_with(&site, &[header.as_bytes()]).await;
            assert_eq!(found.as_deref(), Some(""), "{header:?}");
        }
        let beside = format!("sessionid={key}; {space}sessionid={UNKNOWN}");
        let found = name_with(&site, &[beside.as_bytes()]).await;
        assert_eq!(found.as_deref(), Some("Ada"), "another name: {beside:?}");
    }
    for name in [
        "SESSIONID",
        "SessionId",
        "sessionid2",
        "xsessionid",
        "session",
    ] {
        let header = format!("{name}={key}");
        let found = name_with(&site, &[header.as_bytes()]).await;
        assert_eq!(found.as_deref(), Some(""), "{header:?}");
    }
}

async fn two_thousand_new_sessions_have_two_thousand_keys(kind: Kind) {
    let site = Site::on(kind).start().await;
    let mut keys = std::collections::HashSet::new();
    for _ in 0..2_000 {
        let session = SessionStore::new(site.app().services()).unwrap();
        session.set("a", 1).unwrap();
        session.save().await.unwrap();
        keys.insert(session.session_key().unwrap().expose().to_owned());
    }
    assert_eq!((keys.len(), site.count().await), (2_000, 2_000));
}
