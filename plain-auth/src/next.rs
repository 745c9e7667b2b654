//! Where a visitor goes after signing in: a page of this site, whatever the link says.

use percent_encoding::percent_decode_str;
use plain::http::Request;

/// The name of the value in the query that says where to go.
pub(crate) const NAME: &str = "next";

/// More than any address of a page has.
const MOST_BYTES: usize = 2_000;

/// How often a path may be decoded on its way, by proxies and frameworks.
const DECODINGS: usize = 3;

/// The page that the query of `request` asks to go on to, if it is one of this site.
pub(crate) fn next(request: &Request) -> Option<String> {
    let values = request.query_values(NAME);
    let next = values.last()?.to_string();
    is_safe(&next).then_some(next)
}

/// Whether a redirect to `target` stays on this site, in every browser and behind every proxy.
///
/// It must be a path: one slash, not two; only visible ASCII, since browsers drop tabs and line
/// breaks and take a backslash for a slash (WHATWG URL standard, section 4.4); no empty or dotted
/// segment. That also holds for what the path becomes when it is decoded, once or more.
pub(crate) fn is_safe(target: &str) -> bool {
    if target.len() > MOST_BYTES || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    let end = target.find(['?', '#']).unwrap_or(target.len());
    let (path, rest) = target.split_at(end);
    if rest.contains('\\') {
        return false;
    }
    let mut path = path.to_owned();
    for _ in 0..DECODINGS {
        if !is_plain_path(&path) {
            return false;
        }
        let Ok(decoded) = percent_decode_str(&path).decode_utf8() else {
            return false;
        };
        if decoded == path {
            return true;
        }
        path = decoded.into_owned();
    }
    // Encoded again and again: nobody links like that.
    false
}

fn is_plain_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let plain = |c: char| !c.is_control() && c != '\\';
    let mut segments = rest.split('/').peekable();
    if !rest.chars().all(plain) {
        return false;
    }
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        let empty = segment.is_empty() && !last;
        if empty || segment == "." || segment == ".." {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_of_this_site_are_gone_on_to() {
        for good in [
            "/",
            "/cart",
            "/cart/",
            "/orders/7?tab=items#top",
            "/search?q=https://elsewhere.example//x",
            "/caf%C3%A9/a%20b",
            "/users/me@example.com",
            "/a:b/javascript:x",
            "/100%25",
        ] {
            assert!(is_safe(good), "{good:?}");
        }
    }

    #[test]
    fn nothing_leads_elsewhere() {
        for forged in [
            "",
            "cart",
            "?next=/",
            "#top",
            "//elsewhere.example",
            "///elsewhere.example",
            "////elsewhere.example",
            "/\\elsewhere.example",
            "\\/elsewhere.example",
            "\\\\elsewhere.example",
            "/\t/elsewhere.example",
            "/\n/elsewhere.example",
            "/\r\nSet-Cookie: a=b",
            "\t//elsewhere.example",
            " //elsewhere.example",
            "/ /elsewhere.example",
            "/\0/elsewhere.example",
            "\u{0}/cart",
            "\u{1}/cart",
            "/\u{7f}",
            "https://elsewhere.example",
            "https:elsewhere.example",
            "https:/elsewhere.example",
            "HTTPS://elsewhere.example",
            "javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "elsewhere.example",
            "@elsewhere.example",
            ":80",
            "/%2F/elsewhere.example",
            "/%2Felsewhere.example",
            "/%2felsewhere.example",
            "%2F%2Felsewhere.example",
            "/%5Celsewhere.example",
            "/%5c%5celsewhere.example",
            "/%252Felsewhere.example",
            "/%25252Felsewhere.example",
            "/%25252525252Felsewhere.example",
            "/%09/elsewhere.example",
            "/%0d%0aLocation:%20//elsewhere.example",
            "/%00",
            "/%ff",
            "/./elsewhere.example",
            "/..//elsewhere.example",
            "/../elsewhere.example",
            "/%2e%2e//elsewhere.example",
            "/a//elsewhere.example",
            "/a/..//elsewhere.example",
            "/a?b\\c",
            "/\u{ff0f}elsewhere.example",
            "/\u{2028}/elsewhere.example",
            "/\u{202e}elpmaxe",
            "/caf\u{e9}",
        ] {
            assert!(!is_safe(forged), "{forged:?}");
        }
        assert!(!is_safe(&format!("/{}", "a".repeat(MOST_BYTES))));
    }

    proptest! {
        #[test]
        fn what_is_safe_begins_with_one_slash(target in "[/\\\\%2f5cF.a?#\t ]{0,12}") {
            if is_safe(&target) {
                prop_assert!(target.starts_with('/'));
                prop_assert!(!target.starts_with("//") && !target.contains('\\'));
            }
        }
    }
}
