//! The response that views return and middleware may change.

use std::fmt;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Extensions, StatusCode};
use serde::Serialize;

use super::body::Body;
use super::error::Result;

/// Room for as many headers as most responses have in the end, so that it is not made bit by bit.
const USUAL_HEADERS: usize = 12;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A status, headers and a body.
///
/// ```
/// use plain::http::{Response, StatusCode};
///
/// let response = Response::text("made").with_status(StatusCode::CREATED);
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
/// ```
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
}

impl Response {
    /// A response with `status` and an empty body.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(USUAL_HEADERS),
            extensions: Extensions::new(),
            body: Body::empty(),
        }
    }

    /// 200 with `body`, of the content type `content_type`.
    pub fn bytes(content_type: HeaderValue, body: impl Into<Body>) -> Self {
        let mut response = Self::new(StatusCode::OK);
        response.headers.insert(header::CONTENT_TYPE, content_type);
        response.body = body.into();
        response
    }

    /// 200 with a page of HTML.
    pub fn html(page: impl Into<Body>) -> Self {
        Self::bytes(HTML, page)
    }

    /// 200 with plain text.
    pub fn text(text: impl Into<Body>) -> Self {
        Self::bytes(TEXT, text)
    }

    /// 200 with `value` as JSON.
    ///
    /// # Errors
    ///
    /// 500 if `value` can't be written as JSON (a map whose keys are no texts, say).
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        Ok(Self::bytes(JSON, Bytes::from(serde_json::to_vec(value)?)))
    }

    /// 303 to `location`: the browser fetches it with GET, whatever method led here (RFC 9110
    /// section 15.4.4).
    ///
    /// What a header can't hold (a line break, say) is percent-encoded.
    pub fn redirect(location: impl AsRef<str>) -> Self {
        Self::redirect_with(StatusCode::SEE_OTHER, location)
    }

    /// 308 to `location`, for good: the browser repeats method and body there (RFC 9110 section
    /// 15.4.9).
    pub fn permanent_redirect(location: impl AsRef<str>) -> Self {
        Self::redirect_with(StatusCode::PERMANENT_REDIRECT, location)
    }

    /// A redirect with the `status` of your choice.
    pub fn redirect_with(status: StatusCode, location: impl AsRef<str>) -> Self {
        Self::new(status).with_location(location)
    }

    /// The same response with the header `Location`: where a redirect leads, or, with status 201,
    /// where that which was made stands (RFC 9110 section 15.3.2).
    ///
    /// What a header can't hold (a line break, say) is percent-encoded.
    ///
    /// ```
    /// # use plain::http::{Response, Result, StatusCode};
    /// # fn created() -> Result<Response> {
    /// Ok(Response::json("made")?.with_status(StatusCode::CREATED).with_location("/notes/7"))
    /// # }
    /// # assert_eq!(created().unwrap().header("location"), Some("/notes/7"));
    /// ```
    #[must_use]
    pub fn with_location(self, location: impl AsRef<str>) -> Self {
        self.with_header(header::LOCATION, location_value(location.as_ref()))
    }

    /// 204: done, and nothing to show.
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Changes the status.
    pub fn set_status(&mut self, status: StatusCode) {
        self.status = status;
    }

    /// The same response with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, to change.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The first value of the header `name`, if it is visible ASCII.
    pub fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The same response with the header `name` set to `value`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds the name of a request's header to the header `Vary` unless it is there (RFC 9110
    /// section 12.5.5).
    pub fn vary_on(&mut self, name: &'static str) {
        let listed = self.headers.get_all(header::VARY).iter().any(|value| {
            let mut names = value
                .as_bytes()
                .split(|byte| *byte == b',')
                .map(<[u8]>::trim_ascii);
            names.any(|listed| listed == b"*" || listed.eq_ignore_ascii_case(name.as_bytes()))
        });
        if listed {
            return;
        }
        let present = self.headers.get_all(header::VARY).iter();
        let mut merged: Vec<&[u8]> = present.map(HeaderValue::as_bytes).collect();
        merged.push(name.as_bytes());
        // Valid values and a header's name, joined, hold nothing that a header can't.
        if let Ok(value) = HeaderValue::from_bytes(&merged.join(&b", "[..])) {
            self.headers.insert(header::VARY, value);
        }
    }

    /// The body.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Takes the body out and leaves an empty one.
    pub fn take_body(&mut self) -> Body {
        std::mem::take(&mut self.body)
    }

    /// Puts `body` in place of the body.
    pub fn set_body(&mut self, body: impl Into<Body>) {
        self.body = body.into();
    }

    /// Takes away the body of a response to `HEAD`, which says how long that would have been (RFC
    /// 9110 section 9.3.2), unless it is of a status that has none (section 8.6).
    pub(crate) fn drop_body(&mut self) {
        let length = self.take_body().len().filter(|length| *length > 0);
        let has_none = matches!(
            self.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
        if let (Some(length), false) = (length, has_none || self.status.is_informational()) {
            self.headers
                .entry(header::CONTENT_LENGTH)
                .or_insert_with(|| length.into());
        }
    }

    /// A note of type `T` that an inner part left on the response for an outer one.
    pub fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    /// Leaves a note for an outer part.
    pub fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        self.extensions.insert(value);
    }

    /// The response as the server sends it.
    pub fn into_http(self) -> http::Response<Body> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl fmt::Debug for Response {
    /// Status and size only: headers may set credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {:?})", self.status, self.body)
    }
}

/// Percent-encodes what a header can't hold, and leaves the rest of a URL as it is.
fn location_value(location: &str) -> HeaderValue {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');
    let encoded = utf8_percent_encode(location, UNSAFE).to_string();
    HeaderValue::try_from(encoded).expect("percent-encoded text is visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vary_names_a_header_once_and_keeps_what_is_there() {
        let mut response = Response::text("").with_header(
            header::VARY,
            HeaderValue::from_static("Accept-Encoding, cookie"),
        );
        response.vary_on("Cookie");
        response.vary_on("Accept");
        assert_eq!(
            response.header(header::VARY),
            Some("Accept-Encoding, cookie, Accept")
        );
    }

    #[test]
    fn only_a_head_that_stands_for_a_body_says_its_length() {
        let length = |mut response: Response| {
            response.drop_body();
            assert!(response.body().is_empty());
            response.header(header::CONTENT_LENGTH).map(str::to_owned)
        };
        assert_eq!(length(Response::text("four")).as_deref(), Some("4"));
        for status in [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED] {
            assert_eq!(length(Response::new(status)), None);
            assert_eq!(length(Response::text("four").with_status(status)), None);
        }
    }

    #[test]
    fn a_line_break_in_a_redirect_adds_no_header() {
        let response = Response::redirect("/a\r\nSet-Cookie: x=y");
        assert_eq!(
            response.header(header::LOCATION),
            Some("/a%0D%0ASet-Cookie:%20x=y")
        );
    }
}
