//! Settings that can't work, and what the start says of them, word for word.

use insta::assert_snapshot;
use plain_sessions::{SameSiteSetting, SessionSettings};
use plain_tests::sessions::Site;
use serde_json::{Value, json};

fn refusal<const N: usize>(settings: [(&str, Value); N]) -> String {
    let mut site = Site::builder();
    for (name, value) in settings {
        site = site.with(name, value);
    }
    site.settings([]).unwrap_err()
}

fn refusal_of(name: &str, value: &str) -> String {
    Site::builder().settings([(name, value)]).unwrap_err()
}

#[test]
fn every_setting_can_come_from_the_environment() {
    let settings = Site::builder().settings([
        ("PLAIN_SESSION_COOKIE_NAME", "sid"),
        ("PLAIN_SESSION_COOKIE_AGE", "60"),
        ("PLAIN_SESSION_COOKIE_DOMAIN", "example.com"),
        ("PLAIN_SESSION_COOKIE_SECURE", "false"),
        ("PLAIN_SESSION_COOKIE_HTTPONLY", "false"),
        ("PLAIN_SESSION_COOKIE_SAMESITE", "Strict"),
        ("PLAIN_SESSION_COOKIE_PATH", "/shop"),
        ("PLAIN_SESSION_EXPIRE_AT_BROWSER_CLOSE", "true"),
        ("PLAIN_SESSION_SAVE_EVERY_REQUEST", "true"),
        ("PLAIN_SESSION_TOUCH_INTERVAL", "600"),
        ("PLAIN_SESSION_MAX_AGE", "86400"),
    ]);
    let mut expected = SessionSettings::default();
    expected.session_cookie_name = "sid".to_owned();
    expected.session_cookie_age = 60;
    expected.session_cookie_domain = Some("example.com".to_owned());
    expected.session_cookie_secure = false;
    expected.session_cookie_httponly = false;
    expected.session_cookie_samesite = SameSiteSetting::Strict;
    expected.session_cookie_path = "/shop".to_owned();
    expected.session_expire_at_browser_close = true;
    expected.session_save_every_request = true;
    expected.session_touch_interval = Some(600);
    expected.session_max_age = Some(86_400);
    assert_eq!(settings, Ok(expected));

    let settings = Site::builder().settings([("PLAIN_SESSION_COOKIE_SAMESITE", "false")]);
    let settings = settings.unwrap();
    assert_eq!(settings.session_cookie_samesite, SameSiteSetting::Unset);
}

#[test]
fn same_site_none_without_secure_is_refused() {
    let settings = [
        ("SESSION_COOKIE_SAMESITE", json!("None")),
        ("SESSION_COOKIE_SECURE", json!(false)),
    ];
    assert_snapshot!(refusal(settings), @r#"
    the settings have a problem:
    - SESSION_COOKIE_SAMESITE: "None" asks for SESSION_COOKIE_SECURE = true: browsers drop the cookie otherwise (found "None", given in code)
    "#);
}

#[test]
fn a_host_name_with_a_domain_is_refused() {
    let settings = [
        ("SESSION_COOKIE_NAME", json!("__Host-id")),
        ("SESSION_COOKIE_DOMAIN", json!("example.com")),
    ];
    assert_snapshot!(refusal(settings), @r#"
    the settings have a problem:
    - SESSION_COOKIE_NAME: "__Host-id" forbids SESSION_COOKIE_DOMAIN: remove it (found "__Host-id", given in code)
    "#);
}

#[test]
fn a_host_name_with_another_path_is_refused() {
    let settings = [
        ("SESSION_COOKIE_NAME", json!("__Host-id")),
        ("SESSION_COOKIE_PATH", json!("/shop")),
    ];
    assert_snapshot!(refusal(settings), @r#"
    the settings have a problem:
    - SESSION_COOKIE_NAME: "__Host-id" asks for SESSION_COOKIE_PATH = "/" (found "__Host-id", given in code)
    "#);
}

#[test]
fn a_host_or_secure_name_without_secure_is_refused() {
    for name in ["__Host-id", "__Secure-id", "__host-id", "__SECURE-id"] {
        let settings = [
            ("SESSION_COOKIE_NAME", json!(name)),
            ("SESSION_COOKIE_SECURE", json!(false)),
        ];
        let refusal = refusal(settings).replace(name, "<name>");
        insta::allow_duplicates! {
            assert_snapshot!(refusal, @r#"
            the settings have a problem:
            - SESSION_COOKIE_NAME: "<name>" asks for SESSION_COOKIE_SECURE = true (found "<name>", given in code)
            "#);
        }
    }
}

#[test]
fn all_that_is_wrong_with_a_host_name_is_said_at_once() {
    let settings = [
        ("SESSION_COOKIE_NAME", json!("__Host-id")),
        ("SESSION_COOKIE_DOMAIN", json!("example.com")),
        ("SESSION_COOKIE_PATH", json!("/shop")),
        ("SESSION_COOKIE_SECURE", json!(false)),
    ];
    assert_snapshot!(refusal(settings), @r#"
    the settings have 3 problems:
    - SESSION_COOKIE_NAME: "__Host-id" asks for SESSION_COOKIE_SECURE = true (found "__Host-id", given in code)
    - SESSION_COOKIE_NAME: "__Host-id" forbids SESSION_COOKIE_DOMAIN: remove it (found "__Host-id", given in code)
    - SESSION_COOKIE_NAME: "__Host-id" asks for SESSION_COOKIE_PATH = "/" (found "__Host-id", given in code)
    "#);
}

#[test]
fn an_unknown_same_site_is_refused() {
    let settings = |value: Value| [("SESSION_COOKIE_SAMESITE", value)];
    assert_snapshot!(refusal(settings(json!("Sometimes"))), @r#"
    the settings have a problem:
    - SESSION_COOKIE_SAMESITE: expected one of "Lax", "Strict", "None", false, found the string "Sometimes" (given in code); for example "Lax"
    "#);
    assert_snapshot!(refusal(settings(json!("lax"))), @r#"
    the settings have a problem:
    - SESSION_COOKIE_SAMESITE: expected one of "Lax", "Strict", "None", false, found the string "lax" (given in code); for example "Lax"
    "#);
    assert_snapshot!(refusal(settings(json!(true))), @r#"
    the settings have a problem:
    - SESSION_COOKIE_SAMESITE: expected one of "Lax", "Strict", "None", false, found the boolean true (given in code); for example "Lax"
    "#);
    assert_snapshot!(refusal(settings(json!(1))), @r#"
    the settings have a problem:
    - SESSION_COOKIE_SAMESITE: expected one of "Lax", "Strict", "None", false, found the integer 1 (given in code); for example "Lax"
    "#);
    assert_snapshot!(refusal_of("PLAIN_SESSION_COOKIE_SAMESITE", "on"), @r#"
    the settings have a problem:
    - SESSION_COOKIE_SAMESITE: expected one of "Lax", "Strict", "None", false, found "on" (environment variable PLAIN_SESSION_COOKIE_SAMESITE); for example PLAIN_SESSION_COOKIE_SAMESITE=Lax
    "#);
}

#[test]
fn an_age_of_zero_is_refused() {
    let settings = [
        ("SESSION_COOKIE_AGE", json!(0)),
        ("SESSION_MAX_AGE", json!(0)),
        ("SESSION_TOUCH_INTERVAL", json!(0)),
    ];
    assert_snapshot!(refusal(settings), @"
    the settings have 3 problems:
    - SESSION_COOKIE_AGE: is 0: write the seconds, 1 or more (found 0, given in code)
    - SESSION_MAX_AGE: is 0: write the seconds, 1 or more (found 0, given in code)
    - SESSION_TOUCH_INTERVAL: is 0: write the seconds, 1 or more (found 0, given in code)
    ");
}

#[test]
fn an_age_below_zero_is_refused() {
    let settings = [
        ("SESSION_COOKIE_AGE", json!(-1)),
        ("SESSION_MAX_AGE", json!(-1)),
        ("SESSION_TOUCH_INTERVAL", json!(-1)),
    ];
    assert_snapshot!(refusal(settings), @"
    the settings have 3 problems:
    - SESSION_COOKIE_AGE: expected an integer of 0 or more, found the integer -1 (given in code); for example 1209600
    - SESSION_MAX_AGE: expected an integer of 0 or more, found the integer -1 (given in code); for example 1
    - SESSION_TOUCH_INTERVAL: expected an integer of 0 or more, found the integer -1 (given in code); for example 1
    ");
    assert_snapshot!(refusal_of("PLAIN_SESSION_COOKIE_AGE", "-1209600"), @r#"
    the settings have a problem:
    - SESSION_COOKIE_AGE: expected an integer of 0 or more, found "-1209600" (environment variable PLAIN_SESSION_COOKIE_AGE); for example PLAIN_SESSION_COOKIE_AGE=1209600
    "#);
}

#[test]
fn an_age_beyond_what_a_date_can_hold_is_refused() {
    let settings = [
        ("SESSION_COOKIE_AGE", json!(u64::MAX)),
        ("SESSION_MAX_AGE", json!(i64::MAX)),
        ("SESSION_TOUCH_INTERVAL", json!(300_000_000_000_u64)),
    ];
    assert_snapshot!(refusal(settings), @"
    the settings have 3 problems:
    - SESSION_COOKIE_AGE: is more than 1000 years: write fewer seconds (found 18446744073709551615, given in code)
    - SESSION_MAX_AGE: is more than 1000 years: write fewer seconds (found 9223372036854775807, given in code)
    - SESSION_TOUCH_INTERVAL: is more than 1000 years: write fewer seconds (found 300000000000, given in code)
    ");
    let beyond = "99999999999999999999999";
    assert_snapshot!(refusal_of("PLAIN_SESSION_COOKIE_AGE", beyond), @r#"
    the settings have a problem:
    - SESSION_COOKIE_AGE: expected an integer from 0 to 18446744073709551615, found "99999999999999999999999" (environment variable PLAIN_SESSION_COOKIE_AGE); for example PLAIN_SESSION_COOKIE_AGE=1209600
    "#);
}

#[test]
fn an_age_that_is_no_whole_number_is_refused() {
    assert_snapshot!(refusal([("SESSION_COOKIE_AGE", json!(1.5))]), @"
    the settings have a problem:
    - SESSION_COOKIE_AGE: expected an integer of 0 or more, found the number 1.5 (given in code); for example 1209600
    ");
    assert_snapshot!(refusal_of("PLAIN_SESSION_COOKIE_AGE", "2 weeks"), @r#"
    the settings have a problem:
    - SESSION_COOKIE_AGE: expected an integer of 0 or more, found "2 weeks" (environment variable PLAIN_SESSION_COOKIE_AGE); for example PLAIN_SESSION_COOKIE_AGE=1209600
    "#);
}

#[test]
fn on_is_no_boolean_and_never_taken_for_false() {
    assert_snapshot!(refusal_of("PLAIN_SESSION_COOKIE_SECURE", "on"), @r#"
    the settings have a problem:
    - SESSION_COOKIE_SECURE: expected a boolean, found "on" (environment variable PLAIN_SESSION_COOKIE_SECURE); write true or false
    "#);
}

#[test]
fn a_name_that_nobody_declares_is_refused_with_the_nearest() {
    assert_snapshot!(refusal_of("PLAIN_SESSION_COOKIE_SECUR", "true"), @"
    the settings have a problem:
    - SESSION_COOKIE_SECUR: unknown setting (environment variable PLAIN_SESSION_COOKIE_SECUR); did you mean PLAIN_SESSION_COOKIE_SECURE?
    ");
    assert_snapshot!(refusal([("SESSION_COKIE_AGE", json!(60))]), @"
    the settings have a problem:
    - SESSION_COKIE_AGE: unknown setting (given in code); did you mean SESSION_COOKIE_AGE?
    ");
}

#[test]
fn a_name_that_a_cookie_can_not_have_is_refused() {
    for name in ["", "session id", "session;id", "séance", "a=b", "a\0b"] {
        let refusal = refusal([("SESSION_COOKIE_NAME", json!(name))]);
        let refusal = refusal.replace(&format!("{name:?}"), "<name>");
        let refusal = refusal.replace(&json!(name).to_string(), "<name>");
        insta::allow_duplicates! {
            assert_snapshot!(refusal, @r#"
            the settings have a problem:
            - SESSION_COOKIE_NAME: <name> is no cookie name: use letters, digits, `-` and `_` only (RFC 6265 section 4.1.1) (found <name>, given in code)
            "#);
        }
    }
}

#[test]
fn a_path_or_domain_that_a_cookie_can_not_have_is_refused() {
    for path in ["", "shop", "/a;b", "/a b", "/\r\n", "/é"] {
        let refusal = refusal([("SESSION_COOKIE_PATH", json!(path))]);
        let refusal = refusal.replace(&format!("{path:?}"), "<path>");
        insta::allow_duplicates! {
            assert_snapshot!(refusal, @"
            the settings have a problem:
            - SESSION_COOKIE_PATH: <path> is no path: begin with `/`, without spaces and `;` (found <path>, given in code)
            ");
        }
    }
    for domain in ["", "a b", "a;b", "https://example.com", "exämple.com"] {
        let refusal = refusal([("SESSION_COOKIE_DOMAIN", json!(domain))]);
        let refusal = refusal.replace(&format!("{domain:?}"), "<domain>");
        insta::allow_duplicates! {
            assert_snapshot!(refusal, @r#"
            the settings have a problem:
            - SESSION_COOKIE_DOMAIN: <domain> is no domain: write one like "example.com" (found <domain>, given in code)
            "#);
        }
    }
}

#[tokio::test]
async fn the_longest_ages_that_are_accepted_work() {
    use plain_tests::sessions::{set, values};

    let thousand_years = 1000_u64 * 365 * 24 * 60 * 60 - 1;
    let site = Site::builder()
        .with("SESSION_COOKIE_AGE", thousand_years)
        .with("SESSION_MAX_AGE", thousand_years)
        .with("SESSION_TOUCH_INTERVAL", thousand_years)
        .start()
        .await;
    let visitor = site.visitor();
    let response = visitor.run([set("name", "Ada")]).await;
    assert_eq!(values(&response), json!({ "name": "Ada" }));
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}
