//! One connection, from its first byte to its close.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http::header::{self, HeaderValue};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::body::Unread;
use super::exchange::Exchange;
use super::handler::Handler;
use super::rewind::Rewind;
use super::shutdown::Watch;
use crate::http::{Body, Connection, Scheme};
use crate::settings::ServerSettings;

/// What a client that knows that this is HTTP/2 says first (RFC 9113 section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The answer to a client that did not finish the head of its request in time.
const TIMED_OUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The size up to which a body that the application did not read does not end the connection.
const MOST_PASSED_OVER: u64 = 16 * 1024;
/// How much is read from a client that still sends after its answer, so that it gets to see it.
const MOST_DRAINED: u64 = 32 * 1024 * 1024;
/// How long that may take.
const LONGEST_DRAIN: Duration = Duration::from_secs(10);
/// How long the client may pause meanwhile.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

type Io = TokioIo<Rewind<TcpStream, 24>>;

/// Serves connections.
#[derive(Debug)]
pub(super) struct Server<H> {
    exchange: Arc<Exchange<H>>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    header_timeout: Duration,
}

enum Protocol {
    Http1,
    Http2,
}

impl<H: Handler> Server<H> {
    pub(super) fn new(exchange: Arc<Exchange<H>>, settings: &ServerSettings) -> Self {
        let header_timeout = settings.header_timeout();
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(header_timeout)
            .max_header_size(settings.server_max_header_size as usize);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_header_list_size(settings.server_max_header_size)
            .keep_alive_interval(header_timeout);
        Self {
            exchange,
            http1,
            http2,
            header_timeout,
        }
    }

    /// Serves `stream` until it is closed, by the client or because `watch` says so.
    pub(super) async fn serve(&self, mut stream: TcpStream, peer: SocketAddr, mut watch: Watch) {
        // Without this, the end of an answer waits for the client's acknowledgement of its start.
        let _ = stream.set_nodelay(true);
        let mut first = [0; PREFACE.len()];
        let opening = self.read_opening(&mut stream, &mut first, &mut watch);
        let (protocol, length) = match timeout(self.header_timeout, opening).await {
            Ok(Ok(Some(opening))) => opening,
            Ok(Ok(None)) | Err(_) => return,
            Ok(Err(error)) => return log(peer, &error),
        };
        let io = TokioIo::new(Rewind::new(first, length, stream));
        match protocol {
            Protocol::Http1 => self.serve_http1(io, peer, watch).await,
            Protocol::Http2 => self.serve_http2(io, peer, watch).await,
        }
    }

    /// Reads until it is clear what the client speaks; `None` if it says nothing.
    async fn read_opening(
        &self,
        stream: &mut TcpStream,
        first: &mut [u8; PREFACE.len()],
        watch: &mut Watch,
    ) -> io::Result<Option<(Protocol, usize)>> {
        let mut length = 0;
        loop {
            let read = tokio::select! {
                biased;
                read = stream.read(&mut first[length..]) => read?,
                () = stopped(watch), if length == 0 => return Ok(None),
            };
            if read == 0 && length == 0 {
                return Ok(None);
            }
            length += read;
            if read == 0 || first[..length] != PREFACE[..length] {
                return Ok(Some((Protocol::Http1, length)));
            }
            if length == PREFACE.len() {
                return Ok(Some((Protocol::Http2, length)));
            }
        }
    }

    async fn serve_http1(&self, io: Io, peer: SocketAddr, mut watch: Watch) {
        let unread = Unread::default();
        let stopping = watch.clone();
        let service = service_fn(|request: Request<Incoming>| {
            let size = request.body().size_hint().upper();
            let request = request.map(|incoming| unread.watch(incoming));
            let (unread, stopping) = (&unread, &stopping);
            async move {
                let mut response = self.exchange.answer(request, connection_of(peer)).await;
                // What is small is passed over, and the connection goes on.
                let is_large = size.is_none_or(|size| size > MOST_PASSED_OVER);
                if stopping.is_finishing() || unread.is_set() && is_large {
                    let headers = response.headers_mut();
                    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = self.http1.serve_connection(io, service);
        let result = tokio::select! {
            biased;
            result = &mut connection => result,
            () = stopped(&mut watch) => {
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                (&mut connection).await
            }
        };
        let parts = connection.into_parts();
        let stream = parts.io.into_inner().into_inner();
        match result {
            Ok(()) if unread.is_set() => drain(stream).await,
            Ok(()) => {}
            // A client that said nothing was merely idle.
            Err(error) if error.is_timeout() && parts.read_buf.is_empty() => {}
            Err(error) if error.is_timeout() => time_out(stream).await,
            Err(error) => {
                log(peer, &error);
                if error.is_parse() {
                    drain(stream).await;
                }
            }
        }
    }

    async fn serve_http2(&self, io: Io, peer: SocketAddr, mut watch: Watch) {
        let exchange = &self.exchange;
        let service = service_fn(|request: Request<Incoming>| {
            // The tasks of the streams outlive this borrow of the connection.
            let exchange = exchange.clone();
            let request = request.map(Body::from);
            async move { Ok::<_, Infallible>(exchange.answer(request, connection_of(peer)).await) }
        });
        let mut connection = pin!(self.http2.serve_connection(io, service));
        let result = tokio::select! {
            biased;
            result = &mut connection => result,
            () = stopped(&mut watch) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            log(peer, &error);
        }
    }
}

fn connection_of(peer: SocketAddr) -> Connection {
    Connection {
        peer: Some(peer),
        scheme: Scheme::Http,
    }
}

/// Waits until the server is asked to stop, and then until what a client sent before was noticed.
async fn stopped(watch: &mut Watch) {
    watch.finishing().await;
    // Lets the runtime look at the sockets once more.
    tokio::task::yield_now().await;
}

/// Tells a client that it was too slow.
async fn time_out(mut stream: TcpStream) {
    if stream.write_all(TIMED_OUT).await.is_ok() && stream.shutdown().await.is_ok() {
        drain(stream).await;
    }
}

/// Reads what the client still sends, within limits, so that it gets to see its answer: closing a
/// connection with unread bytes makes the system take back what was sent (RFC 9112 section 9.6).
async fn drain(mut stream: TcpStream) {
    let deadline = Instant::now() + LONGEST_DRAIN;
    let mut left = MOST_DRAINED;
    let mut scrap = [0; 8192];
    while left > 0 {
        let until = deadline.min(Instant::now() + LONGEST_PAUSE);
        match timeout_at(until, stream.read(&mut scrap)).await {
            Ok(Ok(read)) if read > 0 => left = left.saturating_sub(read as u64),
            _ => return,
        }
    }
}

/// Most of these are clients that left; none is a defect of the application.
fn log(peer: SocketAddr, error: &(dyn std::error::Error + 'static)) {
    tracing::debug!(target: "plain::server", client = %peer.ip(), error, "a connection broke off");
}
