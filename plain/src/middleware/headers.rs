//! Headers that every response gets unless it has its own.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::http::{Request, Response, Result, Scheme};
use crate::settings::{Problems, Settings, SettingsError, SettingsGroup};

/// Scripts, styles and the rest from this site only; what stands in a page itself, only with the
/// nonce of its response.
const POLICY: &str = "default-src 'self'; script-src 'self' 'nonce-{nonce}'; \
     style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// What is replaced by the nonce of the response.
const NONCE: &str = "{nonce}";

const DEFAULTS: [(&str, &str); 5] = [
    ("Content-Security-Policy", POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
];

/// The settings of the headers that responses get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct HeaderSettings {
    /// Headers for responses that don't have their own. What is set here is added to the defaults;
    /// the value "" takes a default away. `{nonce}` stands for `request.csp_nonce()`.
    pub default_response_headers: BTreeMap<String, String>,
    /// The header Strict-Transport-Security for responses over HTTPS, as in
    /// "max-age=31536000; includeSubDomains". Browsers then refuse clear HTTP for that long, and it
    /// can't be taken back; so it is off by default.
    pub strict_transport_security: String,
}

impl Default for HeaderSettings {
    fn default() -> Self {
        let defaults = DEFAULTS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            default_response_headers: defaults.into(),
            strict_transport_security: String::new(),
        }
    }
}

impl SettingsGroup for HeaderSettings {
    fn check(&self, problems: &mut Problems) {
        for (name, value) in &self.default_response_headers {
            let valid = HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok();
            if !valid {
                let problem = format!("holds {name:?} = {value:?}, which is no valid header");
                problems.add("DEFAULT_RESPONSE_HEADERS", problem);
            }
        }
        if HeaderValue::try_from(&self.strict_transport_security).is_err() {
            problems.add("STRICT_TRANSPORT_SECURITY", "is no valid value of a header");
        }
    }
}

/// Adds the default headers to responses.
///
/// A view that sets such a header itself keeps its own; one that sets it to the empty value gets
/// none.
///
/// The default `Content-Security-Policy` allows inline scripts and styles only with the nonce that
/// [`Request::csp_nonce`] gives (`csp_nonce` in templates). A response that did not ask for the
/// nonce is sent without one.
#[derive(Debug)]
pub(crate) struct DefaultHeaders {
    headers: Vec<(HeaderName, Value)>,
    /// `None` to send none.
    strict_transport_security: Option<HeaderValue>,
}

impl DefaultHeaders {
    /// Made from [`HeaderSettings`].
    ///
    /// # Errors
    ///
    /// If the group is not declared.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self::build(settings.get()?))
    }

    /// All values are read here, so that none is parsed for a response.
    fn build(settings: &HeaderSettings) -> Self {
        let defaults = DEFAULTS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let set = settings.default_response_headers.clone();
        let mut headers: Vec<(HeaderName, Value)> = Vec::new();
        for (name, value) in defaults.into_iter().chain(set) {
            // What can't be read was refused when the settings were checked.
            let (Ok(name), Some(value)) = (HeaderName::try_from(name), Value::parse(&value)) else {
                continue;
            };
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value));
        }
        headers.retain(|(_, value)| !value.is_empty());
        let strict = HeaderValue::try_from(&settings.strict_transport_security).ok();
        Self {
            headers,
            strict_transport_security: strict.filter(|value| !value.is_empty()),
        }
    }

    /// Adds to `response`, the answer to `request`, what it lacks.
    pub(crate) fn apply(&self, request: &Request, response: &mut Response) {
        // What a 304 says replaces what the browser has kept with the page (RFC 9111 section 3.2),
        // and the page it keeps has the nonce that it was sent with.
        let kept = response.status() == StatusCode::NOT_MODIFIED;
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            if kept && matches!(value, Value::WithNonce { .. }) {
                continue;
            }
            add(headers, name, || value.of(request));
        }
        if let Some(value) = &self.strict_transport_security
            && request.scheme() == Scheme::Https
        {
            // RFC 6797 section 7.2: over HTTPS only.
            add(headers, &header::STRICT_TRANSPORT_SECURITY, || {
                value.clone()
            });
        }
    }
}

fn add(headers: &mut HeaderMap, name: &HeaderName, value: impl FnOnce() -> HeaderValue) {
    match headers.get(name) {
        Some(own) if own.is_empty() => {
            headers.remove(name);
        }
        Some(_) => {}
        None => {
            headers.insert(name, value());
        }
    }
}

/// The value of a header, ready to be sent.
#[derive(Debug)]
enum Value {
    Fixed(HeaderValue),
    WithNonce {
        /// The pieces around the nonce.
        pieces: Vec<String>,
        /// For a response that has no use for a nonce; `None` if the value makes no sense without.
        without: Option<HeaderValue>,
    },
}

impl Value {
    fn parse(text: &str) -> Option<Self> {
        let whole = HeaderValue::try_from(text).ok()?;
        if !text.contains(NONCE) {
            return Some(Self::Fixed(whole));
        }
        let without = text.replace(" 'nonce-{nonce}'", "");
        Some(Self::WithNonce {
            pieces: text.split(NONCE).map(str::to_owned).collect(),
            without: HeaderValue::try_from(&without)
                .ok()
                .filter(|_| !without.contains(NONCE)),
        })
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Fixed(value) if value.is_empty())
    }

    fn of(&self, request: &Request) -> HeaderValue {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::WithNonce { pieces, without } => match (request.used_csp_nonce(), without) {
                (None, Some(without)) => without.clone(),
                _ => HeaderValue::try_from(pieces.join(request.csp_nonce()))
                    .expect("the pieces are valid, and a nonce is hexadecimal"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::get;

    fn headers(changes: &[(&str, &str)]) -> DefaultHeaders {
        let settings = HeaderSettings {
            default_response_headers: changes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..HeaderSettings::default()
        };
        let mut problems = Problems::default();
        settings.check(&mut problems);
        assert_eq!(problems.iter().count(), 0);
        DefaultHeaders::build(&settings)
    }

    fn applied(defaults: &DefaultHeaders, mut response: Response) -> Response {
        defaults.apply(&get("/", []), &mut response);
        response
    }

    #[test]
    fn the_defaults_are_strict() {
        let response = applied(
            &DefaultHeaders::build(&HeaderSettings::default()),
            Response::text(""),
        );
        let mut all: Vec<String> = response
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        all.sort();
        insta::assert_snapshot!(all.join("\n"), @"content-security-policy: default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
content-type: text/plain; charset=utf-8
cross-origin-opener-policy: same-origin
referrer-policy: same-origin
x-content-type-options: nosniff
x-frame-options: DENY");
    }

    #[test]
    fn a_header_of_the_view_stays_and_an_empty_one_takes_the_default_away() {
        let own = Response::text("")
            .with_header(
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            )
            .with_header(header::X_FRAME_OPTIONS, HeaderValue::from_static(""));
        let response = applied(&headers(&[]), own);
        assert_eq!(response.header("referrer-policy"), Some("no-referrer"));
        assert!(!response.headers().contains_key("x-frame-options"));
        assert!(response.headers().contains_key("content-security-policy"));
    }

    #[test]
    fn the_setting_adds_changes_and_takes_away() {
        let defaults = headers(&[
            ("x-frame-options", "SAMEORIGIN"),
            ("Referrer-Policy", ""),
            ("X-Shop", "1"),
        ]);
        let response = applied(&defaults, Response::text(""));
        assert_eq!(response.header("x-frame-options"), Some("SAMEORIGIN"));
        assert_eq!(
            response.headers().get_all("x-frame-options").iter().count(),
            1
        );
        assert!(!response.headers().contains_key("referrer-policy"));
        assert_eq!(response.header("x-shop"), Some("1"));
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    }

    #[test]
    fn the_policy_names_the_nonce_that_the_page_used() {
        let request = get("/", []);
        let nonce = request.csp_nonce().to_owned();
        let mut response = Response::text("");
        headers(&[]).apply(&request, &mut response);
        let policy = response.header("content-security-policy").unwrap();
        assert!(
            policy.contains(&format!("script-src 'self' 'nonce-{nonce}'; ")),
            "{policy}"
        );
        assert!(
            policy.contains(&format!("style-src 'self' 'nonce-{nonce}'; ")),
            "{policy}"
        );
    }

    #[test]
    fn a_page_without_inline_scripts_makes_no_nonce_unless_the_value_needs_one() {
        let request = get("/", []);
        headers(&[]).apply(&request, &mut Response::text(""));
        assert_eq!(request.used_csp_nonce(), None);
        let mut response = Response::text("");
        headers(&[("X-Nonce", "n={nonce}")]).apply(&request, &mut response);
        let expected = format!("n={}", request.used_csp_nonce().unwrap());
        assert_eq!(response.header("x-nonce"), Some(expected.as_str()));
    }

    #[test]
    fn a_page_that_the_browser_has_keeps_the_policy_that_it_came_with() {
        let response = Response::new(StatusCode::NOT_MODIFIED);
        let response = applied(&headers(&[]), response);
        assert!(!response.headers().contains_key("content-security-policy"));
        assert!(response.headers().contains_key("x-frame-options"));
    }

    #[test]
    fn strict_transport_security_is_sent_over_https_only() {
        let settings = HeaderSettings {
            strict_transport_security: "max-age=60".to_owned(),
            ..HeaderSettings::default()
        };
        let defaults = DefaultHeaders::build(&settings);
        let name = header::STRICT_TRANSPORT_SECURITY;
        assert_eq!(applied(&defaults, Response::text("")).header(&name), None);
        let mut secure = get("/", []);
        secure.set_client(None, Scheme::Https);
        let mut response = Response::text("");
        defaults.apply(&secure, &mut response);
        assert_eq!(response.header(&name), Some("max-age=60"));
    }

    #[test]
    fn what_is_no_header_is_a_problem() {
        let settings = HeaderSettings {
            default_response_headers: [
                ("a b".to_owned(), "1".to_owned()),
                ("a".to_owned(), "\n".to_owned()),
            ]
            .into(),
            strict_transport_security: "\n".to_owned(),
        };
        let mut problems = Problems::default();
        settings.check(&mut problems);
        let texts: Vec<_> = problems.iter().collect();
        assert_eq!(
            texts,
            [
                (
                    "DEFAULT_RESPONSE_HEADERS",
                    "holds \"a\" = \"\\n\", which is no valid header"
                ),
                (
                    "DEFAULT_RESPONSE_HEADERS",
                    "holds \"a b\" = \"1\", which is no valid header"
                ),
                ("STRICT_TRANSPORT_SECURITY", "is no valid value of a header"),
            ]
        );
    }
}
