//! Server-sent events (HTML standard, section 9.2).

use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;
use tokio::time::{Instant, Sleep};

use super::body::{Body, BoxError};
use super::error::Result;
use super::response::Response;

/// After so much silence a comment is sent, as the standard advises: proxies cut connections on
/// which nothing moves.
const SILENCE: Duration = Duration::from_secs(15);

/// One event of a stream that a browser's `EventSource` reads.
///
/// ```
/// use plain::http::Event;
///
/// let event = Event::new("two\nlines").with_name("order").with_id("7");
/// assert_eq!(event.to_string(), "event: order\nid: 7\ndata: two\ndata: lines\n\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    name: Option<String>,
    id: Option<String>,
    retry: Option<Duration>,
    data: String,
}

impl Event {
    /// An event with `data`, which may have several lines.
    pub fn new(data: impl Into<String>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    /// An event whose data is `value` as JSON.
    ///
    /// # Errors
    ///
    /// 500 if `value` can't be written as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        Ok(Self::new(serde_json::to_string(value)?))
    }

    /// The event with the name that a page listens for; `message` without. Line breaks are left
    /// out.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        self.name = Some(one_line(name));
        self
    }

    /// The event with the id that the browser sends as `Last-Event-ID` when it connects again.
    /// Line breaks and NUL are left out.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(one_line(id));
        self
    }

    /// The event with the time, in whole milliseconds, that the browser waits before it connects
    /// again.
    #[must_use]
    pub fn with_retry(mut self, wait: Duration) -> Self {
        self.retry = Some(wait);
        self
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\r' | '\n' | '\0'))
        .collect()
}

impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(name) = &self.name {
            writeln!(f, "event: {name}")?;
        }
        if let Some(id) = &self.id {
            writeln!(f, "id: {id}")?;
        }
        if let Some(retry) = self.retry {
            writeln!(f, "retry: {}", retry.as_millis())?;
        }
        // A line ends with CRLF, LF or CR alone.
        for line in self.data.replace("\r\n", "\n").split(['\n', '\r']) {
            writeln!(f, "data: {line}")?;
        }
        f.write_char('\n')
    }
}

impl Response {
    /// 200 with a body of the type `content_type` that is sent piece by piece, as `stream` yields
    /// them.
    ///
    /// An error ends the response where it stands, so that the client sees that it is incomplete.
    pub fn stream<S, E>(content_type: HeaderValue, stream: S) -> Self
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self::with_body(content_type, Body::stream(stream))
    }

    /// A stream of server-sent events, for a browser's `EventSource`. It ends when `events` ends;
    /// the browser connects again then.
    ///
    /// ```
    /// # use plain::http::{Event, Request, Response, Result};
    /// async fn get(_: &Request) -> Result<Response> {
    ///     let events = futures_util::stream::iter([Event::new("hello"), Event::new("again")]);
    ///     Ok(Response::events(events))
    /// }
    /// ```
    pub fn events<S>(events: S) -> Self
    where
        S: Stream<Item = Event> + Send + 'static,
    {
        const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
        let events = Events {
            events: Box::pin(events),
            allowed: SILENCE,
            silence: None,
        };
        Self::stream(EVENTS, events)
            .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
            // nginx would hold events back until its buffer is full.
            .with_header(
                HeaderName::from_static("x-accel-buffering"),
                HeaderValue::from_static("no"),
            )
    }
}

/// Events as they are sent, with a comment after each silence.
struct Events<S> {
    events: Pin<Box<S>>,
    /// The longest silence.
    allowed: Duration,
    silence: Option<Pin<Box<Sleep>>>,
}

impl<S: Stream<Item = Event>> Stream for Events<S> {
    type Item = std::result::Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let allowed = self.allowed;
        let silence = self
            .silence
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(allowed)));
        let silent = silence.as_mut().poll(cx).is_ready();
        let text = match self.events.as_mut().poll_next(cx) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(event)) => event.to_string(),
            Poll::Pending if silent => ":\n\n".to_owned(),
            Poll::Pending => return Poll::Pending,
        };
        if let Some(silence) = &mut self.silence {
            silence.as_mut().reset(Instant::now() + allowed);
        }
        Poll::Ready(Some(Ok(text.into())))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn events_are_sent_as_the_standard_writes_them() {
        let events = [
            Event::new("one\r\ntwo\rthree\n"),
            Event::new("").with_retry(Duration::from_millis(1500)),
            Event::json(&[1, 2])
                .unwrap()
                .with_name("or\nder")
                .with_id("\r7\0"),
        ];
        let mut response = Response::events(stream::iter(events));
        assert_eq!(response.header("content-type"), Some("text/event-stream"));
        assert_eq!(response.header("cache-control"), Some("no-cache"));
        let body = response.take_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            "data: one\ndata: two\ndata: three\ndata: \n\n\
             retry: 1500\ndata: \n\n\
             event: order\nid: 7\ndata: [1,2]\n\n"
        );
    }

    #[tokio::test]
    async fn a_silence_is_broken_by_comments_until_the_next_event() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let mut events = Events {
            events: Box::pin(stream::once(async { receiver.await.unwrap() })),
            allowed: Duration::from_millis(1),
            silence: None,
        };
        assert_eq!(events.next().await.unwrap().unwrap(), ":\n\n");
        assert_eq!(events.next().await.unwrap().unwrap(), ":\n\n");
        sender.send(Event::new("late")).unwrap();
        assert_eq!(events.next().await.unwrap().unwrap(), "data: late\n\n");
        assert!(events.next().await.is_none());
    }
}
