//! Who the client is when proxies stand between: believed of trusted proxies only.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::http::{Connection, Request, Result, Scheme};
use crate::settings::{Problems, Settings, SettingsError, SettingsGroup};

/// The settings of an application behind proxies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct ProxySettings {
    /// The addresses and networks of the proxies in front of this application, as in `10.0.0.7` or
    /// `10.0.0.0/8`; `unix` for those that connect over a Unix socket. What others say of the client
    /// is not believed.
    pub trusted_proxies: Vec<String>,
    /// The header in which the trusted proxies name the client. They must remove it from what
    /// clients send, or add to its end.
    pub forwarded_header: ForwardedHeader,
    /// The header, with its value, by which the trusted proxies say that the client came over
    /// HTTPS; "" for none. With `FORWARDED_HEADER = "Forwarded"` that header says it.
    pub https_proxy_header: String,
    /// The header in which the trusted proxies give a request its id, which then stands on all its
    /// lines in the log; "" for none. Of others, and without it, the server makes one.
    pub request_id_header: String,
}

/// Which header names the client.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// The addresses of the client and of the proxies in turn, separated by commas.
    #[default]
    #[serde(rename = "X-Forwarded-For")]
    XForwardedFor,
    /// The standard one (RFC 7239).
    Forwarded,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            https_proxy_header: "X-Forwarded-Proto: https".to_owned(),
            request_id_header: "X-Request-ID".to_owned(),
        }
    }
}

impl SettingsGroup for ProxySettings {
    fn check(&self, problems: &mut Problems) {
        for proxy in &self.trusted_proxies {
            if Proxy::parse(proxy).is_none() {
                let problem = format!(
                    "holds {proxy:?}; write an address as in `10.0.0.7`, a network as in `10.0.0.0/8`, or `unix`"
                );
                problems.add("TRUSTED_PROXIES", problem);
            }
        }
        if !self.https_proxy_header.is_empty() && https_header(&self.https_proxy_header).is_none() {
            problems.add(
                "HTTPS_PROXY_HEADER",
                "is no header with its value; write it as in `X-Forwarded-Proto: https`",
            );
        }
        let id = &self.request_id_header;
        if !id.is_empty() && HeaderName::try_from(id).is_err() {
            problems.add(
                "REQUEST_ID_HEADER",
                "is no name of a header; write it as in `X-Request-ID`",
            );
        }
    }
}

/// Finds the client's address and scheme behind trusted proxies.
#[derive(Debug)]
pub(crate) struct TrustedProxies {
    proxies: Vec<Proxy>,
    forwarded: ForwardedHeader,
    https: Option<(HeaderName, String)>,
    id: Option<HeaderName>,
}

impl TrustedProxies {
    /// Made from [`ProxySettings`].
    ///
    /// # Errors
    ///
    /// If the group is not declared.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self::build(settings.get()?))
    }

    fn build(settings: &ProxySettings) -> Self {
        // What can't be read was refused when the settings were checked.
        let proxies = settings.trusted_proxies.iter();
        Self {
            proxies: proxies.filter_map(|proxy| Proxy::parse(proxy)).collect(),
            forwarded: settings.forwarded_header,
            https: https_header(&settings.https_proxy_header),
            id: HeaderName::try_from(&settings.request_id_header).ok(),
        }
    }

    /// The id that a trusted proxy gave the request with `headers`, if it can stand in a log as it is.
    pub(crate) fn request_id(
        &self,
        headers: &HeaderMap,
        connection: Connection,
    ) -> Option<HeaderValue> {
        let mut ids = headers.get_all(self.id.as_ref()?).iter();
        // Of several nobody knows which is the proxy's.
        let (id, None) = (ids.next()?, ids.next()) else {
            return None;
        };
        let peer = connection.peer.map(|peer| peer.ip().to_canonical());
        (is_id(id.as_bytes()) && self.trusts(peer)).then(|| id.clone())
    }

    /// Sets the client of `request` to what trusted proxies say: the nearest address on the way to
    /// them that is none of theirs, and the scheme that was spoken there.
    pub(crate) fn apply(&self, request: &mut Request) {
        let connection = request.connection();
        let peer = connection.peer.map(|peer| peer.ip().to_canonical());
        if !self.trusts(peer) {
            return;
        }
        let headers = request.headers();
        let (way, https) = match self.forwarded {
            ForwardedHeader::XForwardedFor => {
                let way = self.follow(peer, addresses(headers));
                let https = self.https(headers, way.passed);
                (way, https)
            }
            ForwardedHeader::Forwarded => {
                let mut way = self.follow(peer, forwarded(headers));
                let scheme = way.scheme.take();
                (way, scheme.map(|it| it.eq_ignore_ascii_case("https")))
            }
        };
        let scheme = match https {
            Some(true) => Scheme::Https,
            Some(false) => Scheme::Http,
            None => connection.scheme,
        };
        request.set_client(way.client, scheme);
    }

    /// Goes from `peer` along `hops` (nearest first) to the client.
    fn follow(&self, peer: Option<IpAddr>, hops: impl Iterator<Item = Hop>) -> Way {
        let mut way = Way {
            client: peer,
            passed: 0,
            scheme: None,
        };
        for hop in hops {
            way.passed += 1;
            way.scheme = hop.scheme;
            // Beyond an address that is not told, nothing can be believed.
            let Some(address) = hop.address else {
                break;
            };
            way.client = Some(address);
            if !self.trusts(way.client) {
                break;
            }
        }
        way
    }

    fn trusts(&self, address: Option<IpAddr>) -> bool {
        self.proxies.iter().any(|proxy| match (proxy, address) {
            (Proxy::Unix, None) => true,
            (Proxy::Network(network), Some(address)) => network.contains(&address),
            _ => false,
        })
    }

    /// What the header of `HTTPS_PROXY_HEADER` says; `None` if it is not there.
    ///
    /// Where each proxy added a value, it is that of the one that the client reached.
    fn https(&self, headers: &HeaderMap, passed: usize) -> Option<bool> {
        let (name, expected) = self.https.as_ref()?;
        let value = members(headers, name).take(passed.max(1)).last()?;
        Some(value.eq_ignore_ascii_case(expected))
    }
}

/// One entry of `TRUSTED_PROXIES`.
#[derive(Debug)]
enum Proxy {
    Unix,
    Network(IpNet),
}

impl Proxy {
    fn parse(text: &str) -> Option<Self> {
        if text == "unix" {
            return Some(Self::Unix);
        }
        match text.parse::<IpAddr>() {
            Ok(address) => Some(Self::Network(address.into())),
            Err(_) => text.parse().ok().map(Self::Network),
        }
    }
}

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The longest id of a request that is taken over, in bytes.
const LONGEST_ID: usize = 128;

/// Whether a request can have this id: the signs are those of the ids that proxies make, and none
/// means anything in a line of a log.
fn is_id(id: &[u8]) -> bool {
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:=;+/@".contains(byte);
    (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(is_sign)
}

/// Reads `Name: value`.
fn https_header(text: &str) -> Option<(HeaderName, String)> {
    let (name, value) = text.split_once(':')?;
    let value = value.trim();
    let name = HeaderName::try_from(name.trim()).ok()?;
    (!value.is_empty()).then(|| (name, value.to_owned()))
}

/// One step on the way from the client, as a proxy tells it.
#[derive(Debug, Default)]
struct Hop {
    /// `None` if it is not told or can't be read.
    address: Option<IpAddr>,
    scheme: Option<String>,
}

/// The way to the client.
struct Way {
    client: Option<IpAddr>,
    /// How many steps lead to it.
    passed: usize,
    /// What the last of them says of the scheme.
    scheme: Option<String>,
}

/// The lines of a header, last first.
///
/// One that is no text is a line that says nothing, so that it hides what stands before it.
fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().rev();
    lines.map(|line| line.to_str().unwrap_or(""))
}

/// The members of a list that may stand in several lines, last first.
fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    lines(headers, name)
        .flat_map(|line| line.rsplit(','))
        .map(str::trim)
}

/// Splits outside of quotes. A quote that is never closed is none: a client could send one to hide
/// what its proxy adds after it.
fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let closed = text.matches('"').count().is_multiple_of(2);
    let mut quoted = false;
    let pieces = text.split(|c| {
        quoted ^= closed && c == '"';
        !quoted && c == separator
    });
    pieces.collect()
}

/// `X-Forwarded-For`, nearest first.
fn addresses(headers: &HeaderMap) -> impl Iterator<Item = Hop> {
    members(headers, &X_FORWARDED_FOR).map(|text| Hop {
        address: address(text),
        scheme: None,
    })
}

/// `Forwarded` (RFC 7239 section 4), nearest first.
fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Hop> {
    let lines = lines(headers, &header::FORWARDED);
    let hops = lines.flat_map(|line| outside_quotes(line, ',').into_iter().rev());
    hops.map(|element| {
        let mut hop = Hop::default();
        for pair in outside_quotes(element, ';') {
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop.address = address(value),
                "proto" => hop.scheme = Some(value.to_owned()),
                _ => {}
            }
        }
        hop
    })
}

/// An address, with or without a port; IPv6 with a port in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        // One colon separates a port; more of them are an IPv6 address.
        None if text.bytes().filter(|byte| *byte == b':').count() == 1 => text.split_once(':')?.0,
        None => text,
    };
    bare.parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::testing::get;
    use crate::http::{Body, Connection};
    use crate::services::Services;

    fn proxies(trusted: &[&str], forwarded_header: ForwardedHeader) -> TrustedProxies {
        let settings = ProxySettings {
            trusted_proxies: trusted.iter().map(|proxy| (*proxy).to_owned()).collect(),
            forwarded_header,
            ..ProxySettings::default()
        };
        let mut problems = Problems::default();
        settings.check(&mut problems);
        assert_eq!(problems.iter().count(), 0);
        TrustedProxies::build(&settings)
    }

    /// The client behind `peer`, by X-Forwarded headers.
    fn client(peer: &str, headers: &[(&str, &str)]) -> (String, Scheme) {
        of(
            &proxies(&["10.0.0.0/8", "::1"], ForwardedHeader::XForwardedFor),
            peer,
            headers,
        )
    }

    /// The same by the standard header.
    fn standard(peer: &str, value: &str) -> (String, Scheme) {
        let proxies = proxies(&["10.0.0.0/8"], ForwardedHeader::Forwarded);
        of(
            &proxies,
            peer,
            &[("forwarded", value), ("x-forwarded-for", "6.6.6.6")],
        )
    }

    fn of(proxies: &TrustedProxies, peer: &str, headers: &[(&str, &str)]) -> (String, Scheme) {
        let mut builder = http::Request::builder();
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let connection = Connection {
            peer: Some(std::net::SocketAddr::new(peer.parse().unwrap(), 4000)),
            scheme: Scheme::Http,
        };
        let request = builder.body(Body::empty()).unwrap();
        let mut request = Request::new(request, connection, Services::default());
        proxies.apply(&mut request);
        (
            request.client_address().unwrap().to_string(),
            request.scheme(),
        )
    }

    fn http(address: &str) -> (String, Scheme) {
        (address.to_owned(), Scheme::Http)
    }

    fn https(address: &str) -> (String, Scheme) {
        (address.to_owned(), Scheme::Https)
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let said = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(client("9.9.9.9", &said), http("9.9.9.9"));
        assert_eq!(
            standard("9.9.9.9", "for=1.1.1.1;proto=https"),
            http("9.9.9.9")
        );
    }

    #[test]
    fn the_client_is_the_nearest_address_that_is_no_proxy() {
        for (said, expected) in [
            ("1.1.1.1", "1.1.1.1"),
            ("6.6.6.6, 1.1.1.1", "1.1.1.1"),
            ("6.6.6.6, 1.1.1.1, 10.2.2.2", "1.1.1.1"),
            ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
            ("1.1.1.1:4711", "1.1.1.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:1.1.1.1", "1.1.1.1"),
            ("6.6.6.6, unknown, 10.2.2.2", "10.2.2.2"),
            ("6.6.6.6, ", "10.0.0.1"),
            ("\", 1.1.1.1", "1.1.1.1"),
            ("nonsense", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(
                client("10.0.0.1", &[("x-forwarded-for", said)]),
                http(expected),
                "{said}"
            );
        }
        assert_eq!(client("10.0.0.1", &[]), http("10.0.0.1"));
        assert_eq!(
            client("::ffff:10.0.0.1", &[("x-forwarded-for", "1.1.1.1")]),
            http("1.1.1.1")
        );
    }

    #[test]
    fn several_lines_are_one_list() {
        let said = [
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "1.1.1.1, 10.2.2.2"),
        ];
        assert_eq!(client("10.0.0.1", &said), http("1.1.1.1"));
    }

    #[test]
    fn the_scheme_is_the_one_that_the_client_spoke() {
        let scheme = |addresses, said| {
            client(
                "10.0.0.1",
                &[("x-forwarded-for", addresses), ("x-forwarded-proto", said)],
            )
        };
        assert_eq!(scheme("1.1.1.1", "https"), https("1.1.1.1"));
        assert_eq!(scheme("1.1.1.1", "HTTPS"), https("1.1.1.1"));
        assert_eq!(scheme("1.1.1.1", "http"), http("1.1.1.1"));
        // Two proxies that each added what they saw, and one that said it for both.
        assert_eq!(scheme("1.1.1.1, 10.2.2.2", "https, http"), https("1.1.1.1"));
        assert_eq!(scheme("1.1.1.1, 10.2.2.2", "https"), https("1.1.1.1"));
        // What the client itself claims stands further left.
        assert_eq!(scheme("6.6.6.6, 1.1.1.1", "https, http"), http("1.1.1.1"));
        assert_eq!(
            client("10.0.0.1", &[("x-forwarded-proto", "https")]),
            https("10.0.0.1")
        );
    }

    #[test]
    fn the_standard_header_is_read_alone_where_it_is_chosen() {
        for (said, expected) in [
            ("for=1.1.1.1;proto=https", https("1.1.1.1")),
            (
                "For=\"[2001:db8::1]:80\"; Proto=https; by=10.0.0.1",
                https("2001:db8::1"),
            ),
            ("for=6.6.6.6;proto=https, for=1.1.1.1", http("1.1.1.1")),
            (
                "for=1.1.1.1;proto=https, for=10.2.2.2;proto=http",
                https("1.1.1.1"),
            ),
            ("for=_hidden;proto=https, for=10.2.2.2", https("10.2.2.2")),
            ("for=\"1.1.1.1,for=6.6.6.6\"", http("10.0.0.1")),
            ("proto=https", https("10.0.0.1")),
            ("\", for=\"[2001:db8::1]\"", http("2001:db8::1")),
            ("", http("10.0.0.1")),
        ] {
            assert_eq!(standard("10.0.0.1", said), expected, "{said}");
        }
    }

    #[test]
    fn a_proxy_may_connect_over_a_unix_socket() {
        let mut request = get("/", [("x-forwarded-for", "1.1.1.1")]);
        proxies(&["unix"], ForwardedHeader::XForwardedFor).apply(&mut request);
        assert_eq!(request.client_address(), Some(IpAddr::from([1, 1, 1, 1])));
        let mut request = get("/", [("x-forwarded-for", "1.1.1.1")]);
        proxies(&["0.0.0.0/0"], ForwardedHeader::XForwardedFor).apply(&mut request);
        assert_eq!(request.client_address(), None);
    }

    #[test]
    fn settings_that_can_not_be_read_are_problems() {
        let settings = ProxySettings {
            trusted_proxies: vec!["proxy.example".into(), "10.0.0.0/33".into()],
            https_proxy_header: "X-Forwarded-Proto".into(),
            ..ProxySettings::default()
        };
        let mut problems = Problems::default();
        settings.check(&mut problems);
        let texts: Vec<_> = problems.iter().map(|(_, text)| text).collect();
        assert_eq!(
            texts,
            [
                "holds \"proxy.example\"; write an address as in `10.0.0.7`, a network as in `10.0.0.0/8`, or `unix`",
                "holds \"10.0.0.0/33\"; write an address as in `10.0.0.7`, a network as in `10.0.0.0/8`, or `unix`",
                "is no header with its value; write it as in `X-Forwarded-Proto: https`",
            ]
        );
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(text in "[ -~]{0,60}") {
            client("10.0.0.1", &[("x-forwarded-for", text.as_str()), ("x-forwarded-proto", text.as_str())]);
            standard("10.0.0.1", &text);
        }
    }
}
