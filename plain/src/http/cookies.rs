//! Cookies of the request, and those that the response sets (RFC 6265bis).

use std::fmt::Write;

pub use ::cookie::{Cookie, CookieBuilder, Expiration, SameSite, time};
use http::header::{self, HeaderValue};
use time::OffsetDateTime;

use super::error::{Error, Result};
use super::request::Request;
use super::response::Response;

impl Request {
    /// The value of the cookie `name` as it was sent, without decoding; of several with this name,
    /// the last.
    ///
    /// Cookies whose name or value is not UTF-8 are passed over.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        // Looking through the header takes less than keeping a parsed copy, and is never stale.
        let named = self.cookies().filter(|(known, _)| *known == name);
        named.last().map(|(_, value)| value)
    }

    /// Names and values of all cookies, in the order in which they were sent.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers()
            .get_all(header::COOKIE)
            .iter()
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            .filter_map(pair)
    }
}

/// Splits `name=value` and trims space and tab; other white space belongs to the name or value.
fn pair(pair: &[u8]) -> Option<(&str, &str)> {
    let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
    let blank = [' ', '\t'];
    Some((name.trim_matches(blank), value.trim_matches(blank)))
}

impl Response {
    /// Sets a cookie, in place of one with its name, path and domain that was set before.
    ///
    /// Without a path it gets `/`. Of `Max-Age` and `Expires` the one that is not given is derived
    /// from the other, so that old and new browsers agree.
    ///
    /// ```
    /// use plain::http::{Cookie, Response, SameSite, time};
    ///
    /// let mut response = Response::text("Hello");
    /// let theme = Cookie::build(("theme", "dark"))
    ///     .max_age(time::Duration::days(30))
    ///     .same_site(SameSite::Lax);
    /// response.set_cookie(theme)?;
    /// # Ok::<(), plain::http::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// 500 if the name is no token, or the value, path or domain holds a character that cookies
    /// can't (RFC 6265bis section 4.1.1): control characters, and in a value also space, `"`, `,`,
    /// `;`, `\` and what is not ASCII. Percent-encode such a value.
    pub fn set_cookie<'c>(&mut self, cookie: impl Into<Cookie<'c>>) -> Result<()> {
        let mut cookie = cookie.into();
        if cookie.path().is_none() {
            cookie.set_path("/");
        }
        check(&cookie)?;
        agree_on_expiry(&mut cookie);
        warn_if_dropped(&cookie);

        let mut text = String::new();
        let header = write!(text, "{cookie}").ok().and_then(|()| {
            // Checked part by part above; this holds whatever else the cookie may print.
            HeaderValue::try_from(text).ok()
        });
        let header =
            header.ok_or_else(|| refused(&cookie, "has an attribute that is not valid"))?;
        self.remove_set_cookie(&cookie);
        self.headers_mut().append(header::SET_COOKIE, header);
        Ok(())
    }

    /// Tells the browser to forget a cookie. It does so only for the path and domain with which
    /// the cookie was set; without a path they are taken to be `/`.
    ///
    /// ```
    /// use plain::http::{Cookie, Response};
    ///
    /// let mut response = Response::text("Bye");
    /// response.delete_cookie("theme")?;
    /// response.delete_cookie(Cookie::build("cart").path("/shop").secure(true))?;
    /// # Ok::<(), plain::http::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`set_cookie`](Self::set_cookie).
    pub fn delete_cookie<'c>(&mut self, cookie: impl Into<Cookie<'c>>) -> Result<()> {
        let mut cookie = cookie.into();
        cookie.set_value("");
        cookie.set_max_age(time::Duration::ZERO);
        cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
        self.set_cookie(cookie)
    }

    /// The cookies that the response sets so far.
    pub fn set_cookies(&self) -> impl Iterator<Item = Cookie<'_>> {
        let headers = self.headers().get_all(header::SET_COOKIE).iter();
        headers.filter_map(|header| Cookie::parse(header.to_str().ok()?).ok())
    }

    fn remove_set_cookie(&mut self, cookie: &Cookie<'_>) {
        if !self.set_cookies().any(|earlier| same(&earlier, cookie)) {
            return;
        }
        let header::Entry::Occupied(entry) = self.headers_mut().entry(header::SET_COOKIE) else {
            return;
        };
        let (name, values) = entry.remove_entry_mult();
        let kept: Vec<HeaderValue> = values
            .filter(|header| {
                let parsed = header
                    .to_str()
                    .ok()
                    .and_then(|text| Cookie::parse(text).ok());
                !parsed.is_some_and(|earlier| same(&earlier, cookie))
            })
            .collect();
        for header in kept {
            self.headers_mut().append(name.clone(), header);
        }
    }
}

/// Whether a browser stores both in the same place (RFC 6265bis section 5.7).
fn same(one: &Cookie<'_>, other: &Cookie<'_>) -> bool {
    let domain = |cookie: &Cookie<'_>| cookie.domain().map(str::to_ascii_lowercase);
    one.name() == other.name() && one.path() == other.path() && domain(one) == domain(other)
}

fn check(cookie: &Cookie<'_>) -> Result<()> {
    if cookie.name().is_empty() || !cookie.name().bytes().all(is_token) {
        return Err(refused(
            cookie,
            "needs a name of letters, digits and !#$%&'*+-.^_`|~",
        ));
    }
    let value = cookie.value();
    let inner = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    if !inner.unwrap_or(value).bytes().all(is_cookie_octet) {
        return Err(refused(
            cookie,
            "has a value with a character that cookies can't hold: percent-encode it",
        ));
    }
    let attributes = [cookie.path(), cookie.domain()];
    let valid = |text: &str| {
        text.bytes()
            .all(|byte| (b' '..=b'~').contains(&byte) && byte != b';')
    };
    if !attributes.into_iter().flatten().all(valid) {
        return Err(refused(
            cookie,
            "has a path or domain with a character that cookies can't hold: percent-encode it",
        ));
    }
    Ok(())
}

fn refused(cookie: &Cookie<'_>, reason: &str) -> Error {
    Error::internal(format!("the cookie {:?} {reason}", cookie.name()))
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 6265bis section 4.1.1.
fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E)
}

fn agree_on_expiry(cookie: &mut Cookie<'_>) {
    let now = OffsetDateTime::now_utc();
    match (cookie.max_age(), cookie.expires_datetime()) {
        (Some(age), None) if age <= time::Duration::ZERO => {
            cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
        }
        (Some(age), None) => {
            // The cookie brings a date that is too far away back to the last that it can write.
            cookie.set_expires(now.saturating_add(age));
        }
        (None, Some(when)) => {
            let age = (when - now).max(time::Duration::ZERO);
            cookie.set_max_age(age);
            if age.is_zero() {
                cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
            }
        }
        _ => {}
    }
}

fn warn_if_dropped(cookie: &Cookie<'_>) {
    if let Some(reason) = dropped_because(cookie) {
        tracing::warn!(
            cookie = cookie.name(),
            "browsers drop this cookie: {reason}"
        );
    }
}

/// RFC 6265bis sections 4.1.2.7, 4.1.3 and 5.7.
fn dropped_because(cookie: &Cookie<'_>) -> Option<&'static str> {
    let name = cookie.name().to_ascii_lowercase();
    if name.len() + cookie.value().len() > 4096 {
        return Some("name and value are together larger than 4096 bytes");
    }
    // The cookie adds `Secure` where SameSite=None or Partitioned need it and nothing is said.
    let insecure = cookie.secure() != Some(true);
    if insecure && (name.starts_with("__secure-") || name.starts_with("__host-")) {
        return Some("a name with the prefix __Secure- or __Host- needs Secure");
    }
    if name.starts_with("__host-") && (cookie.domain().is_some() || cookie.path() != Some("/")) {
        return Some("a name with the prefix __Host- needs the path / and no domain");
    }
    if cookie.same_site() == Some(SameSite::None) && cookie.secure() == Some(false) {
        return Some("SameSite=None needs Secure");
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::get;
    use super::*;
    use crate::logging::LogFormat;
    use crate::logging::tests::Captured;

    fn header(response: &Response) -> Vec<&str> {
        let headers = response.headers().get_all("set-cookie").iter();
        headers.map(|header| header.to_str().unwrap()).collect()
    }

    #[test]
    fn of_cookies_with_one_name_the_last_counts() {
        let request = get("/", [("cookie", "a=1; b=2;a=3"), ("cookie", "c=4")]);
        assert_eq!(request.cookie("a"), Some("3"));
        assert_eq!(request.cookie("b"), Some("2"));
        assert_eq!(request.cookie("c"), Some("4"));
        assert_eq!(request.cookie("d"), None);
    }

    #[test]
    fn pairs_are_trimmed_of_space_and_tab_only() {
        let request = get(
            "/",
            [("cookie", "a = \t1\t; \u{a0}b=2; c=x=y; d=\"q\"; =e; f")],
        );
        let all: Vec<_> = request.cookies().collect();
        let expected = [
            ("a", "1"),
            ("\u{a0}b", "2"),
            ("c", "x=y"),
            ("d", "\"q\""),
            ("", "e"),
        ];
        assert_eq!(all, expected);
        assert_eq!(request.cookie("b"), None);
    }

    #[test]
    fn a_pair_that_is_not_utf8_is_passed_over_alone() {
        let mut request = get("/", []);
        let value = HeaderValue::from_bytes(b"a=1; b=\xff; \xfe=2; c=3").unwrap();
        request.headers_mut().insert("cookie", value);
        assert_eq!(
            request.cookies().collect::<Vec<_>>(),
            [("a", "1"), ("c", "3")]
        );
    }

    #[test]
    fn a_cookie_is_set_with_the_path_and_both_forms_of_expiry() {
        let mut response = Response::text("");
        let cookie = Cookie::build(("theme", "dark"))
            .max_age(time::Duration::hours(1))
            .secure(true)
            .http_only(true)
            .same_site(SameSite::Lax);
        let before = OffsetDateTime::now_utc();
        response.set_cookie(cookie).unwrap();
        let text = header(&response)[0];
        let (start, expires) = text.split_once("; Expires=").unwrap();
        assert_eq!(
            start,
            "theme=dark; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600"
        );
        let expires: std::time::SystemTime = httpdate::parse_http_date(expires).unwrap();
        let after_an_hour = OffsetDateTime::from(expires) - before;
        assert!((3598..=3602).contains(&after_an_hour.whole_seconds()));
    }

    #[test]
    fn an_expiry_date_brings_its_age_and_a_far_one_is_no_error() {
        let mut response = Response::text("");
        let past = OffsetDateTime::UNIX_EPOCH + time::Duration::days(1);
        response
            .set_cookie(Cookie::build(("a", "1")).expires(past))
            .unwrap();
        let far = Cookie::build(("b", "1")).max_age(time::Duration::MAX);
        response.set_cookie(far).unwrap();
        let negative = Cookie::build(("c", "1")).max_age(time::Duration::MIN);
        response.set_cookie(negative).unwrap();
        let headers = header(&response);
        let epoch = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(headers[0], format!("a=1; Path=/; Max-Age=0; {epoch}"));
        assert!(
            headers[1].ends_with("Expires=Fri, 31 Dec 9999 23:59:59 GMT"),
            "{}",
            headers[1]
        );
        assert!(headers[2].ends_with(epoch), "{}", headers[2]);
    }

    #[test]
    fn a_cookie_replaces_the_one_of_its_name_path_and_domain() {
        let mut response = Response::text("");
        response.set_cookie(("a", "1")).unwrap();
        response
            .set_cookie(Cookie::build(("a", "2")).path("/shop"))
            .unwrap();
        response.set_cookie(("b", "3")).unwrap();
        response.set_cookie(("a", "4")).unwrap();
        assert_eq!(
            header(&response),
            ["a=2; Path=/shop", "b=3; Path=/", "a=4; Path=/"]
        );
    }

    #[test]
    fn a_cookie_is_deleted_where_it_was_set() {
        let mut response = Response::text("");
        let cookie = Cookie::build(("a", "1"))
            .path("/shop")
            .http_only(true)
            .secure(true);
        response.delete_cookie(cookie).unwrap();
        assert_eq!(
            header(&response),
            ["a=; HttpOnly; Secure; Path=/shop; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]
        );
    }

    #[test]
    fn what_a_cookie_can_not_hold_is_refused() {
        let refusal = |cookie: Cookie<'static>| {
            let mut response = Response::text("");
            let error = response.set_cookie(cookie).unwrap_err();
            assert!(header(&response).is_empty());
            error.to_string()
        };
        let name = "needs a name of letters, digits and !#$%&'*+-.^_`|~";
        let value = "has a value with a character that cookies can't hold: percent-encode it";
        assert_eq!(
            refusal(("a b", "1").into()),
            format!("the cookie \"a b\" {name}")
        );
        assert_eq!(refusal(("", "1").into()), format!("the cookie \"\" {name}"));
        for bad in ["a;b", "a\r\nb", "a\0", "a b", "ä", "\"", "a,b"] {
            assert_eq!(
                refusal(("a", bad).into()),
                format!("the cookie \"a\" {value}")
            );
        }
        let path = Cookie::build(("a", "1"))
            .path("/; Domain=evil.example")
            .build();
        assert_eq!(
            refusal(path),
            "the cookie \"a\" has a path or domain with a character that cookies can't hold: \
             percent-encode it"
        );
    }

    #[test]
    fn it_is_known_which_cookies_browsers_drop() {
        let reason = |cookie: CookieBuilder<'static>| dropped_because(&cookie.build());
        let host = || Cookie::build(("__Host-a", "1")).path("/");
        assert!(reason(host()).is_some());
        assert!(reason(host().secure(true)).is_none());
        assert!(reason(host().secure(true).domain("a.example")).is_some());
        assert!(reason(host().secure(true).path("/a")).is_some());
        assert!(reason(Cookie::build(("__secure-a", "1"))).is_some());
        let none = || Cookie::build(("a", "1")).same_site(SameSite::None);
        assert!(reason(none()).is_none());
        assert!(reason(none().secure(false)).is_some());
    }

    #[test]
    fn a_cookie_that_is_too_large_for_browsers_is_set_and_warned_of() {
        let (log, _guard) = Captured::start(LogFormat::Text, "warn");
        let mut response = Response::text("");
        response.set_cookie(("a", "x".repeat(4095))).unwrap();
        assert_eq!(log.text(), "");
        response.set_cookie(("a", "x".repeat(4096))).unwrap();
        let warning =
            "browsers drop this cookie: name and value are together larger than 4096 bytes";
        assert!(log.text().contains(warning), "{}", log.text());
        assert_eq!(
            header(&response),
            [format!("a={}; Path=/", "x".repeat(4096))]
        );
    }

    proptest! {
        #[test]
        fn no_bytes_in_the_header_make_it_panic(bytes: Vec<u8>) {
            let mut request = get("/", []);
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                request.headers_mut().insert("cookie", value);
            }
            let _ = request.cookies().count();
        }

        #[test]
        fn a_cookie_that_is_accepted_comes_back_as_it_was(name: String, value: String) {
            let mut response = Response::text("");
            if response.set_cookie((name.clone(), value.clone())).is_ok() {
                let text = header(&response)[0].to_owned();
                let sent = text.split(';').next().unwrap();
                let request = get("/", [("cookie", sent)]);
                prop_assert_eq!(request.cookie(&name), Some(value.as_str()));
            }
        }

        #[test]
        fn a_valid_cookie_comes_back_as_it_was(
            name in "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}",
            value in "[!#-+\\--:<-\\[\\]-~]{0,40}",
        ) {
            let mut response = Response::text("");
            response.set_cookie((name.clone(), value.clone())).unwrap();
            let set: Vec<_> = response.set_cookies().collect();
            prop_assert_eq!(set[0].name_value(), (name.as_str(), value.as_str()));
            let sent = format!("x=1; {name}={value}");
            let request = get("/", [("cookie", sent.as_str())]);
            prop_assert_eq!(request.cookie(&name), Some(value.as_str()));
        }
    }
}
