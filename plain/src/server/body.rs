//! Bodies on their way through the server, which notes what becomes of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tracing::Span;

use super::access::AccessLine;
use crate::http::{Body, BoxError};
use crate::panicked::Panicked;

/// Whether a client may still be sending a body that nobody reads to its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Unread(Arc<AtomicBool>);

impl Unread {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The body of a request, which notes here whether it was read to its end.
    pub(super) fn watch(&self, incoming: Incoming) -> Body {
        if incoming.is_end_stream() {
            self.0.store(false, Ordering::Relaxed);
            return Body::empty();
        }
        self.0.store(true, Ordering::Relaxed);
        Body::wrap(RequestBody {
            incoming,
            unread: self.clone(),
        })
    }
}

struct RequestBody {
    incoming: Incoming,
    unread: Unread,
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = Pin::new(&mut self.incoming).poll_frame(cx);
        if self.incoming.is_end_stream() || matches!(next, Poll::Ready(None)) {
            self.unread.0.store(false, Ordering::Relaxed);
        }
        next.map(|next| next.map(|frame| Ok(frame?)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
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
}

impl ResponseBody {
    /// `body`, whose size `line` waits for, unless it is known already; `span` is its request's.
    pub(super) fn new(body: Body, mut line: Option<AccessLine>, span: &Span) -> Self {
        if let (Some(length), Some(open)) = (body.len(), &mut line) {
            open.add_bytes(length);
            line = None;
        }
        let span = body.as_bytes().is_none().then(|| span.clone());
        Self { body, line, span }
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
