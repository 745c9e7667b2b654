//! A jar that keeps, replaces, drops and sends cookies as a browser does (RFC 6265bis sections 5.7
//! and 5.8).
//!
//! One thing is simpler: instead of the list of public suffixes, a `Domain` without a dot is
//! taken for one.

use std::net::IpAddr;
use std::time::SystemTime;

use super::set_cookie::SetCookie;
use crate::http::SameSite;

/// A cookie that a client keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host that set it, or the domain whose hosts all get it.
    pub domain: String,
    /// Whether only the host that set it gets it.
    pub host_only: bool,
    /// The path below which it is sent.
    pub path: String,
    /// When it ends; `None` if the browser drops it when it is closed.
    pub expires: Option<SystemTime>,
    /// Whether it is sent over HTTPS only.
    pub secure: bool,
    /// Whether scripts can't see it.
    pub http_only: bool,
    /// Which requests from other sites carry it; `None` if that was not said, which counts as `Lax`.
    pub same_site: Option<SameSite>,
}

/// Where a request goes, or a response came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) secure: bool,
    /// Lower case, without the port.
    pub(super) host: &'a str,
    pub(super) path: &'a str,
}

/// Whether a page of another site caused a request, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The site itself, or the visitor.
    SameSite,
    /// Another site opened the page: a link, a form with GET.
    CrossSiteNavigation,
    /// Another site sent the request in another way: a form with POST, a script, an image.
    CrossSite,
}

/// The cookies of one browser.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar {
    /// In the order in which they were first set.
    cookies: Vec<StoredCookie>,
}

impl Jar {
    /// Takes in one `Set-Cookie` header of a response from `place`.
    pub(super) fn store(&mut self, header: &[u8], place: Place<'_>, now: SystemTime) {
        let Some(set) = SetCookie::parse(header, now) else {
            return;
        };
        let Some(cookie) = weigh(set, place) else {
            return;
        };
        if !cookie.secure && !place.secure && self.overlays_secure_cookie(&cookie) {
            return;
        }
        self.put(cookie, now);
    }

    /// Puts `cookie` in place of the one with its name, domain and path.
    pub(super) fn put(&mut self, cookie: StoredCookie, now: SystemTime) {
        let ended = cookie.expires.is_some_and(|expires| expires <= now);
        let position = self.cookies.iter().position(|old| {
            (&old.name, &old.domain, old.host_only, &old.path)
                == (&cookie.name, &cookie.domain, cookie.host_only, &cookie.path)
        });
        match (position, ended) {
            (Some(position), true) => drop(self.cookies.remove(position)),
            (Some(position), false) => self.cookies[position] = cookie,
            (None, true) => {}
            (None, false) => self.cookies.push(cookie),
        }
    }

    /// The header `Cookie` of a request to `place`; `None` if no cookie belongs there.
    pub(super) fn header(
        &self,
        place: Place<'_>,
        origin: Origin,
        now: SystemTime,
    ) -> Option<String> {
        let mut sent: Vec<_> = self
            .visible(place, now)
            .filter(|cookie| goes_with(cookie.same_site, origin))
            .collect();
        if sent.is_empty() {
            return None;
        }
        // The sort is stable, so cookies of equally long paths stay in the order they were set.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = sent
            .iter()
            .map(|cookie| match cookie.name.as_str() {
                "" => cookie.value.clone(),
                name => format!("{name}={}", cookie.value),
            })
            .collect();
        Some(pairs.join("; "))
    }

    /// The cookies that `place` gets, in the order in which they were set.
    pub(super) fn visible<'a>(
        &'a self,
        place: Place<'a>,
        now: SystemTime,
    ) -> impl Iterator<Item = &'a StoredCookie> {
        self.cookies.iter().filter(move |cookie| {
            cookie.expires.is_none_or(|expires| expires > now)
                && (place.secure || !cookie.secure)
                && path_matches(place.path, &cookie.path)
                && match cookie.host_only {
                    true => place.host == cookie.domain,
                    false => domain_matches(place.host, &cookie.domain),
                }
        })
    }

    /// All cookies, those that have ended too.
    pub(super) fn all(&self) -> &[StoredCookie] {
        &self.cookies
    }

    /// Drops the cookies that `unwanted` says.
    pub(super) fn remove(&mut self, unwanted: impl Fn(&StoredCookie) -> bool) {
        self.cookies.retain(|cookie| !unwanted(cookie));
    }

    /// Whether `cookie`, set without TLS, would hide one that was set with it.
    fn overlays_secure_cookie(&self, cookie: &StoredCookie) -> bool {
        self.cookies.iter().any(|old| {
            old.secure
                && old.name == cookie.name
                && (domain_matches(&old.domain, &cookie.domain)
                    || domain_matches(&cookie.domain, &old.domain))
                && path_matches(&cookie.path, &old.path)
        })
    }
}

/// The cookie to keep, if `place` may set it (RFC 6265bis section 5.7).
fn weigh(set: SetCookie, place: Place<'_>) -> Option<StoredCookie> {
    let (domain, host_only) = domain_for(&set.domain, place.host)?;
    if set.secure && !place.secure || set.same_site == Some(SameSite::None) && !set.secure {
        return None;
    }
    let path_is_root = set.path.as_deref() == Some("/");
    // A cookie without a name is sent as its value alone, so the value could pose as a name.
    let shown = if set.name.is_empty() {
        &set.value
    } else {
        &set.name
    };
    let is_prefixed = |prefix: &str| {
        let start = shown.as_bytes().get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let prefixed = is_prefixed("__Secure-") || is_prefixed("__Host-");
    if prefixed && (set.name.is_empty() || !set.secure) {
        return None;
    }
    if is_prefixed("__Host-") && !(host_only && path_is_root) {
        return None;
    }
    Some(StoredCookie {
        path: set
            .path
            .unwrap_or_else(|| default_path(place.path).to_owned()),
        name: set.name,
        value: set.value,
        domain,
        host_only,
        expires: set.expires,
        secure: set.secure,
        http_only: set.http_only,
        same_site: set.same_site,
    })
}

/// The domain under which to keep a cookie, and whether it is for that host alone; `None` if `host`
/// may not set it.
fn domain_for(domain: &str, host: &str) -> Option<(String, bool)> {
    let only_host = Some((host.to_owned(), true));
    if domain.is_empty() {
        return only_host;
    }
    if !domain.is_ascii() {
        return None;
    }
    let is_suffix = !domain.contains('.') || is_address(domain);
    match (is_suffix, domain == host) {
        (true, true) => only_host,
        (true, false) => None,
        (false, _) => domain_matches(host, domain).then(|| (domain.to_owned(), false)),
    }
}

/// Whether `host` is `domain` or below it (section 5.1.3).
fn domain_matches(host: &str, domain: &str) -> bool {
    if host == domain {
        return true;
    }
    let above = host.strip_suffix(domain);
    above.is_some_and(|above| above.ends_with('.')) && !is_address(host)
}

fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// Whether `path` is `cookie_path` or below it (section 5.1.4).
fn path_matches(path: &str, cookie_path: &str) -> bool {
    match path.strip_prefix(cookie_path) {
        Some("") => true,
        Some(rest) => cookie_path.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}

/// The path of a cookie that names none: the folder of the page that set it (section 5.1.4).
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

fn goes_with(same_site: Option<SameSite>, origin: Origin) -> bool {
    match (same_site.unwrap_or(SameSite::Lax), origin) {
        (SameSite::None, _) | (_, Origin::SameSite) => true,
        (SameSite::Lax, origin) => origin == Origin::CrossSiteNavigation,
        (SameSite::Strict, _) => false,
    }
}

#[cfg(test)]
mod tests;
