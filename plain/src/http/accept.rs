//! What the client would like to be answered with: the header `Accept` (RFC 9110 section 12.5.1).

use http::header;

use super::request::Request;

impl Request {
    /// Whether the client takes a response of `media_type`. One that does not say takes all.
    pub fn accepts(&self, media_type: &str) -> bool {
        self.preferred(&[media_type]).is_some()
    }

    /// The one of `offered` that the client likes best, or `None` if it takes none of them.
    ///
    /// Of those that it likes alike, the first in `offered` wins; so list your favourite first.
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// async fn get(request: &Request) -> Result<Response> {
    ///     match request.preferred(&["text/html", "application/json"]) {
    ///         Some("application/json") => Response::json(&["a", "b"]),
    ///         _ => Ok(Response::html("<ul><li>a<li>b</ul>")),
    ///     }
    /// }
    /// ```
    pub fn preferred<'o>(&self, offered: &[&'o str]) -> Option<&'o str> {
        let headers = self.headers().get_all(header::ACCEPT).iter();
        let lines: Vec<&str> = headers.filter_map(|line| line.to_str().ok()).collect();
        let ranges: Vec<Range<'_>> = lines
            .iter()
            .flat_map(|line| split(line, ','))
            .filter_map(Range::parse)
            .collect();
        if ranges.is_empty() {
            return offered.first().copied();
        }
        let liked = offered
            .iter()
            .map(|offer| (quality(&ranges, offer), *offer));
        // `max_by_key` returns the last of equals, hence the reversal.
        let best = liked.rev().max_by_key(|(quality, _)| *quality)?;
        (best.0 > 0).then_some(best.1)
    }
}

/// One member of `Accept`, such as `text/*;q=0.5`.
struct Range<'a> {
    main: &'a str,
    sub: &'a str,
    /// Parameters that the offer must have too.
    parameters: Vec<(&'a str, &'a str)>,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut pieces = split(text, ';');
        let (main, sub) = pieces.next()?.split_once('/')?;
        if main.is_empty() || sub.is_empty() || (main == "*" && sub != "*") {
            return None;
        }
        let mut parameters = Vec::new();
        let mut quality = 1000;
        for parameter in pieces.filter(|piece| !piece.is_empty()) {
            let (name, value) = parameter.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("q") {
                quality = thousandths(value.trim())?;
                // What follows the quality is an extension that nobody uses.
                break;
            }
            parameters.push((name.trim(), value.trim()));
        }
        Some(Self {
            main,
            sub,
            parameters,
            quality,
        })
    }

    /// How closely this describes `offer`; `None` if it does not.
    fn closeness(&self, offer: &Range<'_>) -> Option<usize> {
        if self.main == "*" {
            return Some(0);
        }
        if !self.main.eq_ignore_ascii_case(offer.main) {
            return None;
        }
        if self.sub == "*" {
            return Some(1);
        }
        let named = self.sub.eq_ignore_ascii_case(offer.sub);
        let has = |(name, value): &(&str, &str)| {
            let mut all = offer.parameters.iter();
            all.any(|(n, v)| n.eq_ignore_ascii_case(name) && v.eq_ignore_ascii_case(value))
        };
        (named && self.parameters.iter().all(has)).then(|| 2 + self.parameters.len())
    }
}

/// The quality that the closest range gives to `offer`; 0 is "not at all".
fn quality(ranges: &[Range<'_>], offer: &str) -> u16 {
    let Some(offer) = Range::parse(offer) else {
        return 0;
    };
    let fitting = ranges
        .iter()
        .filter_map(|range| Some((range.closeness(&offer)?, range.quality)));
    let closest = fitting.max_by_key(|(closeness, _)| *closeness);
    closest.map_or(0, |(_, quality)| quality)
}

/// A weight as RFC 9110 section 12.4.2 writes it, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" if digits => Some(decimals),
        "1" if digits && decimals == 0 => Some(1000),
        _ => None,
    }
}

/// Splits at `separator` outside of quotes, and trims.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        !quoted && c == separator
    })
    .map(str::trim)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::get;

    fn preferred(accept: &str, offered: &[&'static str]) -> Option<&'static str> {
        get("/", [("accept", accept)]).preferred(offered)
    }

    const BOTH: [&str; 2] = ["text/html", "application/json"];

    #[test]
    fn the_client_chooses_and_among_equals_the_server() {
        for (accept, expected) in [
            ("application/json", Some("application/json")),
            ("text/html, application/json", Some("text/html")),
            (
                "text/html;q=0.5, application/json;q=0.6",
                Some("application/json"),
            ),
            ("text/html;q=0.5, */*;q=0.1", Some("text/html")),
            ("text/*;q=0, */*", Some("application/json")),
            ("*/*", Some("text/html")),
            ("TEXT/HTML", Some("text/html")),
            ("image/png", None),
            ("text/html;q=0", None),
            (
                "text/html ; q=0.8 , application/json; q=0.9",
                Some("application/json"),
            ),
            // A browser's own.
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
                Some("text/html"),
            ),
        ] {
            assert_eq!(preferred(accept, &BOTH), expected, "{accept}");
        }
    }

    #[test]
    fn the_closest_range_decides() {
        let accept = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5";
        let plain = ["image/png", "text/html", "text/plain"];
        assert_eq!(preferred(accept, &plain), Some("text/plain"));
        assert_eq!(
            preferred(accept, &["text/html", "image/png"]),
            Some("image/png")
        );
        let flowed = ["text/plain", "text/plain;format=flowed"];
        assert_eq!(preferred(accept, &flowed), Some("text/plain;format=flowed"));
    }

    #[test]
    fn who_does_not_say_takes_all() {
        assert_eq!(get("/", []).preferred(&BOTH), Some("text/html"));
        assert_eq!(preferred("", &BOTH), Some("text/html"));
        assert_eq!(preferred("nonsense", &BOTH), Some("text/html"));
        assert!(get("/", []).accepts("image/png"));
    }

    #[test]
    fn a_weight_out_of_its_grammar_makes_the_range_void() {
        for bad in ["1.5", "-1", "0.1234", "NaN", "1e0", ""] {
            let accept = format!("text/html;q={bad}, application/json;q=0.001");
            assert_eq!(preferred(&accept, &BOTH), Some("application/json"), "{bad}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        let request = get(
            "/",
            [
                ("accept", "text/html;q=0.1"),
                ("accept", "application/json"),
            ],
        );
        assert_eq!(request.preferred(&BOTH), Some("application/json"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(accept in "[ -~]{0,60}") {
            let _ = get("/", [("accept", accept.as_str())]).preferred(&BOTH);
        }
    }
}
