//! Bodies on their way through the server, which notes what becomes of them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::access::AccessLine;
use crate::http::{Body, BoxError};

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
#[derive(Debug)]
pub(super) struct ResponseBody {
    body: Body,
    line: Option<AccessLine>,
}

impl ResponseBody {
    /// `body`, whose size `line` waits for, unless it is known already.
    pub(super) fn new(body: Body, mut line: Option<AccessLine>) -> Self {
        if let (Some(length), Some(open)) = (body.len(), &mut line) {
            open.add_bytes(length);
            line = None;
        }
        Self { body, line }
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = Pin::new(&mut self.body).poll_frame(cx);
        match (&next, &mut self.line) {
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
