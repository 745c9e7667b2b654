//! The redirect from HTTP to HTTPS.

use serde::{Deserialize, Serialize};

use super::hosts::Host;
use crate::http::{Request, Response, Result, Scheme};
use crate::settings::{CoreSettings, Settings, SettingsError, SettingsGroup};

/// The settings of the way from clear HTTP to HTTPS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct HttpsSettings {
    /// Whether requests over clear HTTP are redirected to HTTPS. With DEBUG they never are. Behind
    /// a proxy that speaks HTTPS, set TRUSTED_PROXIES, or this redirects for ever.
    pub https_redirect_enabled: bool,
}

impl Default for HttpsSettings {
    fn default() -> Self {
        Self {
            https_redirect_enabled: true,
        }
    }
}

impl SettingsGroup for HttpsSettings {}

/// Sends visitors who came over clear HTTP to the same page over HTTPS.
#[derive(Debug)]
pub(crate) struct HttpsRedirect {
    enabled: bool,
}

impl HttpsRedirect {
    /// Made from [`HttpsSettings`] and `DEBUG`.
    ///
    /// # Errors
    ///
    /// If the groups are not declared.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let debug = settings.get::<CoreSettings>()?.debug;
        let wanted = settings.get::<HttpsSettings>()?.https_redirect_enabled;
        Ok(Self {
            enabled: wanted && !debug,
        })
    }

    /// 308 to the same address over HTTPS, on its standard port, unless the client came that way.
    ///
    /// The status keeps method and body (RFC 9110 section 15.4.9): a form that was posted over
    /// clear HTTP is not lost.
    pub(crate) fn check(&self, request: &Request) -> Option<Response> {
        if !self.enabled || request.scheme() == Scheme::Https {
            return None;
        }
        // A target without a path (`OPTIONS *`) has no address to go to, and a host that is none
        // is refused elsewhere.
        let host = Host::parse(request.host()?)?;
        let path = request.full_path();
        if !path.starts_with('/') {
            return None;
        }
        let location = format!("https://{}{path}", host.name);
        Some(Response::permanent_redirect(location))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::{get, request};

    const ON: HttpsRedirect = HttpsRedirect { enabled: true };

    fn location(target: &str, host: &str) -> Option<String> {
        let response = ON.check(&get(target, [("host", host)]))?;
        assert_eq!(response.status(), 308);
        response.header("location").map(str::to_owned)
    }

    #[test]
    fn clear_http_is_sent_to_the_same_page_over_https() {
        let page = location("/a%20b?q=1", "Shop.example:8000").unwrap();
        assert_eq!(page, "https://shop.example/a%20b?q=1");
        assert_eq!(location("/", "[::1]:80").unwrap(), "https://[::1]/");
        let posted = request("POST", "/buy", [("host", "a.example")], "x");
        assert_eq!(ON.check(&posted).unwrap().status(), 308);
    }

    #[test]
    fn https_passes_and_so_does_all_where_it_is_off() {
        let mut secure = get("/", [("host", "a.example")]);
        secure.set_client(None, Scheme::Https);
        assert!(ON.check(&secure).is_none());
        let off = HttpsRedirect { enabled: false };
        assert!(off.check(&get("/", [("host", "a.example")])).is_none());
    }

    #[test]
    fn what_has_no_address_is_not_redirected() {
        assert_eq!(location("/", "a b"), None);
        let star = request("OPTIONS", "*", [("host", "a.example")], "");
        assert!(ON.check(&star).is_none());
    }
}
