//! The settings of the package `plain.sessions`.

use chrono::{DateTime, TimeDelta, Utc};
use plain::settings::{Problems, SettingsGroup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a cookie's name begins with that only this host can set, over HTTPS.
const HOST: &str = "__Host-";
/// And one that hosts of one domain share.
const SECURE: &str = "__Secure-";

/// How sessions and their cookie behave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct SessionSettings {
    /// The name of the cookie that holds the session key.
    pub session_cookie_name: String,
    /// Seconds that a session lives after it was last saved.
    pub session_cookie_age: u64,
    /// The domain that the cookie is sent to, with all its subdomains; unset, only to the host that
    /// set it.
    pub session_cookie_domain: Option<String>,
    /// Whether the cookie is only sent over HTTPS. With DEBUG it follows the request instead.
    pub session_cookie_secure: bool,
    /// Whether the cookie is hidden from scripts.
    pub session_cookie_httponly: bool,
    /// Which requests from other sites carry the cookie: "Lax", "Strict", "None", or false to leave
    /// it to the browser.
    pub session_cookie_samesite: SameSiteSetting,
    /// The path below which the cookie is sent.
    pub session_cookie_path: String,
    /// Whether the browser forgets the cookie when it is closed.
    pub session_expire_at_browser_close: bool,
    /// Whether each request that looks at its session renews it.
    pub session_save_every_request: bool,
    /// Seconds after which a request that only looks at its session renews it; unset, only changes
    /// do.
    pub session_touch_interval: Option<u64>,
    /// Seconds after its creation at which a session ends, however active it is; unset, it goes on
    /// for as long as it is used.
    pub session_max_age: Option<u64>,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            session_cookie_name: "sessionid".to_owned(),
            session_cookie_age: 60 * 60 * 24 * 14,
            session_cookie_domain: None,
            session_cookie_secure: true,
            session_cookie_httponly: true,
            session_cookie_samesite: SameSiteSetting::Lax,
            session_cookie_path: "/".to_owned(),
            session_expire_at_browser_close: false,
            session_save_every_request: false,
            session_touch_interval: None,
            session_max_age: None,
        }
    }
}

/// The attribute `SameSite` of the cookie (RFC 6265bis section 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Written", into = "Written")]
#[schemars(with = "Written")]
#[non_exhaustive]
pub enum SameSiteSetting {
    /// Links from other sites carry the cookie, their forms and scripts do not.
    Lax,
    /// Nothing from another site carries the cookie.
    Strict,
    /// Everything carries the cookie; asks for `Secure`.
    None,
    /// `false`: the attribute is not written.
    Unset,
}

/// A [`SameSiteSetting`] as it is written: one of its texts, or `false`.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "SameSiteSetting")]
enum Written {
    Restriction(Restriction),
    Unset(Unset),
}

/// A value of the attribute `SameSite`.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum Restriction {
    /// Links from other sites carry the cookie, their forms and scripts do not.
    Lax,
    /// Nothing from another site carries the cookie.
    Strict,
    /// Everything carries the cookie; asks for `Secure`.
    None,
}

/// The value `false`.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "bool", into = "bool")]
#[schemars(with = "bool", extend("const" = false))]
struct Unset;

impl From<Written> for SameSiteSetting {
    fn from(written: Written) -> Self {
        match written {
            Written::Restriction(Restriction::Lax) => Self::Lax,
            Written::Restriction(Restriction::Strict) => Self::Strict,
            Written::Restriction(Restriction::None) => Self::None,
            Written::Unset(Unset) => Self::Unset,
        }
    }
}

impl From<SameSiteSetting> for Written {
    fn from(setting: SameSiteSetting) -> Self {
        match setting {
            SameSiteSetting::Lax => Self::Restriction(Restriction::Lax),
            SameSiteSetting::Strict => Self::Restriction(Restriction::Strict),
            SameSiteSetting::None => Self::Restriction(Restriction::None),
            SameSiteSetting::Unset => Self::Unset(Unset),
        }
    }
}

impl TryFrom<bool> for Unset {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value {
            Err("true is no value of SameSite")
        } else {
            Ok(Self)
        }
    }
}

impl From<Unset> for bool {
    fn from(_: Unset) -> Self {
        false
    }
}

impl SettingsGroup for SessionSettings {
    fn check(&self, problems: &mut Problems) {
        self.check_name(problems);
        self.check_attributes(problems);
        check_age(
            "SESSION_COOKIE_AGE",
            Some(self.session_cookie_age),
            problems,
        );
        check_age("SESSION_MAX_AGE", self.session_max_age, problems);
        check_age(
            "SESSION_TOUCH_INTERVAL",
            self.session_touch_interval,
            problems,
        );
    }
}

impl SessionSettings {
    /// How long a session lives after it was last saved.
    pub fn age(&self) -> TimeDelta {
        seconds(self.session_cookie_age)
    }

    /// How long a session lives after it was created, if there is a limit.
    pub fn max_age(&self) -> Option<TimeDelta> {
        self.session_max_age.map(seconds)
    }

    /// How long after its last save a session that is only looked at is renewed, if it is.
    pub fn touch_interval(&self) -> Option<TimeDelta> {
        self.session_touch_interval.map(seconds)
    }

    /// Whether a session that is only looked at is ever renewed.
    pub(crate) fn renews(&self) -> bool {
        self.session_save_every_request || self.session_touch_interval.is_some()
    }

    /// When a session that was created at `created_at` and is saved at `now` ends.
    pub(crate) fn expires_at(
        &self,
        created_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let idle = now + self.age();
        self.max_age()
            .map_or(idle, |max_age| idle.min(created_at + max_age))
    }

    /// Whether the cookie's name begins with `__Host-` or `__Secure-`.
    pub(crate) fn has_prefix(&self) -> bool {
        self.is_prefixed(HOST) || self.is_prefixed(SECURE)
    }

    /// The prefix that suits the other settings.
    pub(crate) fn best_prefix(&self) -> &'static str {
        let is_of_one_host =
            self.session_cookie_domain.is_none() && self.session_cookie_path == "/";
        if is_of_one_host { HOST } else { SECURE }
    }

    /// Browsers do not mind the case (RFC 6265bis section 5.4).
    fn is_prefixed(&self, prefix: &str) -> bool {
        let start = self.session_cookie_name.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    /// `__Host-` and `__Secure-` names promise attributes (RFC 6265bis section 4.1.3).
    fn check_name(&self, problems: &mut Problems) {
        const NAME: &str = "SESSION_COOKIE_NAME";
        let name = &self.session_cookie_name;
        if name.is_empty() || !name.bytes().all(is_token) {
            problems.add(
                NAME,
                format!(
                    "{name:?} is no cookie name: use letters, digits, `-` and `_` only (RFC 6265 \
                     section 4.1.1)"
                ),
            );
        }
        let host = self.is_prefixed(HOST);
        if self.has_prefix() && !self.session_cookie_secure {
            problems.add(
                NAME,
                format!("{name:?} asks for SESSION_COOKIE_SECURE = true"),
            );
        }
        if host && self.session_cookie_domain.is_some() {
            problems.add(
                NAME,
                format!("{name:?} forbids SESSION_COOKIE_DOMAIN: remove it"),
            );
        }
        if host && self.session_cookie_path != "/" {
            problems.add(
                NAME,
                format!("{name:?} asks for SESSION_COOKIE_PATH = \"/\""),
            );
        }
    }

    fn check_attributes(&self, problems: &mut Problems) {
        let is_none = self.session_cookie_samesite == SameSiteSetting::None;
        if is_none && !self.session_cookie_secure {
            problems.add(
                "SESSION_COOKIE_SAMESITE",
                "\"None\" asks for SESSION_COOKIE_SECURE = true: browsers drop the cookie otherwise",
            );
        }
        let path = &self.session_cookie_path;
        if !path.starts_with('/') || !path.bytes().all(is_attribute) {
            problems.add(
                "SESSION_COOKIE_PATH",
                format!("{path:?} is no path: begin with `/`, without spaces and `;`"),
            );
        }
        let Some(domain) = &self.session_cookie_domain else {
            return;
        };
        if domain.is_empty()
            || !domain
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        {
            problems.add(
                "SESSION_COOKIE_DOMAIN",
                format!("{domain:?} is no domain: write one like \"example.com\""),
            );
        }
    }
}

/// The years of an age that, added to any time that a session may have been created at, still give
/// a date that both databases hold.
const MOST_YEARS: u64 = 1000;

fn check_age(setting: &str, age: Option<u64>, problems: &mut Problems) {
    const MOST: u64 = MOST_YEARS * 365 * 24 * 60 * 60;
    match age {
        Some(0) => problems.add(setting, "is 0: write the seconds, 1 or more"),
        Some(MOST..) => {
            problems.add(
                setting,
                format!("is more than {MOST_YEARS} years: write fewer seconds"),
            );
        }
        _ => {}
    }
}

fn seconds(seconds: u64) -> TimeDelta {
    i64::try_from(seconds)
        .ok()
        .and_then(TimeDelta::try_seconds)
        .unwrap_or(TimeDelta::MAX)
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 6265 section 4.1.1, `av-octet`, without the space.
fn is_attribute(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b';'
}
