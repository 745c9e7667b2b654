//! The body of a response, or of a request that was made in code.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http_body::{Frame, SizeHint};

/// The error of a body that breaks off while it is sent or read.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;
type Wrapped = Pin<Box<dyn http_body::Body<Data = Bytes, Error = BoxError> + Send>>;

/// Bytes that are there already, or a stream of them.
#[derive(Default)]
pub struct Body(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    Stream(Chunks),
    /// A stream and how many bytes are still to come of it.
    Sized(Chunks, u64),
    Wrapped(Wrapped),
}

impl Body {
    /// A body without a byte.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// A body that is sent piece by piece, as `stream` yields them.
    ///
    /// An error ends the response where it stands, so that the client sees that it is incomplete.
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self(Kind::Stream(Box::pin(stream.map_err(Into::into))))
    }

    /// A body of `size` bytes that is sent piece by piece, as `stream` yields them.
    ///
    /// The client is told the size beforehand. A stream that ends before ends the response with an
    /// error; what it yields beyond is not sent.
    pub fn sized_stream<S, E>(size: u64, stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self(Kind::Sized(Box::pin(stream.map_err(Into::into)), size))
    }

    /// A body of another kind, which the server watches while it is read.
    pub(crate) fn wrap(
        body: impl http_body::Body<Data = Bytes, Error = BoxError> + Send + 'static,
    ) -> Self {
        Self(Kind::Wrapped(Box::pin(body)))
    }

    /// The number of bytes, if it is known before they are sent.
    pub fn len(&self) -> Option<u64> {
        match &self.0 {
            Kind::Empty => Some(0),
            Kind::Full(bytes) => Some(bytes.len() as u64),
            Kind::Sized(_, left) => Some(*left),
            Kind::Stream(_) => None,
            Kind::Wrapped(body) => body.size_hint().exact(),
        }
    }

    /// Whether the body is known to hold no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The bytes, if they are all there already.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Empty => Some(&[]),
            Kind::Full(bytes) => Some(bytes),
            Kind::Stream(_) | Kind::Sized(..) | Kind::Wrapped(_) => None,
        }
    }
}

impl Body {
    /// The bytes of `range`, without copying them, if they are all there.
    pub(super) fn slice(&self, range: &Range<u64>) -> Option<Bytes> {
        let start = usize::try_from(range.start).ok()?;
        let end = usize::try_from(range.end).ok()?;
        match &self.0 {
            Kind::Full(bytes) if start <= end && end <= bytes.len() => {
                Some(bytes.slice(start..end))
            }
            _ => None,
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() {
            Kind::Empty
        } else {
            Kind::Full(bytes)
        })
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Stream(chunks) => chunks
                .as_mut()
                .poll_next(cx)
                .map(|next| next.map(|chunk| chunk.map(Frame::data))),
            Kind::Wrapped(body) => body.as_mut().poll_frame(cx),
            Kind::Sized(_, 0) => Poll::Ready(None),
            Kind::Sized(chunks, left) => {
                let next = match std::task::ready!(chunks.as_mut().poll_next(cx)) {
                    Some(Ok(chunk)) => Ok(up_to(chunk, left)),
                    Some(Err(error)) => Err(error),
                    None => Err(EndedEarly(std::mem::take(left)).into()),
                };
                Poll::Ready(Some(next.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Sized(_, left) => *left == 0,
            Kind::Wrapped(body) => body.is_end_stream(),
            Kind::Full(_) | Kind::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.len()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// As much of `chunk` as is still to come, which is counted down.
fn up_to(mut chunk: Bytes, left: &mut u64) -> Bytes {
    if let Ok(room) = usize::try_from(*left) {
        chunk.truncate(room);
    }
    *left -= chunk.len() as u64;
    chunk
}

#[derive(Debug, thiserror::Error)]
#[error("the body ended {0} bytes before the end that was announced")]
struct EndedEarly(u64);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len() {
            Some(len) => write!(f, "Body({len} bytes)"),
            None => f.write_str("Body(stream)"),
        }
    }
}
