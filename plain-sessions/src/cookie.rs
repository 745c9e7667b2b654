//! The cookie that carries the session key.

use chrono::{DateTime, TimeDelta, Utc};
use cookie::time::{Duration, OffsetDateTime};
use cookie::{Cookie, CookieBuilder, Expiration};
use plain::http::Scheme;

use crate::key::Key;
use crate::settings::{SameSiteSetting, SessionSettings};

/// How the cookie is written for one request.
pub(crate) struct CookieWriter<'a> {
    pub(crate) settings: &'a SessionSettings,
    pub(crate) secure: bool,
}

impl<'a> CookieWriter<'a> {
    /// With `debug`, `Secure` follows the scheme of the request, so that a development server on
    /// http://localhost works in every browser.
    pub(crate) fn new(settings: &'a SessionSettings, debug: bool, scheme: Scheme) -> Self {
        let secure = settings.session_cookie_secure && (!debug || scheme == Scheme::Https);
        Self { settings, secure }
    }

    /// The cookie with `key`, for a session that ends at `expires_at`.
    pub(crate) fn set(
        &self,
        key: &Key,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Cookie<'static> {
        let cookie = self.base(key.expose().to_owned());
        if self.settings.session_expire_at_browser_close {
            return cookie.build();
        }
        // Rounded up: the moments since it was saved are no second less. Both attributes come from
        // the rounded number, so that they say the same.
        let left = (expires_at - now + TimeDelta::milliseconds(999))
            .num_seconds()
            .max(0);
        let expires = OffsetDateTime::from_unix_timestamp(now.timestamp() + left);
        let cookie = cookie.max_age(Duration::seconds(left));
        match expires {
            Ok(expires) => cookie.expires(Expiration::DateTime(expires)).build(),
            Err(_) => cookie.build(),
        }
    }

    /// The cookie that makes the browser forget: RFC 6265bis matches it by name, path and domain,
    /// and a prefixed name is refused without its attributes.
    pub(crate) fn delete(&self) -> Cookie<'static> {
        self.base(String::new())
            .max_age(Duration::ZERO)
            .expires(Expiration::DateTime(OffsetDateTime::UNIX_EPOCH))
            .build()
    }

    fn base(&self, value: String) -> CookieBuilder<'static> {
        let settings = self.settings;
        let mut cookie = Cookie::build((settings.session_cookie_name.clone(), value))
            .path(settings.session_cookie_path.clone())
            .http_only(settings.session_cookie_httponly)
            .secure(self.secure);
        if let Some(domain) = &settings.session_cookie_domain {
            cookie = cookie.domain(domain.clone());
        }
        match settings.session_cookie_samesite {
            SameSiteSetting::Lax => cookie.same_site(cookie::SameSite::Lax),
            SameSiteSetting::Strict => cookie.same_site(cookie::SameSite::Strict),
            SameSiteSetting::None => cookie.same_site(cookie::SameSite::None),
            SameSiteSetting::Unset => cookie,
        }
    }
}
