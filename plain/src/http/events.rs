//! Server-sent events (HTML standard, section 9.2).

use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;
use tokio::sync::mpsc;
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

impl Event {
    /// What it says.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The name that a page listens for, if it is not `message`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The id that the browser remembers.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The event that `block`, what [`Display`](std::fmt::Display) wrote, stands for; `None` for a
    /// comment.
    pub(crate) fn read(block: &str) -> Option<Self> {
        let mut event = Self::default();
        let mut data: Option<String> = None;
        for line in block.lines() {
            match line.split_once(": ").unwrap_or((line, "")) {
                ("event", name) => event.name = Some(name.to_owned()),
                ("id", id) => event.id = Some(id.to_owned()),
                ("retry", wait) => event.retry = wait.parse().ok().map(Duration::from_millis),
                ("data", line) => match &mut data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(line);
                    }
                    None => data = Some(line.to_owned()),
                },
                _ => {}
            }
        }
        event.data = data?;
        Some(event)
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
        Self::bytes(content_type, Body::stream(stream))
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

impl Response {
    /// A stream of the events that `produce` sends, for a browser's `EventSource`. It ends when
    /// `produce` ends, and `produce` is dropped where it stands when the client leaves.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use plain::http::{Event, Request, Response, Result};
    /// async fn get(_: &Request) -> Result<Response> {
    ///     Ok(Response::send_events(|events| async move {
    ///         for left in (0..=10).rev() {
    ///             events.send(Event::new(left.to_string())).await;
    ///             tokio::time::sleep(Duration::from_secs(1)).await;
    ///         }
    ///         Ok(())
    ///     }))
    /// }
    /// ```
    ///
    /// An error is logged, and ends the stream; the browser connects again then.
    pub fn send_events<F, P>(produce: F) -> Self
    where
        F: FnOnce(EventSender) -> P,
        P: Future<Output = Result<()>> + Send + 'static,
    {
        // One event at a time: a client that reads slowly slows down who sends.
        let (sender, receiver) = mpsc::channel(1);
        Self::events(Produced {
            producer: Some(Box::pin(produce(EventSender(sender)))),
            receiver,
        })
    }
}

/// Sends events to one client; see [`Response::send_events`].
#[derive(Clone, Debug)]
pub struct EventSender(mpsc::Sender<Event>);

impl EventSender {
    /// Sends `event` as soon as the client has taken the one before.
    pub async fn send(&self, event: Event) {
        // Nobody is left to receive only while all that sends is being dropped, too.
        let _ = self.0.send(event).await;
    }
}

/// The events of a producer, which runs while they are waited for.
struct Produced {
    /// `None` when it has ended.
    producer: Option<BoxFuture<'static, Result<()>>>,
    receiver: mpsc::Receiver<Event>,
}

impl Stream for Produced {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Some(producer) = &mut self.producer
            && let Poll::Ready(ended) = producer.as_mut().poll(cx)
        {
            if let Err(error) = ended {
                tracing::error!("a stream of events ends: {error}");
            }
            self.producer = None;
        }
        match self.receiver.poll_recv(cx) {
            // A clone of the sender may be left elsewhere; the stream ends all the same.
            Poll::Pending if self.producer.is_none() => Poll::Ready(None),
            polled => polled,
        }
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

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let event = Event::new("two\n\nlines: of it")
            .with_name("order")
            .with_id("7")
            .with_retry(Duration::from_millis(1500));
        assert_eq!(Event::read(&event.to_string()), Some(event));
        assert_eq!(Event::read(":\n\n"), None);
    }

    #[tokio::test]
    async fn what_is_sent_arrives_in_order_and_an_error_ends_the_stream() {
        let mut response = Response::send_events(|events| async move {
            for number in 1..=3 {
                events.send(Event::new(number.to_string())).await;
            }
            Err(crate::http::Error::internal("on purpose"))
        });
        let body = response.take_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    }

    #[tokio::test]
    async fn who_sends_waits_for_the_client_and_is_dropped_with_it() {
        let (alive, dropped) = tokio::sync::oneshot::channel::<()>();
        let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = sent.clone();
        let mut response = Response::send_events(|events| async move {
            let _alive = alive;
            loop {
                events.send(Event::new("again")).await;
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        });
        let mut body = response.take_body();
        body.frame().await.unwrap().unwrap();
        assert!(sent.load(std::sync::atomic::Ordering::Relaxed) <= 2);
        drop(body);
        assert!(dropped.await.is_err());
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
