//! The hosts that this application answers for: `ALLOWED_HOSTS`.
//!
//! A name that a stranger chose would otherwise reach links in pages and mails, and caches.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderMap, Uri, header};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::http::{Error, Request, Result};
use crate::settings::{CoreSettings, Problems, Settings, SettingsError, SettingsGroup};

/// The settings of the check of the host that a request names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct HostSettings {
    /// The hosts that requests may name: `example.com` is that host, `.example.com` also all below
    /// it, `10.0.0.0/8` or `[2001:db8::]/32` the addresses of a network, `*` every host. With DEBUG
    /// the names of this machine (`localhost` and all below it, 127.0.0.0/8, `[::1]`) are always
    /// allowed; without, an empty list allows nothing.
    pub allowed_hosts: Vec<String>,
}

impl SettingsGroup for HostSettings {
    fn check(&self, problems: &mut Problems) {
        for pattern in &self.allowed_hosts {
            if let Err(problem) = Pattern::parse(pattern) {
                problems.add("ALLOWED_HOSTS", problem);
            }
        }
    }
}

/// Refuses requests that name another host than `ALLOWED_HOSTS` has.
#[derive(Debug)]
pub(crate) struct HostValidation {
    allowed: Vec<Pattern>,
}

impl HostValidation {
    /// Made from [`HostSettings`] and `DEBUG`.
    ///
    /// # Errors
    ///
    /// If the groups are not declared.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let debug = settings.get::<CoreSettings>()?.debug;
        Ok(Self::build(settings.get::<HostSettings>()?, debug))
    }

    fn build(settings: &HostSettings, debug: bool) -> Self {
        let local: &[&str] = match debug {
            true => &[".localhost", "127.0.0.0/8", "[::1]"],
            false => &[],
        };
        let listed = settings.allowed_hosts.iter().map(String::as_str);
        let all = listed.chain(local.iter().copied());
        // What can't be read was refused when the settings were checked.
        let allowed = all.filter_map(|pattern| Pattern::parse(pattern).ok());
        Self {
            allowed: allowed.collect(),
        }
    }

    /// Holds the host that `request` names against the list.
    ///
    /// # Errors
    ///
    /// 400 if it names no host, two, something that is none (RFC 9110 section 7.2), or one that is
    /// not on the list.
    pub(crate) fn check(&self, request: &Request) -> Result<()> {
        let named = named(request.uri(), request.headers())?;
        let Some(host) = Host::parse(named) else {
            return Err(Error::bad_request(format!(
                "`{}` is no name of a host: see the header Host of the request",
                shown(named)
            )));
        };
        if self.allowed.iter().any(|pattern| pattern.allows(&host)) {
            return Ok(());
        }
        Err(Error::bad_request(format!(
            "the host `{}` is not served here: if it is to be, add it to the setting ALLOWED_HOSTS",
            shown(&host.name)
        )))
    }
}

/// Host and port as the request names them, once or twice alike.
fn named<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str> {
    let mut lines = headers.get_all(header::HOST).iter();
    let (first, second) = (lines.next(), lines.next());
    if second.is_some() {
        return Err(Error::bad_request(
            "the request has more than one header Host",
        ));
    }
    let from_header = match first.map(|value| value.to_str()) {
        Some(Err(_)) => return Err(Error::bad_request("the header Host is not valid")),
        Some(Ok(host)) => Some(host),
        None => None,
    };
    // The authority is where HTTP/2 names the host (RFC 9113 section 8.3.1), and absolute targets.
    match (
        uri.authority().map(|authority| authority.as_str()),
        from_header,
    ) {
        (None, None) => Err(Error::bad_request(
            "the request names no host: send the header Host",
        )),
        (None, Some(host)) | (Some(host), None) => Ok(host),
        (Some(host), Some(other)) if host.eq_ignore_ascii_case(other) => Ok(host),
        (Some(host), Some(other)) => Err(Error::bad_request(format!(
            "the request names two hosts, `{}` and `{}`",
            shown(host),
            shown(other)
        ))),
    }
}

/// As much of what a client sent as an error shows.
fn shown(host: &str) -> &str {
    let end = host
        .char_indices()
        .nth(100)
        .map_or(host.len(), |(at, _)| at);
    &host[..end]
}

/// A host and its port, as they stand in the header `Host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host<'a> {
    /// In lower case, without the dot of the root; an IPv6 address in brackets.
    pub(super) name: Cow<'a, str>,
    pub(super) port: Option<u16>,
}

impl<'a> Host<'a> {
    /// Reads `text`: a name of letters, digits, `-`, `_` and dots, an IPv4 address or an IPv6
    /// address in brackets; then a port, maybe (RFC 3986 section 3.2).
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (name, port) = match text.rfind(':') {
            // A colon within brackets is part of the address.
            Some(colon) if !text[colon..].contains(']') => (&text[..colon], &text[colon + 1..]),
            _ => (text, ""),
        };
        let port = match port {
            "" => None,
            port if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().ok()?),
            _ => return None,
        };
        if let Some(inner) = name.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            let name = format!("[{address}]").into();
            return Some(Self { name, port });
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let name: Cow<'_, str> = match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => name.to_ascii_lowercase().into(),
            false => name.into(),
        };
        is_name(&name).then_some(Self { name, port })
    }

    fn address(&self) -> Option<IpAddr> {
        match self.name.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']')?.parse().ok(),
            None => self.name.parse().ok(),
        }
    }
}

/// RFC 1123 section 2.1, and the underscore that some have.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.len() <= 63 && label.bytes().all(valid)
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// One entry of `ALLOWED_HOSTS`.
#[derive(Debug, PartialEq, Eq)]
enum Pattern {
    Any,
    Name(String),
    /// A domain and all below it, without the dot before it.
    Below(String),
    Network(IpNet),
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(network) = network(text) {
            return Ok(Self::Network(network));
        }
        let (below, name) = match text.strip_prefix('.') {
            Some(name) => (true, name),
            None => (false, text),
        };
        match Host::parse(name) {
            Some(host) if host.port.is_none() && host.address().is_none() => match below {
                true => Ok(Self::Below(host.name.into_owned())),
                false => Ok(Self::Name(host.name.into_owned())),
            },
            _ => Err(refusal(text)),
        }
    }

    fn allows(&self, host: &Host<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Name(name) => host.name == *name,
            Self::Below(domain) => match host.name.strip_suffix(domain.as_str()) {
                Some(above) => above.is_empty() || above.ends_with('.'),
                None => false,
            },
            Self::Network(network) => host
                .address()
                .is_some_and(|address| network.contains(&address)),
        }
    }
}

/// An address or a network, with or without brackets around the address.
fn network(text: &str) -> Option<IpNet> {
    let bare: String = text.chars().filter(|c| !matches!(c, '[' | ']')).collect();
    match bare.parse::<IpAddr>() {
        Ok(address) => Some(address.into()),
        Err(_) => bare.parse().ok(),
    }
}

fn refusal(pattern: &str) -> String {
    let hint = if pattern.contains("://") {
        "write the host without `http://` or `https://`"
    } else if pattern.starts_with("*.") {
        "write `.example.com` for a domain and all below it"
    } else if pattern.contains('/') {
        "write a network as in `10.0.0.0/8`"
    } else {
        "write a host as in `example.com`, without a port"
    };
    format!("holds {pattern:?}, which is no host; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::get;

    fn validation(allowed: &[&str], debug: bool) -> HostValidation {
        let allowed_hosts = allowed.iter().map(|host| (*host).to_owned()).collect();
        let settings = HostSettings { allowed_hosts };
        let mut problems = Problems::default();
        settings.check(&mut problems);
        assert_eq!(problems.iter().count(), 0);
        HostValidation::build(&settings, debug)
    }

    fn refusal_of(validation: &HostValidation, target: &str, hosts: &[&str]) -> Option<String> {
        let request = get(target, hosts.iter().map(|host| ("host", *host)));
        let error = validation.check(&request).err()?;
        assert_eq!(error.status(), 400);
        error.public_message().map(str::to_owned)
    }

    fn allows(allowed: &[&str], host: &str) -> bool {
        refusal_of(&validation(allowed, false), "/", &[host]).is_none()
    }

    #[test]
    fn hosts_are_allowed_by_name_domain_and_network() {
        for (pattern, host, allowed) in [
            ("example.com", "example.com", true),
            ("example.com", "EXAMPLE.com.", true),
            ("example.com", "example.com:8000", true),
            ("example.com", "www.example.com", false),
            ("example.com", "badexample.com", false),
            (".example.com", "example.com", true),
            (".example.com", "a.b.example.com", true),
            (".example.com", "badexample.com", false),
            (".example.com", "example.com.evil.example", false),
            ("10.0.0.0/8", "10.1.2.3:80", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.0.0.0/8", "10.evil.example", false),
            ("10.0.0.7", "10.0.0.7", true),
            ("[2001:db8::]/32", "[2001:DB8:0::1]:80", true),
            ("[2001:db8::/32]", "[2001:db8::1]", true),
            ("[::1]", "[0:0:0:0:0:0:0:1]", true),
            ("*", "anything.example", true),
        ] {
            assert_eq!(allows(&[pattern], host), allowed, "{host} by {pattern}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused_even_where_all_are_allowed() {
        for host in [
            "",
            ":80",
            "a..b",
            ".a",
            "a b",
            "a/b",
            "user@example.com",
            "example.com:port",
            "example.com:99999",
            "example.com:-1",
            "[::1",
            "::1",
            "[::1%25eth0]",
            "[127.0.0.1]",
            "a\"><script>",
            "a%41",
        ] {
            assert!(!allows(&["*"], host), "{host}");
        }
        assert!(!allows(&["*"], &"a".repeat(64)));
        assert!(allows(&["*"], "a_b-c.example"));
        assert!(allows(&["*"], "example.com:"));
    }

    #[test]
    fn without_a_list_only_a_developer_is_served() {
        let debug = validation(&[], true);
        for host in [
            "localhost:8000",
            "shop.localhost",
            "127.0.0.1",
            "127.1.2.3",
            "[::1]:8000",
        ] {
            assert_eq!(refusal_of(&debug, "/", &[host]), None, "{host}");
        }
        assert!(refusal_of(&debug, "/", &["example.com"]).is_some());
        let production = validation(&[], false);
        assert_eq!(
            refusal_of(&production, "/", &["localhost"]).unwrap(),
            "the host `localhost` is not served here: if it is to be, add it to the setting \
             ALLOWED_HOSTS"
        );
    }

    #[test]
    fn a_request_names_one_host() {
        let any = validation(&["*"], false);
        assert_eq!(
            refusal_of(&any, "/", &[]).unwrap(),
            "the request names no host: send the header Host"
        );
        assert_eq!(
            refusal_of(&any, "/", &["a", "b"]).unwrap(),
            "the request has more than one header Host"
        );
        assert_eq!(
            refusal_of(&any, "http://a.example/", &["b.example"]).unwrap(),
            "the request names two hosts, `a.example` and `b.example`"
        );
        assert_eq!(refusal_of(&any, "http://a.example/", &["A.example"]), None);
        assert_eq!(refusal_of(&any, "http://a.example/", &[]), None);
        assert_eq!(
            refusal_of(&any, "/", &["a b"]).unwrap(),
            "`a b` is no name of a host: see the header Host of the request"
        );
    }

    #[test]
    fn an_entry_that_is_no_host_is_a_problem_with_a_hint() {
        let entries = [
            "https://a.example",
            "*.a.example",
            "10.0.0.0/40",
            "a.example:80",
            "",
        ];
        let allowed_hosts = entries.map(str::to_owned).to_vec();
        let mut problems = Problems::default();
        HostSettings { allowed_hosts }.check(&mut problems);
        let texts: Vec<_> = problems.iter().map(|(_, text)| text).collect();
        assert_eq!(
            texts,
            [
                "holds \"https://a.example\", which is no host; write the host without `http://` or `https://`",
                "holds \"*.a.example\", which is no host; write `.example.com` for a domain and all below it",
                "holds \"10.0.0.0/40\", which is no host; write a network as in `10.0.0.0/8`",
                "holds \"a.example:80\", which is no host; write a host as in `example.com`, without a port",
                "holds \"\", which is no host; write a host as in `example.com`, without a port",
            ]
        );
    }
}
