//! Protection from requests that another site makes a visitor's browser send (CSRF).
//!
//! Decided by what browsers say of where a request comes from (`Sec-Fetch-Site`, else `Origin`), so
//! no form needs a token. Whoever sends neither is no browser, and has no visitor's cookies.

use serde::{Deserialize, Serialize};

use super::hosts::Host;
use crate::http::{Error, Method, Request, Result, header};
use crate::settings::{Problems, Settings, SettingsError, SettingsGroup};

/// The settings of the protection from requests that other sites make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct CsrfSettings {
    /// Other origins whose pages may send forms here, as in `https://shop.example` or
    /// `https://shop.example:8443`.
    pub csrf_trusted_origins: Vec<String>,
    /// Paths that are not protected: `/hook` is that path, `/hooks/*` all that begin with
    /// `/hooks/`. They are held against the path as the client wrote it.
    pub csrf_exempt_paths: Vec<String>,
}

impl SettingsGroup for CsrfSettings {
    fn check(&self, problems: &mut Problems) {
        for origin in &self.csrf_trusted_origins {
            if Origin::parse(origin).is_none() {
                problems.add(
                    "CSRF_TRUSTED_ORIGINS",
                    format!("holds {origin:?}, which is no origin; write it as in `https://shop.example`"),
                );
            }
        }
        for path in &self.csrf_exempt_paths {
            let star = path.find('*');
            if !path.starts_with('/') || star.is_some_and(|at| at + 1 < path.len()) {
                problems.add(
                    "CSRF_EXEMPT_PATHS",
                    format!("holds {path:?}; write a path as in `/hook`, or as in `/hooks/*` for all below it"),
                );
            }
        }
    }
}

/// Refuses requests that change something and come from another site.
#[derive(Debug)]
pub(crate) struct Csrf {
    trusted: Vec<Origin>,
    exempt: Vec<String>,
}

impl Csrf {
    /// Made from [`CsrfSettings`].
    ///
    /// # Errors
    ///
    /// If the group is not declared.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self::build(settings.get()?))
    }

    fn build(settings: &CsrfSettings) -> Self {
        // What can't be read was refused when the settings were checked.
        let trusted = settings.csrf_trusted_origins.iter();
        Self {
            trusted: trusted.filter_map(|origin| Origin::parse(origin)).collect(),
            exempt: settings.csrf_exempt_paths.clone(),
        }
    }

    /// Decides whether `request` may go on.
    ///
    /// `GET`, `HEAD` and `OPTIONS` may; they must not change anything. Exempt paths and trusted
    /// origins may. Else `Sec-Fetch-Site` must be `same-origin`, or `none` where the visitor acted
    /// on no page; a sibling subdomain (`same-site`) is another site. A browser that does not send
    /// it must send the `Origin` that the request goes to.
    ///
    /// # Errors
    ///
    /// 403 naming the header that decided.
    pub(crate) fn check(&self, request: &Request) -> Result<()> {
        if matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        ) {
            return Ok(());
        }
        if self
            .exempt
            .iter()
            .any(|pattern| covers(pattern, request.path()))
        {
            return Ok(());
        }
        let origin = sent(request, header::ORIGIN);
        let parsed = origin.and_then(Origin::parse);
        if parsed
            .as_ref()
            .is_some_and(|origin| self.trusted.contains(origin))
        {
            return Ok(());
        }
        let site = sent(request, header::HeaderName::from_static("sec-fetch-site"));
        match (site, origin) {
            (Some("same-origin" | "none"), _) | (None, None) => Ok(()),
            (Some(site), _) => Err(refused("Sec-Fetch-Site", site, origin)),
            (None, Some(_)) if parsed.is_some() && parsed == Origin::of(request) => Ok(()),
            (None, Some(origin)) => Err(refused("Origin", origin, Some(origin))),
        }
    }
}

/// The value of the header; one that is sent twice or not as text is none that passes.
fn sent(request: &Request, name: header::HeaderName) -> Option<&str> {
    let mut lines = request.headers().get_all(name).iter();
    let first = lines.next()?;
    let text = first.to_str().ok().filter(|_| lines.next().is_none());
    Some(text.unwrap_or("(unreadable)"))
}

/// Whether an entry of `CSRF_EXEMPT_PATHS` covers `path`.
fn covers(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path == pattern,
    }
}

fn refused(header: &str, value: &str, origin: Option<&str>) -> Error {
    let value: String = value.chars().take(200).collect();
    let advice = match origin {
        Some(origin) if Origin::parse(origin).is_some() => format!(
            "if pages of {origin} may send forms here, add it to the setting CSRF_TRUSTED_ORIGINS"
        ),
        _ => "send the form from a page of this site".to_owned(),
    };
    Error::forbidden(format!(
        "the request comes from another site, by its header {header}: `{value}`; {advice}"
    ))
}

/// Scheme, host and port (RFC 6454 section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// Reads an origin as browsers write it. `null`, which stands for one that is not told, is none.
    fn parse(text: &str) -> Option<Self> {
        let (scheme, host) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let standard = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = Host::parse(host)?;
        Some(Self {
            scheme,
            host: host.name.into_owned(),
            port: host.port.unwrap_or(standard),
        })
    }

    /// The origin that `request` goes to.
    fn of(request: &Request) -> Option<Self> {
        Self::parse(&format!(
            "{}://{}",
            request.scheme().as_str(),
            request.host()?
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Scheme;
    use crate::http::testing::request;

    fn csrf() -> Csrf {
        let settings = CsrfSettings {
            csrf_trusted_origins: vec![
                "https://Pay.example".into(),
                "http://dev.example:3000".into(),
            ],
            csrf_exempt_paths: vec!["/hook".into(), "/hooks/*".into()],
        };
        let mut problems = Problems::default();
        settings.check(&mut problems);
        assert_eq!(problems.iter().count(), 0);
        Csrf::build(&settings)
    }

    fn refusal(method: &str, path: &str, headers: &[(&str, &str)]) -> Option<String> {
        let host = [("host", "shop.example:8000")];
        let headers = host.iter().chain(headers).copied();
        let error = csrf().check(&request(method, path, headers, "")).err()?;
        assert_eq!(error.status(), 403);
        error.public_message().map(str::to_owned)
    }

    fn passes(headers: &[(&str, &str)]) -> bool {
        let refusals = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "LINK"]
            .map(|method| refusal(method, "/buy", headers).is_some());
        assert!(refusals.iter().all(|refused| *refused == refusals[0]));
        !refusals[0]
    }

    #[test]
    fn methods_that_change_nothing_pass() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert_eq!(
                refusal(method, "/", &[("sec-fetch-site", "cross-site")]),
                None
            );
        }
    }

    #[test]
    fn fetch_metadata_decides_for_every_other_method() {
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("sec-fetch-site", "none")]));
        for site in [
            "cross-site",
            "same-site",
            "",
            "SAME-ORIGIN",
            "same-origin, none",
            "x",
        ] {
            assert!(!passes(&[("sec-fetch-site", site)]), "{site}");
        }
        let twice = [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert!(!passes(&twice));
        // It counts for more than an origin that fits.
        let own = ("origin", "http://shop.example:8000");
        assert!(!passes(&[("sec-fetch-site", "cross-site"), own]));
        assert!(passes(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "null")
        ]));
    }

    #[test]
    fn without_fetch_metadata_the_origin_must_be_the_one_asked() {
        assert!(passes(&[("origin", "http://shop.example:8000")]));
        assert!(passes(&[("origin", "HTTP://SHOP.example:8000")]));
        for origin in [
            "null",
            "",
            "http://shop.example",
            "https://shop.example:8000",
            "http://evil.example:8000",
            "http://shop.example:8000.evil.example",
            "http://shop.example:8000/",
            "shop.example:8000",
            "file://",
        ] {
            assert!(!passes(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn the_standard_port_need_not_be_said() {
        for (scheme, host, origin) in [
            (Scheme::Https, "shop.example", "https://shop.example:443"),
            (Scheme::Https, "shop.example:443", "https://shop.example"),
            (Scheme::Http, "shop.example", "http://shop.example"),
        ] {
            let mut request = request("POST", "/", [("host", host), ("origin", origin)], "");
            request.set_client(None, scheme);
            assert!(csrf().check(&request).is_ok(), "{origin}");
        }
    }

    #[test]
    fn who_sends_neither_header_is_no_browser() {
        assert!(passes(&[]));
    }

    #[test]
    fn trusted_origins_pass() {
        let cross = ("sec-fetch-site", "cross-site");
        assert!(passes(&[cross, ("origin", "https://pay.example")]));
        assert!(passes(&[cross, ("origin", "https://pay.example:443")]));
        assert!(passes(&[("origin", "http://dev.example:3000")]));
        assert!(!passes(&[cross, ("origin", "http://pay.example")]));
        assert!(!passes(&[cross, ("origin", "https://pay.example:8443")]));
    }

    #[test]
    fn exempt_paths_pass() {
        let cross = [("sec-fetch-site", "cross-site")];
        for (path, exempt) in [
            ("/hook", true),
            ("/hook/x", false),
            ("/hooks/x?y", true),
            ("/hooks", false),
            ("/a/hooks/x", false),
        ] {
            assert_eq!(refusal("POST", path, &cross).is_none(), exempt, "{path}");
        }
    }

    #[test]
    fn a_refusal_says_which_header_decided_and_what_to_do() {
        let evil = ("origin", "https://evil.example");
        insta::assert_snapshot!(refusal("POST", "/", &[("sec-fetch-site", "same-site"), evil]).unwrap(), @"the request comes from another site, by its header Sec-Fetch-Site: `same-site`; if pages of https://evil.example may send forms here, add it to the setting CSRF_TRUSTED_ORIGINS");
        insta::assert_snapshot!(refusal("POST", "/", &[("sec-fetch-site", "cross-site")]).unwrap(), @"the request comes from another site, by its header Sec-Fetch-Site: `cross-site`; send the form from a page of this site");
        insta::assert_snapshot!(refusal("POST", "/", &[evil]).unwrap(), @"the request comes from another site, by its header Origin: `https://evil.example`; if pages of https://evil.example may send forms here, add it to the setting CSRF_TRUSTED_ORIGINS");
        insta::assert_snapshot!(refusal("POST", "/", &[("origin", "null")]).unwrap(), @"the request comes from another site, by its header Origin: `null`; send the form from a page of this site");
    }

    #[test]
    fn settings_that_are_no_origin_or_path_are_problems() {
        let settings = CsrfSettings {
            csrf_trusted_origins: vec!["pay.example".into(), "https://pay.example/".into()],
            csrf_exempt_paths: vec!["hooks".into(), "/a*b".into()],
        };
        let mut problems = Problems::default();
        settings.check(&mut problems);
        let texts: Vec<_> = problems.iter().map(|(_, text)| text).collect();
        assert_eq!(
            texts,
            [
                "holds \"pay.example\", which is no origin; write it as in `https://shop.example`",
                "holds \"https://pay.example/\", which is no origin; write it as in `https://shop.example`",
                "holds \"hooks\"; write a path as in `/hook`, or as in `/hooks/*` for all below it",
                "holds \"/a*b\"; write a path as in `/hook`, or as in `/hooks/*` for all below it",
            ]
        );
    }
}
