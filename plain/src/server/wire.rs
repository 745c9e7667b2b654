//! The bytes of a connection on their way between the system and HTTP: those that were read to see
//! what the client speaks come again first, a guard looks at all of them, and it is noted whether
//! the client takes what is sent.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::Frames;
use super::gate::Gate;
use super::progress::Progress;

/// What stands in place of the rest of a head that is refused: no parser accepts it, so that the
/// request is answered with 400 when it is its turn.
const REFUSED: &[u8] = b"\0\r\n\r\n";

/// The first bytes of a connection.
#[derive(Debug)]
pub(super) struct First<const N: usize> {
    bytes: [u8; N],
    /// Which of them are still to be read.
    left: std::ops::Range<usize>,
}

impl<const N: usize> First<N> {
    /// The first `length` of `bytes`.
    pub(super) fn new(bytes: [u8; N], length: usize) -> Self {
        let left = 0..length.min(N);
        Self { bytes, left }
    }
}

/// What looks at the bytes that are read.
#[derive(Debug)]
pub(super) enum Guard {
    /// That of HTTP/1.
    Requests(Gate),
    /// That of HTTP/2.
    Frames(Frames),
}

/// A connection's stream as HTTP sees it.
#[derive(Debug)]
pub(super) struct Wire<S, const N: usize> {
    stream: S,
    first: First<N>,
    guard: Guard,
    /// What is still to be read of [`REFUSED`].
    refused: &'static [u8],
    broken: bool,
    progress: Arc<Progress>,
}

impl<S, const N: usize> Wire<S, N> {
    /// `stream`, of which `first` was read already; `guard` looks at what comes from it.
    pub(super) fn new(stream: S, first: First<N>, guard: Guard, progress: Arc<Progress>) -> Self {
        Self {
            stream,
            first,
            guard,
            refused: &[],
            broken: false,
            progress,
        }
    }

    /// The stream itself.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    /// Looks at what `buf` holds beyond `before`.
    fn look(&mut self, buf: &mut ReadBuf<'_>, before: usize) -> io::Result<()> {
        let bytes = &buf.filled()[before..];
        let (work, offence) = match &mut self.guard {
            Guard::Frames(frames) => (frames.look(bytes), None),
            Guard::Requests(gate) => {
                let offence = gate.look(bytes).err();
                self.progress.set_head_begun(gate.is_in_head());
                (bytes.len(), offence)
            }
        };
        self.progress.share().add_read(work);
        let Some(offence) = offence else {
            return Ok(());
        };
        buf.set_filled(before + offence.at);
        if offence.in_head {
            self.refused = REFUSED;
            self.give_refused(buf);
            return Ok(());
        }
        // What stands before it is given out first, for an empty read would be the end.
        self.broken = true;
        match offence.at {
            0 => Err(malformed()),
            _ => Ok(()),
        }
    }

    fn give_refused(&mut self, buf: &mut ReadBuf<'_>) {
        let (now, later) = self
            .refused
            .split_at(self.refused.len().min(buf.remaining()));
        buf.put_slice(now);
        self.refused = later;
    }
}

fn malformed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the body of the request is in chunks of which one is malformed",
    )
}

impl<S: AsyncRead + Unpin, const N: usize> Wire<S, N> {
    fn poll_source(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.first.left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let left = &mut self.first.left;
        let end = left.end.min(left.start + buf.remaining());
        buf.put_slice(&self.first.bytes[left.start..end]);
        left.start = end;
        Poll::Ready(Ok(()))
    }

    /// Reads as much as the guard lets be read at once.
    fn poll_most(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let most = match &self.guard {
            Guard::Requests(_) => usize::MAX,
            Guard::Frames(frames) => frames.most_read(),
        };
        if buf.remaining() <= most {
            return self.poll_source(cx, buf);
        }
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        ready!(self.poll_source(cx, &mut part))?;
        let read = part.filled().len();
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin, const N: usize> AsyncRead for Wire<S, N> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.broken {
            return Poll::Ready(Err(malformed()));
        }
        if !self.refused.is_empty() {
            self.give_refused(buf);
            return Poll::Ready(Ok(()));
        }
        ready!(self.progress.share().poll_read(cx));
        let before = buf.filled().len();
        ready!(self.poll_most(cx, buf))?;
        Poll::Ready(self.look(buf, before))
    }
}

impl<S: AsyncWrite + Unpin, const N: usize> Wire<S, N> {
    /// Notes whether the client took something.
    fn note<T>(&self, written: Poll<T>) -> Poll<T> {
        match written {
            Poll::Ready(_) => self.progress.set_written(),
            Poll::Pending => self.progress.set_write_blocked(),
        }
        written
    }

    fn note_written(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let (Poll::Ready(Ok(bytes)), Guard::Frames(frames)) = (&written, &mut self.guard) {
            frames.add_sent(*bytes);
        }
        self.note(written)
    }
}

impl<S: AsyncWrite + Unpin, const N: usize> AsyncWrite for Wire<S, N> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note_written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note_written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.note(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.note(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    fn wire<'a>(
        first: &[u8; 4],
        length: usize,
        rest: &'a [u8],
    ) -> Wire<impl AsyncRead + AsyncWrite + 'a, 4> {
        let stream = tokio::io::join(rest, tokio::io::sink());
        let progress = Arc::default();
        Wire::new(
            stream,
            First::new(*first, length),
            Guard::Requests(Gate::default()),
            progress,
        )
    }

    #[tokio::test]
    async fn the_first_bytes_come_first_whatever_the_size_of_the_readers_buffer() {
        let mut stream = wire(b"abc-", 3, b"defg");
        let mut two = [0; 2];
        stream.read_exact(&mut two).await.unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        assert_eq!((&two, all.as_str()), (b"ab", "cdefg"));
    }

    #[tokio::test]
    async fn a_head_that_is_refused_becomes_one_that_no_parser_accepts() {
        for size in 1..40 {
            let mut stream = wire(b"GET ", 4, b"/ HTTP/1.1\nHost: a\r\n\r\nGET / HTTP/1.1");
            let mut read = Vec::new();
            while !read.ends_with(REFUSED) {
                let mut piece = vec![0; size];
                let length = stream.read(&mut piece).await.unwrap();
                assert_ne!(length, 0);
                read.extend_from_slice(&piece[..length]);
            }
            assert_eq!(read, b"GET / HTTP/1.1\0\r\n\r\n");
        }
    }

    #[tokio::test]
    async fn what_stands_before_a_malformed_chunk_is_read_and_then_the_error() {
        let head = b"/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let rest = [&head[..], b"1\r\nab\r\n"].concat();
        let mut stream = wire(b"GET ", 4, &rest);
        let mut read = Vec::new();
        let error = stream.read_to_end(&mut read).await.unwrap_err();
        assert_eq!(read, [b"GET ", &head[..], b"1\r\na"].concat());
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
