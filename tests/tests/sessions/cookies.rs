//! The cookie: every setting, and the headers that go with it.

use chrono::{DateTime, TimeDelta, Utc};
use plain::db::Kind;
use plain::test::{Client, TestResponse, both};
use plain_tests::sessions::{Site, SiteBuilder, Visitor, costs, flush, header, set, values};
use serde_json::{Value, json};

use crate::{cookie, vary};

both![
    by_default_the_cookie_is_for_the_whole_site_over_https_and_hidden_from_scripts,
    the_cookie_has_the_name_that_is_set,
    the_cookie_is_for_the_domain_that_is_set,
    a_domain_shares_the_session_with_its_subdomains,
    the_cookie_is_secure_only_where_that_is_set,
    the_cookie_is_hidden_from_scripts_only_where_that_is_set,
    the_cookie_says_which_requests_from_other_sites_carry_it,
    the_cookie_is_for_the_path_that_is_set,
    the_cookie_and_the_row_live_for_the_age_that_is_set,
    max_age_and_expires_agree,
    a_cookie_that_ends_with_the_browser_has_no_date_and_its_row_lives_its_age,
    a_cookie_outlives_the_browser_by_default,
    a_session_ends_at_its_greatest_age_however_active_it_is,
    a_greatest_age_ends_sessions_that_were_saved_before_it_was_set,
    with_debug_secure_follows_the_scheme_of_the_request,
    with_debug_a_session_works_over_plain_http,
    without_debug_the_cookie_is_secure_over_plain_http_too,
    vary_is_merged_into_the_one_that_is_there,
    a_response_keeps_its_own_cache_control,
    a_cookie_of_the_handler_goes_out_beside_that_of_the_session,
];

const TWO_WEEKS: i64 = 14 * 24 * 60 * 60;

/// The attributes of the cookie that a response sets, without its value and its date, and that of
/// the response that deletes it.
async fn set_and_deleted(site: SiteBuilder) -> (String, String) {
    let site = site.start().await;
    set_and_deleted_for(&site.visitor()).await
}

async fn set_and_deleted_for(visitor: &Visitor) -> (String, String) {
    let response = visitor.run([set("name", "Ada")]).await;
    assert_eq!(response.status(), 200, "{response:?}");
    let set = attributes(&response);
    // Also where the browser would not send it back.
    let pair = response.set_cookies().next().unwrap();
    let pair = pair.split(';').next().unwrap().to_owned();
    let response = visitor.run([flush()]).header("cookie", &pair).await;
    let deleted = response.set_cookies().next().unwrap();
    (set, deleted.to_owned())
}

fn attributes(response: &TestResponse) -> String {
    let mut cookies = response.set_cookies();
    let cookie = cookies.next().unwrap();
    assert_eq!(cookies.next(), None);
    let (name, rest) = cookie.split_once('=').unwrap();
    let rest = rest.split_once(';').map_or("", |(_, rest)| rest);
    let rest = rest.split("; Expires=").next().unwrap();
    format!("{name}=...;{rest}")
}

const DELETED: &str = "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";

async fn assert_cookie(kind: Kind, setting: &str, value: impl Into<Value>, is: &str) {
    let site = Site::on(kind).with(setting, value);
    let (set, deleted) = set_and_deleted(site).await;
    assert_eq!(set, format!("{is}; Max-Age=1209600"));
    assert_eq!(deleted, format!("{}; {DELETED}", is.replace("...", "")));
}

async fn by_default_the_cookie_is_for_the_whole_site_over_https_and_hidden_from_scripts(
    kind: Kind,
) {
    let is = "sessionid=...; HttpOnly; SameSite=Lax; Secure; Path=/";
    assert_cookie(kind, "SESSION_COOKIE_NAME", "sessionid", is).await;
}

async fn the_cookie_has_the_name_that_is_set(kind: Kind) {
    let is = "__Host-id=...; HttpOnly; SameSite=Lax; Secure; Path=/";
    assert_cookie(kind, "SESSION_COOKIE_NAME", "__Host-id", is).await;
}

async fn the_cookie_is_for_the_domain_that_is_set(kind: Kind) {
    let is = "sessionid=...; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=example.com";
    assert_cookie(kind, "SESSION_COOKIE_DOMAIN", "example.com", is).await;
}

async fn a_domain_shares_the_session_with_its_subdomains(kind: Kind) {
    let site = Site::on(kind).with("SESSION_COOKIE_DOMAIN", "example.com");
    let site = site.start().await;
    let shop = Visitor::new(
        Client::new(site.app().clone())
            .https()
            .host("shop.example.com"),
    );
    shop.run([set("name", "Ada")]).await;
    let help = Visitor::new((*shop).clone().host("help.example.com"));
    assert_eq!(values(&help.look().await), json!({ "name": "Ada" }));
    help.run([flush()]).await;
    assert_eq!(shop.cookies(), []);
}

async fn the_cookie_is_secure_only_where_that_is_set(kind: Kind) {
    let is = "sessionid=...; HttpOnly; SameSite=Lax; Path=/";
    assert_cookie(kind, "SESSION_COOKIE_SECURE", false, is).await;
}

async fn the_cookie_is_hidden_from_scripts_only_where_that_is_set(kind: Kind) {
    let is = "sessionid=...; SameSite=Lax; Secure; Path=/";
    assert_cookie(kind, "SESSION_COOKIE_HTTPONLY", false, is).await;
}

async fn the_cookie_says_which_requests_from_other_sites_carry_it(kind: Kind) {
    for value in ["Lax", "Strict", "None"] {
        let is = format!("sessionid=...; HttpOnly; SameSite={value}; Secure; Path=/");
        assert_cookie(kind, "SESSION_COOKIE_SAMESITE", value, &is).await;
    }
    let is = "sessionid=...; HttpOnly; Secure; Path=/";
    assert_cookie(kind, "SESSION_COOKIE_SAMESITE", false, is).await;
}

async fn the_cookie_is_for_the_path_that_is_set(kind: Kind) {
    let is = "sessionid=...; HttpOnly; SameSite=Lax; Secure; Path=/shop";
    assert_cookie(kind, "SESSION_COOKIE_PATH", "/shop", is).await;
}

async fn the_cookie_and_the_row_live_for_the_age_that_is_set(kind: Kind) {
    let site = Site::on(kind).with("SESSION_COOKIE_AGE", 3600);
    let site = site.start().await;
    let response = site.visitor().run([set("name", "Ada")]).await;
    let expected = "sessionid=...; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600";
    assert_eq!(attributes(&response), expected);
    assert_eq!(site.row().await.lifetime(), TimeDelta::hours(1));
}

/// What `Max-Age` and `Expires` of the cookie say, as seconds from now.
fn ends_in(response: &TestResponse) -> (i64, i64) {
    let attribute = |name: &str| {
        let (_, rest) = cookie(response).unwrap().split_once(name).unwrap();
        rest.split(';').next().unwrap().to_owned()
    };
    let expires = DateTime::parse_from_rfc2822(&attribute("Expires=")).unwrap();
    let left = expires.to_utc() - Utc::now();
    (attribute("Max-Age=").parse().unwrap(), left.num_seconds())
}

async fn max_age_and_expires_agree(kind: Kind) {
    let site = Site::on(kind).start().await;
    let (max_age, expires) = ends_in(&site.visitor().run([set("a", 1)]).await);
    assert_eq!(max_age, TWO_WEEKS);
    assert!((max_age - 60..=max_age).contains(&expires), "{expires}");
}

async fn a_cookie_that_ends_with_the_browser_has_no_date_and_its_row_lives_its_age(kind: Kind) {
    let site = Site::on(kind)
        .with("SESSION_EXPIRE_AT_BROWSER_CLOSE", true)
        .with("SESSION_COOKIE_AGE", 3600);
    let site = site.start().await;
    let visitor = site.visitor();
    let response = visitor.run([set("name", "Ada")]).await;
    let key = visitor.key().unwrap();
    let expected = format!("sessionid={key}; HttpOnly; SameSite=Lax; Secure; Path=/");
    assert_eq!(cookie(&response), Some(expected.as_str()));
    assert_eq!(site.row().await.lifetime(), TimeDelta::hours(1));
    visitor.restart();
    assert_eq!(visitor.key(), None);

    let response = site.visitor_who_sends(key).run([flush()]).await;
    assert_eq!(cookie(&response), Some(crate::FORGET));
}

async fn a_cookie_outlives_the_browser_by_default(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    visitor.restart();
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

async fn a_session_ends_at_its_greatest_age_however_active_it_is(kind: Kind) {
    let site = Site::on(kind)
        .with("SESSION_COOKIE_AGE", 3600)
        .with("SESSION_MAX_AGE", 5400)
        .with("SESSION_SAVE_EVERY_REQUEST", true);
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    site.age(TimeDelta::seconds(3000)).await;

    let (max_age, expires) = ends_in(&visitor.look().await);
    assert!((2340..=2400).contains(&max_age), "{max_age}");
    assert!((max_age - 60..=max_age).contains(&expires), "{expires}");
    let (max_age, _) = ends_in(&visitor.run([set("name", "Grace")]).await);
    assert!((2340..=2400).contains(&max_age), "{max_age}");
    assert_eq!(site.row().await.lifetime(), TimeDelta::seconds(5400));

    site.age(TimeDelta::seconds(2401)).await;
    let response = visitor.look().await;
    assert_eq!(values(&response), json!({}));
    assert_eq!(cookie(&response), Some(crate::FORGET));
}

async fn a_greatest_age_ends_sessions_that_were_saved_before_it_was_set(kind: Kind) {
    let site = Site::on(kind).with("SESSION_MAX_AGE", 5400);
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    site.age(TimeDelta::seconds(5401)).await;
    let far = Utc::now() + TimeDelta::days(1);
    let update = "UPDATE plainsessions_session SET expires_at = $1";
    site.db().query(update).bind(far).execute().await.unwrap();
    let response = visitor.look().await;
    assert_eq!(values(&response), json!({}));
    assert_eq!(costs(&response), "SELECT");
    assert_eq!(cookie(&response), Some(crate::FORGET));
}

async fn with_debug_secure_follows_the_scheme_of_the_request(kind: Kind) {
    let site = Site::on(kind).with("DEBUG", true).start().await;
    let http = Visitor::new(Client::new(site.app().clone()));
    let (set, deleted) = set_and_deleted_for(&http).await;
    let is = "sessionid=...; HttpOnly; SameSite=Lax; Path=/";
    assert_eq!(set, format!("{is}; Max-Age=1209600"));
    assert_eq!(deleted, format!("{}; {DELETED}", is.replace("...", "")));

    let (set, deleted) = set_and_deleted_for(&site.visitor()).await;
    let is = "sessionid=...; HttpOnly; SameSite=Lax; Secure; Path=/";
    assert_eq!(set, format!("{is}; Max-Age=1209600"));
    assert_eq!(deleted, format!("{}; {DELETED}", is.replace("...", "")));
}

async fn with_debug_a_session_works_over_plain_http(kind: Kind) {
    let site = Site::on(kind).with("DEBUG", true).start().await;
    let visitor = Visitor::new(Client::new(site.app().clone()));
    visitor.run([set("name", "Ada")]).await;
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

async fn without_debug_the_cookie_is_secure_over_plain_http_too(kind: Kind) {
    let site = Site::on(kind).with("HTTPS_REDIRECT_ENABLED", false);
    let site = site.start().await;
    let visitor = Visitor::new(Client::new(site.app().clone()));
    let response = visitor.run([set("name", "Ada")]).await;
    assert!(attributes(&response).contains("; Secure;"));
    assert_eq!(visitor.cookies(), []);
}

async fn vary_is_merged_into_the_one_that_is_there(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    for (own, merged) in [
        ("Accept-Encoding", "Accept-Encoding, Cookie"),
        ("cookie, Accept", "cookie, Accept"),
        ("*", "*"),
    ] {
        let response = visitor.run([header("vary", own)]).await;
        assert_eq!(vary(&response), Some(merged));
        assert_eq!(response.headers().get_all("vary").iter().count(), 1);
    }
    let steps = [header("vary", "Accept"), header("vary", "Origin")];
    let response = visitor.run(steps).await;
    assert_eq!(vary(&response), Some("Accept, Origin, Cookie"));
    assert_eq!(response.headers().get_all("vary").iter().count(), 1);
}

async fn a_response_keeps_its_own_cache_control(kind: Kind) {
    let site = Site::on(kind).start().await;
    let steps = [set("a", 1), header("cache-control", "no-store")];
    let response = site.visitor().run(steps).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(
        response.headers().get_all("cache-control").iter().count(),
        1
    );
}

async fn a_cookie_of_the_handler_goes_out_beside_that_of_the_session(kind: Kind) {
    let site = Site::on(kind).start().await;
    let steps = [set("a", 1), header("set-cookie", "theme=dark; Path=/")];
    let response = site.visitor().run(steps).await;
    assert_eq!(response.set_cookie("theme"), Some("theme=dark; Path=/"));
    assert!(cookie(&response).is_some());
}
