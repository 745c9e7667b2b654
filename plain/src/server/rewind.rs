//! A stream whose first bytes were read already, to see what the client speaks.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// `stream`, which yields `first` before what is still to be read from it.
#[derive(Debug)]
pub(super) struct Rewind<S, const N: usize> {
    first: [u8; N],
    /// Which bytes of `first` are still to be yielded.
    left: std::ops::Range<usize>,
    stream: S,
}

impl<S, const N: usize> Rewind<S, N> {
    /// `stream`, from which the first `length` bytes of `first` were read.
    pub(super) fn new(first: [u8; N], length: usize, stream: S) -> Self {
        Self {
            first,
            left: 0..length.min(N),
            stream,
        }
    }

    /// The stream itself.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin, const N: usize> AsyncRead for Rewind<S, N> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let end = self.left.end.min(self.left.start + buf.remaining());
        buf.put_slice(&self.first[self.left.start..end]);
        self.left.start = end;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin, const N: usize> AsyncWrite for Rewind<S, N> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn the_first_bytes_come_first_whatever_the_size_of_the_readers_buffer() {
        let rest: &[u8] = b"defg";
        let mut stream = Rewind::new(*b"abc-", 3, tokio::io::join(rest, tokio::io::sink()));
        let mut two = [0; 2];
        stream.read_exact(&mut two).await.unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        assert_eq!((&two, all.as_str()), (b"ab", "cdefg"));
    }
}
