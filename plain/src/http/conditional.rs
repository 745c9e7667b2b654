//! Conditional requests (RFC 9110 section 13): 304 and 412, and by `If-Range` 206 and 416.

use std::ops::Range;
use std::time::SystemTime;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};

use super::range::Part;
use super::request::Request;
use super::response::Response;

impl Response {
    /// Answers the conditions and the range that `request` asks for, by the headers `ETag` and
    /// `Last-Modified` of this response.
    ///
    /// 304 if the client has it already, 412 if it made its request depend on another version, 206
    /// or 416 if it asked for a part. Anything but a 200 is returned as it is.
    ///
    /// ```
    /// # use plain::http::{HeaderValue, Request, Response, Result, header};
    /// async fn get(request: &Request) -> Result<Response> {
    ///     let response = Response::text("the same for everyone")
    ///         .with_header(header::ETAG, HeaderValue::from_static("\"v1\""));
    ///     Ok(response.conditional(request))
    /// }
    /// ```
    #[must_use]
    pub fn conditional(self, request: &Request) -> Self {
        if self.status() != StatusCode::OK {
            return self;
        }
        let version = Version::of(self.headers());
        match version.verdict(request) {
            Verdict::NotModified => return self.not_modified(),
            Verdict::Failed => return self.emptied(StatusCode::PRECONDITION_FAILED),
            Verdict::Send => {}
        }
        // A body that comes from elsewhere piece by piece can't be cut.
        let Some(size) = self.body().as_bytes().map(<[u8]>::len) else {
            return self;
        };
        match version.part(request, size as u64) {
            Part::Whole => self.with_ranges_accepted(),
            Part::Unsatisfiable => self.unsatisfiable(size as u64),
            Part::Slice(range) => {
                let slice = self.body().slice(&range).unwrap_or_default();
                let mut response = self.partial(&range, size as u64);
                response.set_body(slice);
                response
            }
        }
    }

    /// 304 with what a cache needs (RFC 9110 section 15.4.5).
    pub(super) fn not_modified(self) -> Self {
        self.emptied(StatusCode::NOT_MODIFIED)
    }

    /// The response with `status` and without its content.
    pub(super) fn emptied(mut self, status: StatusCode) -> Self {
        for name in ABOUT_CONTENT {
            self.headers_mut().remove(name);
        }
        let _ = self.take_body();
        self.with_status(status)
    }

    pub(super) fn with_ranges_accepted(self) -> Self {
        self.with_header(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"))
    }

    /// 206 for `range` of `size` bytes; the body is still to be set.
    pub(super) fn partial(self, range: &Range<u64>, size: u64) -> Self {
        let last = range.end - 1;
        self.with_ranges_accepted()
            .with_status(StatusCode::PARTIAL_CONTENT)
            .with_content_range(&format!("bytes {}-{last}/{size}", range.start))
    }

    /// 416: nothing of what was asked for is there.
    pub(super) fn unsatisfiable(self, size: u64) -> Self {
        self.emptied(StatusCode::RANGE_NOT_SATISFIABLE)
            .with_content_range(&format!("bytes */{size}"))
    }

    fn with_content_range(self, range: &str) -> Self {
        let value = HeaderValue::try_from(range).expect("a range is digits and ASCII signs");
        self.with_header(header::CONTENT_RANGE, value)
    }
}

/// The headers that speak of the content, which a response without one must not carry.
const ABOUT_CONTENT: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_RANGE,
    header::CONTENT_DISPOSITION,
];

/// What a response is told apart by from other versions of it.
pub(super) struct Version {
    tag: Option<HeaderValue>,
    modified: Option<SystemTime>,
}

/// What becomes of a request by its conditions.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Send,
    NotModified,
    Failed,
}

impl Version {
    /// The version that `headers` of a response describe.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            tag: headers.get(header::ETAG).cloned(),
            modified: date(headers, &header::LAST_MODIFIED),
        }
    }

    fn tag(&self) -> Option<Tag<'_>> {
        Some(Tag::first(self.tag.as_ref()?.as_bytes())?.0)
    }

    /// The order is that of RFC 9110 section 13.2.2.
    pub(super) fn verdict(&self, request: &Request) -> Verdict {
        let headers = request.headers();
        let safe = matches!(*request.method(), Method::GET | Method::HEAD);
        if headers.contains_key(header::IF_MATCH) {
            if !self.listed(headers, &header::IF_MATCH, same_strong) {
                return Verdict::Failed;
            }
        } else if let Some(since) = date(headers, &header::IF_UNMODIFIED_SINCE)
            && self.modified.is_some_and(|modified| modified > since)
        {
            return Verdict::Failed;
        }
        if headers.contains_key(header::IF_NONE_MATCH) {
            return match self.listed(headers, &header::IF_NONE_MATCH, same_weak) {
                false => Verdict::Send,
                true if safe => Verdict::NotModified,
                true => Verdict::Failed,
            };
        }
        match (date(headers, &header::IF_MODIFIED_SINCE), self.modified) {
            (Some(since), Some(modified)) if safe && modified <= since => Verdict::NotModified,
            _ => Verdict::Send,
        }
    }

    /// Whether a list of tags names this version.
    fn listed(
        &self,
        headers: &HeaderMap,
        name: &HeaderName,
        same: fn(&Tag<'_>, &Tag<'_>) -> bool,
    ) -> bool {
        let ours = self.tag();
        let is_ours = |tag: Tag<'_>| ours.as_ref().is_some_and(|ours| same(&tag, ours));
        headers.get_all(name).iter().any(|line| {
            let line = line.as_bytes();
            line.trim_ascii() == b"*" || Tag::all(line).any(is_ours)
        })
    }

    /// The part that `request` asks for of `size` bytes. Several ranges at once, and what is no
    /// range, are answered with the whole, as RFC 9110 section 14.2 allows.
    pub(super) fn part(&self, request: &Request, size: u64) -> Part {
        let headers = request.headers();
        let Some(range) = headers.get(header::RANGE) else {
            return Part::Whole;
        };
        if *request.method() != Method::GET || size == 0 || !self.still_in_range(headers) {
            return Part::Whole;
        }
        range
            .to_str()
            .map_or(Part::Whole, |range| Part::of(range, size))
    }

    /// `If-Range` (RFC 9110 section 13.1.5): a part is of use only beside parts of the same version.
    fn still_in_range(&self, headers: &HeaderMap) -> bool {
        let Some(condition) = headers.get(header::IF_RANGE) else {
            return true;
        };
        match Tag::first(condition.as_bytes()) {
            Some((tag, _)) => self.tag().is_some_and(|ours| same_strong(&tag, &ours)),
            None => {
                let date = date(headers, &header::IF_RANGE);
                date.is_some() && date == self.modified
            }
        }
    }
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// An entity tag (RFC 9110 section 8.8.3).
struct Tag<'a> {
    weak: bool,
    opaque: &'a [u8],
}

impl<'a> Tag<'a> {
    /// The tag at the start of `text`, and what follows it.
    fn first(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let text = text.trim_ascii_start();
        let weak = text.strip_prefix(b"W/");
        let inner = weak.unwrap_or(text).strip_prefix(b"\"")?;
        let end = inner.iter().position(|byte| *byte == b'"')?;
        let tag = Self {
            weak: weak.is_some(),
            opaque: &inner[..end],
        };
        Some((tag, &inner[end + 1..]))
    }

    /// The tags of a list, up to the first thing that is none.
    fn all(text: &'a [u8]) -> impl Iterator<Item = Self> {
        let mut rest = text;
        std::iter::from_fn(move || {
            let (tag, after) = Self::first(rest)?;
            let after = after.trim_ascii_start();
            rest = after.strip_prefix(b",").unwrap_or_default();
            Some(tag)
        })
    }
}

/// The comparisons of RFC 9110 section 8.8.3.2.
fn same_weak(one: &Tag<'_>, other: &Tag<'_>) -> bool {
    one.opaque == other.opaque
}

fn same_strong(one: &Tag<'_>, other: &Tag<'_>) -> bool {
    !one.weak && !other.weak && same_weak(one, other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::request;
    use super::*;

    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn answer_to(method: &str, headers: &[(&str, &str)]) -> Response {
        let response = Response::text("0123456789")
            .with_header(header::ETAG, HeaderValue::from_static("\"v,1\""))
            .with_header(header::LAST_MODIFIED, HeaderValue::from_static(MODIFIED))
            .with_header(header::CACHE_CONTROL, HeaderValue::from_static("private"));
        response.conditional(&request(method, "/", headers.iter().copied(), ""))
    }

    fn status(method: &str, headers: &[(&str, &str)]) -> u16 {
        answer_to(method, headers).status().as_u16()
    }

    #[test]
    fn conditions_are_decided_in_the_order_of_the_standard() {
        for (headers, get, post) in [
            (&[][..], 200, 200),
            (&[("if-none-match", "\"v,1\"")], 304, 412),
            (&[("if-none-match", "\"a\", W/\"v,1\"")], 304, 412),
            (&[("if-none-match", "*")], 304, 412),
            (&[("if-none-match", "\"v\"")], 200, 200),
            (&[("if-none-match", "nonsense")], 200, 200),
            (&[("if-match", "\"v,1\"")], 200, 200),
            (&[("if-match", "*")], 200, 200),
            (&[("if-match", "W/\"v,1\"")], 412, 412),
            (&[("if-match", "\"v\"")], 412, 412),
            (&[("if-modified-since", MODIFIED)], 304, 200),
            (&[("if-modified-since", LATER)], 304, 200),
            (&[("if-modified-since", EARLIER)], 200, 200),
            (&[("if-modified-since", "nonsense")], 200, 200),
            (&[("if-unmodified-since", EARLIER)], 412, 412),
            (&[("if-unmodified-since", MODIFIED)], 200, 200),
            // A tag says more than a date.
            (
                &[("if-none-match", "\"v\""), ("if-modified-since", LATER)],
                200,
                200,
            ),
            (
                &[("if-match", "\"v,1\""), ("if-unmodified-since", EARLIER)],
                200,
                200,
            ),
        ] {
            assert_eq!(status("GET", headers), get, "GET {headers:?}");
            assert_eq!(status("HEAD", headers), get, "HEAD {headers:?}");
            assert_eq!(status("POST", headers), post, "POST {headers:?}");
        }
    }

    #[test]
    fn what_is_not_modified_keeps_the_headers_for_caches_only() {
        let response = answer_to("GET", &[("if-none-match", "\"v,1\"")]);
        assert_eq!(response.header("etag"), Some("\"v,1\""));
        assert_eq!(response.header("cache-control"), Some("private"));
        assert_eq!(response.header("content-type"), None);
        assert!(response.body().is_empty());
    }

    #[test]
    fn one_range_is_cut_out() {
        let response = answer_to("GET", &[("range", "bytes=2-4")]);
        assert_eq!(response.status(), 206);
        assert_eq!(response.header("content-range"), Some("bytes 2-4/10"));
        assert_eq!(response.body().as_bytes(), Some(&b"234"[..]));
    }

    #[test]
    fn a_range_beyond_the_end_is_416_with_the_size() {
        let response = answer_to("GET", &[("range", "bytes=10-")]);
        assert_eq!(response.status(), 416);
        assert_eq!(response.header("content-range"), Some("bytes */10"));
        assert!(response.body().is_empty());
    }

    #[test]
    fn what_is_no_single_range_of_a_get_is_answered_with_the_whole() {
        let response = answer_to("GET", &[("range", "bytes=0-1,3-4")]);
        assert_eq!(response.status(), 200);
        assert_eq!(response.header("accept-ranges"), Some("bytes"));
        assert_eq!(response.body().len(), Some(10));
        assert_eq!(status("HEAD", &[("range", "bytes=0-1")]), 200);
    }

    #[test]
    fn a_part_of_another_version_is_not_sent() {
        let status = |condition| status("GET", &[("range", "bytes=0-1"), ("if-range", condition)]);
        assert_eq!(status("\"v,1\""), 206);
        assert_eq!(status("W/\"v,1\""), 200);
        assert_eq!(status("\"v2\""), 200);
        assert_eq!(status(MODIFIED), 206);
        assert_eq!(status(LATER), 200);
        assert_eq!(status("nonsense"), 200);
    }

    #[test]
    fn only_a_200_is_conditional() {
        let response = Response::text("made").with_status(StatusCode::CREATED);
        let request = request("GET", "/", [("if-none-match", "*")], "");
        assert_eq!(response.conditional(&request).status(), 201);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(range in "(bytes=)?[ -~]{0,30}", tag in "[ -~]{0,30}") {
            let headers = [("range", range.as_str()), ("if-range", tag.as_str())];
            let response = answer_to("GET", &headers);
            prop_assert!([200, 206, 416].contains(&response.status().as_u16()));
            answer_to("GET", &[("if-none-match", tag.as_str()), ("if-match", range.as_str())]);
        }
    }
}
