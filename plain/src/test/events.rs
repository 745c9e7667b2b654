//! Server-sent events, as a test reads them.

use std::fmt;

use bytes::BytesMut;
use http_body_util::BodyExt;

use crate::http::{Body, Event, Response};

/// The events of a response, one by one; made by [`ClientRequest::events`].
///
/// ```
/// # use plain::http::{Body, Connection, Event, Response};
/// # use plain::test::Client;
/// # async fn app(_: http::Request<Body>, _: Connection) -> Response {
/// #     Response::events(futures_util::stream::iter([Event::new("7"), Event::new("8")]))
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// # let client = Client::new(app);
/// let mut events = client.get("/results").events().await;
/// assert_eq!(events.next().await.unwrap().data(), "7");
/// # });
/// ```
///
/// [`ClientRequest::events`]: super::ClientRequest::events
pub struct EventStream {
    body: Body,
    received: BytesMut,
}

impl EventStream {
    /// The events of `response`.
    #[track_caller]
    pub(super) fn of(mut response: Response) -> Self {
        let content_type = response.header("content-type");
        assert_eq!(
            (response.status().as_u16(), content_type),
            (200, Some("text/event-stream")),
            "this is no stream of events"
        );
        Self {
            body: response.take_body(),
            received: BytesMut::new(),
        }
    }

    /// Waits for the next event; `None` when the stream has ended. Dropping this is leaving.
    ///
    /// # Panics
    ///
    /// If the stream breaks off.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let end = self.received.windows(2).position(|pair| pair == b"\n\n");
            if let Some(end) = end {
                let block = self.received.split_to(end + 2);
                match Event::read(&String::from_utf8_lossy(&block)) {
                    Some(event) => return Some(event),
                    // A comment, which breaks a silence.
                    None => continue,
                }
            }
            match self.body.frame().await? {
                Ok(frame) => {
                    if let Ok(data) = frame.into_data() {
                        self.received.extend_from_slice(&data);
                    }
                }
                Err(error) => panic!("the stream of events broke off: {error}"),
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventStream")
    }
}
