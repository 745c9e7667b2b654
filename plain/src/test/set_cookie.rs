//! One `Set-Cookie` header, read as browsers read it (RFC 6265bis section 5.6).

use std::time::{Duration, SystemTime};

use super::cookie_date;
use crate::http::SameSite;

/// The longest time that browsers keep a cookie (RFC 6265bis section 5.5): 400 days.
const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// What a `Set-Cookie` header says, before it is weighed against who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetCookie {
    pub(super) name: String,
    pub(super) value: String,
    /// Lower case, without a leading dot; empty if not said.
    pub(super) domain: String,
    pub(super) path: Option<String>,
    pub(super) expires: Option<SystemTime>,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    /// `None` where nothing is said, which browsers treat as `Lax`.
    pub(super) same_site: Option<SameSite>,
}

impl SetCookie {
    /// Reads `header` at the time `now`; `None` if browsers ignore it.
    pub(super) fn parse(header: &[u8], now: SystemTime) -> Option<Self> {
        // Bytes beyond ASCII are kept by browsers; here they are shown as text, for a test to read.
        let header = String::from_utf8_lossy(header);
        if header.chars().any(|c| c.is_ascii_control() && c != '\t') {
            return None;
        }
        let (pair, attributes) = header.split_once(';').unwrap_or((&header, ""));
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let (name, value) = (trim(name), trim(value));
        if name.is_empty() && value.is_empty() || name.len() + value.len() > 4096 {
            return None;
        }
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: String::new(),
            path: None,
            expires: None,
            secure: false,
            http_only: false,
            same_site: None,
        };
        let mut max_age = None;
        for attribute in attributes.split(';') {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let (name, value) = (trim(name), trim(value));
            if value.len() > 1024 {
                continue;
            }
            match name.to_ascii_lowercase().as_str() {
                "max-age" => max_age = parse_max_age(value, now).or(max_age),
                _ => cookie.set(name, value, now),
            }
        }
        // Max-Age wins over Expires, in whichever order they stand.
        cookie.expires = max_age.or(cookie.expires);
        Some(cookie)
    }

    /// Takes one attribute; the last of a name wins.
    fn set(&mut self, name: &str, value: &str, now: SystemTime) {
        match name.to_ascii_lowercase().as_str() {
            "expires" => {
                let expires = cookie_date::parse(value).map(|moment| moment.min(now + LONGEST));
                self.expires = expires.or(self.expires);
            }
            "domain" => {
                let domain = value.strip_prefix('.').unwrap_or(value);
                self.domain = domain.to_ascii_lowercase();
            }
            "path" => self.path = value.starts_with('/').then(|| value.to_owned()),
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "samesite" => self.same_site = parse_same_site(value),
            _ => {}
        }
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn parse_max_age(value: &str, now: SystemTime) -> Option<SystemTime> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if value.starts_with('-') {
        return Some(SystemTime::UNIX_EPOCH);
    }
    // Only a number too large for 64 bits is no number here, and it means "as long as can be".
    match digits.parse::<u64>().unwrap_or(u64::MAX) {
        0 => Some(SystemTime::UNIX_EPOCH),
        seconds => Some(now + Duration::from_secs(seconds).min(LONGEST)),
    }
}

fn parse_same_site(value: &str) -> Option<SameSite> {
    match value.to_ascii_lowercase().as_str() {
        "strict" => Some(SameSite::Strict),
        "lax" => Some(SameSite::Lax),
        "none" => Some(SameSite::None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn parse(header: &str) -> Option<SetCookie> {
        SetCookie::parse(header.as_bytes(), now())
    }

    #[test]
    fn every_attribute_is_read_and_the_last_of_a_name_wins() {
        let cookie = parse(
            "id = a=b ; path=/x; PATH=/y;Domain=.Example.COM; secure; HttpOnly; SameSite=lax; Odd=1",
        );
        let expected = SetCookie {
            name: "id".into(),
            value: "a=b".into(),
            domain: "example.com".into(),
            path: Some("/y".into()),
            expires: None,
            secure: true,
            http_only: true,
            same_site: Some(SameSite::Lax),
        };
        assert_eq!(cookie, Some(expected));
    }

    #[test]
    fn max_age_wins_over_expires() {
        let cookie = parse("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT").unwrap();
        assert_eq!(cookie.expires, Some(now() + Duration::from_secs(60)));
    }

    #[test]
    fn a_max_age_of_zero_or_less_has_passed_and_a_malformed_one_is_not_there() {
        for header in ["a=b; Max-Age=0", "a=b; Max-Age=-5"] {
            assert_eq!(parse(header).unwrap().expires, Some(SystemTime::UNIX_EPOCH));
        }
        for header in [
            "a=b; Max-Age=",
            "a=b; Max-Age=1h",
            "a=b; Max-Age=+1",
            "a=b; Max-Age",
        ] {
            assert_eq!(parse(header).unwrap().expires, None, "{header}");
        }
    }

    #[test]
    fn nothing_is_kept_longer_than_400_days() {
        for header in [
            "a=b; Max-Age=99999999999999999999999",
            "a=b; Expires=1 Jan 9999 00:00:00",
        ] {
            assert_eq!(
                parse(header).unwrap().expires,
                Some(now() + LONGEST),
                "{header}"
            );
        }
    }

    #[test]
    fn an_empty_an_oversized_and_a_control_character_cookie_are_ignored() {
        assert_eq!(parse(""), None);
        assert_eq!(parse("=; Path=/"), None);
        assert_eq!(parse(&format!("a={}", "b".repeat(4096))), None);
        assert_eq!(parse("a=b\u{7}c"), None);
        assert!(parse("a").is_some_and(|cookie| cookie.name.is_empty() && cookie.value == "a"));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in proptest::collection::vec(any::<u8>(), 0..200)) {
            SetCookie::parse(&header, now());
        }
    }
}
