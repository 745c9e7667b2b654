//! Bodies on their way through the server, which notes what becomes of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tracing::Span;

use super::access::AccessLine;
use super::pace::{LeastPace, Pace};
use super::progress::{Progress, Turn};
use super::streams::Stream;
use crate::http::{Body, BoxError, TooSlow};
use crate::panicked::Panicked;

/// What is noted of the body of a request, and what is asked of the client that sends it.
#[derive(Debug)]
pub(super) struct Intake {
    progress: Arc<Progress>,
    least: LeastPace,
}

impl Intake {
    pub(super) fn new(progress: Arc<Progress>, least: LeastPace) -> Self {
        Self { progress, least }
    }

    /// The body of a request.
    pub(super) fn watch(self, incoming: Incoming) -> Body {
        let unread = !incoming.is_end_stream();
        self.progress.set_body_unread(unread);
        if !unread {
            return Body::empty();
        }
        Body::wrap(RequestBody {
            incoming,
            intake: self,
            received: 0,
            pace: None,
            ended: false,
        })
    }
}

struct RequestBody {
    incoming: Incoming,
    intake: Intake,
    received: u64,
    /// Made when the client is waited for: most bodies are there already.
    pace: Option<Box<Pace>>,
    /// Whether there is nothing more to be had, for whatever reason.
    ended: bool,
}

impl RequestBody {
    fn poll_too_slow(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let least = self.intake.least;
        let pace = self.pace.get_or_insert_with(|| Box::new(Pace::new(least)));
        self.intake.progress.set_body_awaited(true);
        ready!(pace.poll_too_slow(self.received, cx));
        self.ended = true;
        self.intake.progress.set_body_awaited(false);
        Poll::Ready(Some(Err(TooSlow.into())))
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let Poll::Ready(next) = Pin::new(&mut self.incoming).poll_frame(cx) else {
            return self.poll_too_slow(cx);
        };
        if let Some(pace) = &mut self.pace {
            pace.sent();
            self.intake.progress.set_body_awaited(false);
        }
        if self.incoming.is_end_stream() || next.is_none() {
            self.intake.progress.set_body_unread(false);
        }
        self.ended = matches!(next, None | Some(Err(_)));
        Poll::Ready(next.map(|frame| {
            let frame = frame?;
            self.received += frame.data_ref().map_or(0, Bytes::len) as u64;
            Ok(frame)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        // Nobody waits for the client any more.
        self.intake.progress.set_body_awaited(false);
    }
}

/// The body of a response, whose line in the access log is written when it ends.
///
/// The client of one that breaks off only sees that it is incomplete, so the log says why.
#[derive(Debug)]
pub(super) struct ResponseBody {
    body: Body,
    line: Option<AccessLine>,
    /// The request, if the body can break off.
    span: Option<Span>,
    _turn: Option<Turn>,
    stream: Option<Stream>,
}

impl ResponseBody {
    /// `body`, whose size `line` waits for, unless it is known already; `span` is its request's.
    pub(super) fn new(body: Body, mut line: Option<AccessLine>, span: &Span) -> Self {
        if let (Some(length), Some(open)) = (body.len(), &mut line) {
            open.add_bytes(length);
            line = None;
        }
        let span = body.as_bytes().is_none().then(|| span.clone());
        Self {
            body,
            line,
            span,
            _turn: None,
            stream: None,
        }
    }

    /// The same body, of an answer that ends `turn` when it ends.
    pub(super) fn ending(mut self, turn: Turn) -> Self {
        turn.answered();
        self._turn = Some(turn);
        self
    }

    /// The same body, of an answer on `stream`.
    pub(super) fn of_stream(mut self, mut stream: Stream) -> Self {
        stream.answered();
        self.stream = Some(stream);
        self
    }

    /// The next piece; a panic of what makes the pieces is an error.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let _span = self.span.as_ref().map(Span::enter);
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.body).poll_frame(cx)));
        polled.unwrap_or_else(|payload| {
            self.body = Body::empty();
            Poll::Ready(Some(Err(Panicked::new(&*payload).into())))
        })
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = self.poll_body(cx);
        if let Some(stream) = &mut self.stream {
            stream.set_held(next.is_ready());
        }
        match (&next, &mut self.line) {
            (Poll::Ready(Some(Err(error))), _) => tracing::error!(
                target: "plain::server",
                parent: self.span.as_ref().and_then(Span::id),
                "the body of a response broke off: {error}"
            ),
            (Poll::Ready(Some(Ok(frame))), Some(line)) => {
                let sent = frame.data_ref().map_or(0, Bytes::len);
                line.add_bytes(sent as u64);
            }
            (Poll::Ready(None), line) => *line = None,
            _ => {}
        }
        next
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
