//! Reading a request's body: once from the connection, under a limit, and remembered.
//!
//! `bytes`, `text`, `json` and forms can be asked for again and in any order. A raw stream and a
//! multipart form pass by once; a form is remembered as what came out of it.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::header;
use http_body::Body as _;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::body::Body;
use super::body_error::{BodyError, LIMIT_OF_SETTING, LIMIT_OF_VIEW};
use super::error::{Error, Result};
use super::form::{FormData, InvalidField};
use super::memory::Share;
use super::request::Request;
use super::settings::HttpSettings;
use crate::costs;

/// The body of a request and what was made of it so far.
pub(super) struct Content {
    source: Mutex<Source>,
    bytes: OnceCell<Result<Bytes, BodyError>>,
    /// What is remembered of it takes so much memory.
    share: Mutex<Share>,
    pub(super) form: OnceCell<Result<FormData, BodyError>>,
}

struct Source {
    body: Option<Body>,
    started: bool,
    /// The limit in bytes that the view set.
    limit: Option<u64>,
}

impl Content {
    pub(super) fn new(body: Body) -> Self {
        Self {
            source: Mutex::new(Source {
                body: Some(body),
                started: false,
                limit: None,
            }),
            bytes: OnceCell::new(),
            share: Mutex::default(),
            form: OnceCell::new(),
        }
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        // Each change to it is one assignment, so a poisoned lock guards as good a value.
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn take(&self) -> Option<Body> {
        let mut source = self.source();
        source.started = true;
        source.body.take()
    }

    /// Starts to read: the body and its limit.
    fn start(&self, settings: &HttpSettings) -> Result<Limited, BodyError> {
        let mut source = self.source();
        let (limit, source_of_limit) = match source.limit {
            Some(limit) => (limit, LIMIT_OF_VIEW),
            None => (settings.request_max_body_size, LIMIT_OF_SETTING),
        };
        if source.started {
            return Err(BodyError::ReadBefore);
        }
        source.started = true;
        // A body whose length is known is refused before a byte of it is read; it stays here for
        // the server, which may read and discard some of it so that the client sees the answer.
        if source.body.as_ref().and_then(Body::len) > Some(limit) {
            return Err(BodyError::TooLarge {
                limit,
                source_of_limit,
            });
        }
        Ok(Limited {
            body: source.body.take().unwrap_or_default(),
            left: limit,
            limit,
            source_of_limit,
            waiting: None,
        })
    }

    /// Starts to read for a part that keeps what it leaves unread here.
    pub(super) fn read(&self, settings: &HttpSettings) -> Result<Reading<'_>, BodyError> {
        Ok(Reading {
            limited: self.start(settings)?,
            content: self,
        })
    }

    /// Keeps the memory that was taken for what is remembered.
    pub(super) fn keep(&self, share: Share) {
        let mut kept = self.share.lock().unwrap_or_else(PoisonError::into_inner);
        kept.merge(share);
    }

    /// The whole body of `request`, whose content this is.
    pub(super) async fn bytes(&self, request: &Request) -> Result<&Bytes, BodyError> {
        let bytes = self.bytes.get_or_init(|| self.collect(request)).await;
        bytes.as_ref().map_err(Clone::clone)
    }

    /// What came of reading the whole body, if that was done before.
    pub(super) fn remembered(&self) -> Option<Result<Bytes, BodyError>> {
        self.bytes.get().cloned()
    }

    async fn collect(&self, request: &Request) -> Result<Bytes, BodyError> {
        let mut reading = self.read(request.limits())?;
        let length = reading.limited.body.len();
        let Some(first) = reading.next().await.transpose()? else {
            return Ok(Bytes::new());
        };
        let mut share = Share::of(request);
        share.take(first.len())?;
        let Some(second) = reading.next().await.transpose()? else {
            self.keep(share);
            return Ok(first);
        };
        // A length that is known is within the limit, or nothing would be read.
        let length = length.and_then(|length| usize::try_from(length).ok());
        let mut whole = BytesMut::with_capacity(length.unwrap_or(first.len() + second.len()));
        whole.extend_from_slice(&first);
        share.take(second.len())?;
        whole.extend_from_slice(&second);
        while let Some(next) = reading.next().await.transpose()? {
            share.take(next.len())?;
            whole.extend_from_slice(&next);
        }
        self.keep(share);
        Ok(whole.freeze())
    }
}

/// The chunks of a body, up to a limit.
struct Limited {
    body: Body,
    limit: u64,
    left: u64,
    source_of_limit: &'static str,
    /// Since when the client is waited for.
    waiting: Option<Instant>,
}

impl Limited {
    /// Bytes that were read before, and kept to their limit then.
    fn remembered(bytes: Bytes) -> Self {
        let size = bytes.len() as u64;
        Self {
            body: Body::from(bytes),
            limit: size,
            left: size,
            source_of_limit: LIMIT_OF_SETTING,
            waiting: None,
        }
    }

    /// Notes how long the client was waited for, if it was.
    fn arrived(&mut self) {
        if let Some(since) = self.waiting.take() {
            costs::add(costs::BODY, since.elapsed());
        }
    }
}

impl Stream for Limited {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Poll::Ready(next) = Pin::new(&mut self.body).poll_frame(cx) else {
                self.waiting.get_or_insert_with(Instant::now);
                return Poll::Pending;
            };
            self.arrived();
            let frame = match next {
                None => return Poll::Ready(None),
                Some(Ok(frame)) => frame,
                Some(Err(cause)) => {
                    return Poll::Ready(Some(Err(BodyError::broken_off(cause))));
                }
            };
            // Trailers are nothing that a view reads.
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            let Some(left) = self.left.checked_sub(chunk.len() as u64) else {
                return Poll::Ready(Some(Err(BodyError::TooLarge {
                    limit: self.limit,
                    source_of_limit: self.source_of_limit,
                })));
            };
            self.left = left;
            if !chunk.is_empty() {
                return Poll::Ready(Some(Ok(chunk)));
            }
        }
    }
}

/// The chunks of a body; what is left unread when this is dropped goes back to the request, where
/// the server finds it.
pub(super) struct Reading<'a> {
    limited: Limited,
    content: &'a Content,
}

impl Stream for Reading<'_> {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.limited).poll_next(cx)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.content.source().body = Some(std::mem::take(&mut self.limited.body));
    }
}

impl Request {
    /// Sets how many bytes of this request's body are read at most, in place of
    /// `REQUEST_MAX_BODY_SIZE`. It holds for what is read afterwards.
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// async fn post(request: &Request) -> Result<Response> {
    ///     request.set_body_limit(500 * 1024 * 1024);
    ///     let form = request.multipart().await?;
    ///     # let _ = form;
    ///     Ok(Response::no_content())
    /// }
    /// ```
    pub fn set_body_limit(&self, bytes: u64) {
        self.content().source().limit = Some(bytes);
    }

    /// The whole body. It is read once and remembered.
    ///
    /// # Errors
    ///
    /// 413 if it is larger than `REQUEST_MAX_BODY_SIZE` or what [`set_body_limit`] says, 400 if it
    /// breaks off, 500 if it was taken as a stream before.
    ///
    /// [`set_body_limit`]: Self::set_body_limit
    pub async fn bytes(&self) -> Result<Bytes> {
        let bytes = self.content().bytes(self).await;
        bytes.cloned().map_err(|error| error.answer())
    }

    /// The whole body as text, whatever its content type.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes), and 400 if it is not UTF-8.
    pub async fn text(&self) -> Result<String> {
        let bytes = self.bytes().await?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(cause) => {
                Err(Error::bad_request("the body of the request is not UTF-8").with_cause(cause))
            }
        }
    }

    /// The body, read as JSON.
    ///
    /// ```
    /// # use plain::http::{Request, Response, Result};
    /// #[derive(serde::Deserialize)]
    /// struct Order { items: Vec<u32> }
    ///
    /// async fn post(request: &Request) -> Result<Response> {
    ///     let order: Order = request.json().await?;
    ///     Ok(Response::text(format!("{} items", order.items.len())))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes); 415 unless the content type is `application/json` or ends
    /// in `+json` (RFC 6839 section 3.1); 400, with field, line and column, and an [`InvalidField`]
    /// as its cause, if it is not JSON of the form of `T` or is nested more than 127 deep.
    pub async fn json<T: DeserializeOwned>(&self) -> Result<T> {
        self.require_type("application/json", |found| {
            found == "application/json" || found.ends_with("+json")
        })
        .map_err(|error| error.answer())?;
        let bytes = self.bytes().await?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            // Where the text is no JSON, line and column say it all.
            let path = Some(error.path().to_string());
            let invalid = InvalidField {
                field: path.filter(|path| error.inner().is_data() && path != "."),
                message: error.inner().to_string(),
            };
            Error::bad_request(format!("the JSON of the request is not valid: {invalid}"))
                .with_cause(invalid)
        })?;
        json.end().map_err(|error| {
            Error::bad_request(format!("the JSON of the request is not valid: {error}"))
        })?;
        Ok(value)
    }

    /// The body as it comes in, chunk by chunk, up to the limit. It can be taken once.
    ///
    /// # Errors
    ///
    /// 413 at once if the body is known to be larger than the limit, and 500 if it was taken
    /// before. The stream itself ends with the errors of [`bytes`](Self::bytes).
    pub fn body_stream(
        &self,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + Unpin + 'static> {
        let limited = match self.content().remembered() {
            None => self.content().start(self.limits()),
            Some(bytes) => bytes.map(Limited::remembered),
        };
        let limited = limited.map_err(|error| error.answer())?;
        Ok(limited.map(|chunk| chunk.map_err(|error| error.answer())))
    }

    /// The media type of the body in lower case, without parameters (RFC 9110 section 8.3.1).
    pub fn content_type(&self) -> Option<String> {
        let value = self.header(header::CONTENT_TYPE)?;
        let media_type = value.split(';').next().unwrap_or_default().trim();
        (!media_type.is_empty()).then(|| media_type.to_ascii_lowercase())
    }

    /// Holds the body's type against `fits`.
    pub(super) fn require_type(
        &self,
        expected: &'static str,
        fits: impl Fn(&str) -> bool,
    ) -> Result<String, BodyError> {
        // Nothing is unpacked, so that nobody can send a little that becomes very much.
        if self.headers().contains_key(header::CONTENT_ENCODING) {
            return Err(BodyError::Compressed);
        }
        match self.content_type() {
            Some(found) if fits(&found) => Ok(found),
            found => Err(BodyError::WrongType { expected, found }),
        }
    }

    /// The limits in force: the application's, or the defaults for a request made without one.
    pub(super) fn limits(&self) -> &HttpSettings {
        static DEFAULTS: std::sync::LazyLock<HttpSettings> =
            std::sync::LazyLock::new(HttpSettings::default);
        self.settings().unwrap_or(&DEFAULTS)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use serde::Deserialize;

    use super::super::testing::{post_chunks, request};
    use super::*;

    const JSON: [(&str, &str); 1] = [("content-type", "application/json; charset=utf-8")];

    #[derive(Debug, Deserialize)]
    #[allow(
        dead_code,
        reason = "what stands in it does not matter, only whether it fits"
    )]
    struct Order {
        items: Vec<u32>,
    }

    async fn json_error(body: impl Into<Body>) -> String {
        let request = request("POST", "/", JSON, body);
        format!("{:?}", request.json::<Order>().await.unwrap_err())
    }

    fn told(error: &Error) -> String {
        let message = error.public_message().unwrap_or("(nothing)");
        format!("{}: {message}", error.status().as_u16())
    }

    #[tokio::test]
    async fn bytes_text_and_json_are_read_once_and_remembered() {
        let request = request("POST", "/", JSON, r#"{"items": [1, 2]}"#);
        assert_eq!(request.json::<Order>().await.unwrap().items, [1, 2]);
        assert_eq!(request.text().await.unwrap(), r#"{"items": [1, 2]}"#);
        assert_eq!(request.bytes().await.unwrap().len(), 17);
        let chunks: Vec<Bytes> = request.body_stream().unwrap().try_collect().await.unwrap();
        assert_eq!(chunks.concat().len(), 17);
    }

    #[tokio::test]
    async fn a_body_in_several_chunks_is_put_together() {
        let request = post_chunks("text/plain", &[b"a", b"", b"bc", b"d"]);
        assert_eq!(request.text().await.unwrap(), "abcd");
    }

    #[tokio::test]
    async fn a_stream_can_be_taken_once() {
        let request = post_chunks("text/plain", &[b"a", b"b"]);
        let chunks: Vec<Bytes> = request.body_stream().unwrap().try_collect().await.unwrap();
        assert_eq!(chunks, ["a", "b"]);
        let error = request.body_stream().err().unwrap();
        assert_eq!(
            format!("{error:?}"),
            "500 Internal Server Error: the body of this request was read before as a stream or a \
             multipart form: read it in one place, or use `bytes()`, which remembers it"
        );
        assert_eq!(request.bytes().await.unwrap_err().status(), 500);
    }

    #[tokio::test]
    async fn a_body_that_is_known_to_be_too_large_is_refused_unread() {
        let request = request("POST", "/", [], vec![0; 10 * 1024 * 1024 + 1]);
        let expected = "413: the body of the request is larger than 10485760 bytes, the limit \
                        that REQUEST_MAX_BODY_SIZE sets";
        assert_eq!(told(&request.bytes().await.unwrap_err()), expected);
        // The same again, not a complaint that it was read before.
        assert_eq!(told(&request.text().await.unwrap_err()), expected);
        let left = request.take_body().unwrap();
        assert_eq!(left.len(), Some(10 * 1024 * 1024 + 1));
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_is_refused_where_it_passes_the_limit() {
        let request = post_chunks("text/plain", &[b"1234", b"5", b"rest"]);
        request.set_body_limit(4);
        assert_eq!(
            told(&request.bytes().await.unwrap_err()),
            "413: the body of the request is larger than 4 bytes, the limit that this page sets"
        );
        let mut left = Limited {
            body: request.take_body().unwrap(),
            limit: 100,
            left: 100,
            source_of_limit: "",
            waiting: None,
        };
        assert_eq!(left.next().await.unwrap().unwrap(), "rest");
    }

    #[tokio::test]
    async fn a_view_may_read_more_than_the_setting_allows() {
        let request = request("POST", "/", [], vec![0; 11 * 1024 * 1024]);
        request.set_body_limit(11 * 1024 * 1024);
        assert_eq!(request.bytes().await.unwrap().len(), 11 * 1024 * 1024);
    }

    #[tokio::test]
    async fn a_connection_that_ends_early_is_a_bad_request_with_its_cause() {
        let chunks = [Ok(Bytes::from("a")), Err(std::io::Error::other("reset"))];
        let body = Body::stream(futures_util::stream::iter(chunks));
        let error = request("POST", "/", [], body).bytes().await.unwrap_err();
        assert_eq!(
            format!("{error:?}"),
            "400 Bad Request: the connection ended before the body of the request was complete: \
             reset"
        );
    }

    #[tokio::test]
    async fn json_that_does_not_fit_is_refused_with_its_place() {
        insta::assert_snapshot!(json_error("{\n\"items\": [1, \"x\"]}").await, @r#"400 Bad Request: the JSON of the request is not valid: `items[1]`: invalid type: string "x", expected u32 at line 2 column 16"#);
        insta::assert_snapshot!(json_error("{}").await, @"400 Bad Request: the JSON of the request is not valid: missing field `items` at line 1 column 2");
        insta::assert_snapshot!(json_error("{\"items\": []} x").await, @"400 Bad Request: the JSON of the request is not valid: trailing characters at line 1 column 15");
        insta::assert_snapshot!(json_error("").await, @"400 Bad Request: the JSON of the request is not valid: EOF while parsing a value at line 1 column 0");
        insta::assert_snapshot!(json_error(b"{\"items\": \"\xff\"}".to_vec()).await, @"400 Bad Request: the JSON of the request is not valid: invalid unicode code point at line 1 column 12");
    }

    #[tokio::test]
    async fn json_that_is_nested_too_deep_is_refused() {
        let deep = "[".repeat(100_000);
        let request = request("POST", "/", JSON, deep);
        let error = request.json::<serde_json::Value>().await.unwrap_err();
        assert_eq!(
            told(&error),
            "400: the JSON of the request is not valid: recursion limit exceeded at line 1 column 128"
        );
    }

    #[tokio::test]
    async fn a_body_of_another_type_is_refused_with_the_one_expected() {
        let form = [("content-type", "text/plain")];
        let error = request("POST", "/", form, "{}")
            .json::<Order>()
            .await
            .unwrap_err();
        assert_eq!(
            told(&error),
            "415: this page reads a body of type application/json, not text/plain: change the \
             header Content-Type and the body to match"
        );
        assert_eq!(error.headers()["accept"], "application/json");
        let error = request("POST", "/", [], "{}")
            .json::<Order>()
            .await
            .unwrap_err();
        assert_eq!(
            told(&error),
            "415: this page reads a body of type application/json, and the request names none: \
             send it in the header Content-Type"
        );
    }

    #[tokio::test]
    async fn text_that_is_not_utf8_is_refused() {
        let error = request("POST", "/", [], vec![0xff])
            .text()
            .await
            .unwrap_err();
        assert_eq!(told(&error), "400: the body of the request is not UTF-8");
    }
}
