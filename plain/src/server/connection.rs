//! One connection, from its first byte to its close.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::exchange::Exchange;
use super::handler::Handler;
use super::limits::Limits;
use super::lookout::LONGEST_GOODBYE;
use super::progress::Wait;
use super::room::Place;
use super::shutdown::Watch;
use super::tls::Tls;
use super::transport::{Socket, Transport};
use super::wire::First;
use crate::http::{Connection, Scheme};
use crate::settings::ServerSettings;

/// What a client that knows that this is HTTP/2 says first (RFC 9113 section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The answer to a client that speaks HTTP where HTTPS is spoken.
const CLEAR_TEXT: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 41\r\n\r\n\
    This port speaks HTTPS. Open https://...\n";

/// How much is read from a client that still sends after its answer, so that it gets to see it.
const MOST_DRAINED: u64 = 32 * 1024 * 1024;
/// How long that may take.
const LONGEST_DRAIN: Duration = Duration::from_secs(10);
/// How long the client may pause meanwhile.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The least that is read from a connection at once must hold the largest head.
const LEAST_BUFFER: usize = 64 * 1024;
/// How much a client of HTTP/2 may send of one body, and of all on its connection, before the
/// application has read it.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 512 * 1024;
/// How much of an answer the server takes from the application before the client of HTTP/2 has read
/// it, and of one piece all of it. A client may have so much of as many answers as it has requests.
const SEND_BUFFER: usize = 16 * 1024;

/// Serves connections.
#[derive(Debug)]
pub(super) struct Server<H> {
    pub(super) exchange: Arc<Exchange<H>>,
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<TokioExecutor>,
    pub(super) limits: Limits,
    tls: Option<Arc<Tls>>,
}

/// A connection as it was accepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted {
    pub(super) connection: Connection,
    pub(super) at: Instant,
}

impl Accepted {
    /// Who the client is, for the log.
    pub(super) fn client(&self) -> Option<tracing::field::DisplayValue<std::net::IpAddr>> {
        let peer = self.connection.peer?;
        Some(tracing::field::display(peer.ip()))
    }
}

enum Protocol {
    Http1,
    Http2,
}

impl<H: Handler> Server<H> {
    pub(super) fn new(
        exchange: Arc<Exchange<H>>,
        tls: Option<Arc<Tls>>,
        settings: &ServerSettings,
    ) -> Self {
        let limits = Limits::new(settings);
        let head = settings.server_max_header_size;
        let mut http1 = http1::Builder::new();
        http1
            // The driver of the connection looks after it, with a timer that lives as long.
            .header_read_timeout(None)
            .max_header_size(head as usize)
            .max_buf_size(LEAST_BUFFER.max(head as usize));
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_header_list_size(head)
            .max_concurrent_streams(settings.server_http2_max_streams)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(SEND_BUFFER)
            // Finds out about clients that are gone without a word.
            .keep_alive_interval(limits.header);
        Self {
            exchange,
            http1,
            http2,
            limits,
            tls,
        }
    }

    /// Serves `socket` until it is closed, by the client or because `watch` says so.
    pub(super) async fn serve(
        &self,
        socket: Socket,
        peer: Option<SocketAddr>,
        mut watch: Watch,
        mut place: Place,
    ) {
        let accepted = Accepted {
            connection: Connection {
                peer,
                scheme: self.scheme(),
            },
            at: Instant::now(),
        };
        socket.set_nodelay();
        let opening = self.open(socket, &mut watch, &mut place);
        let (stream, protocol, first) = match timeout(self.limits.header, opening).await {
            Ok(Ok(Some(opened))) => opened,
            Ok(Ok(None)) | Err(_) => return,
            Ok(Err(error)) => return log(&accepted, &error),
        };
        match protocol {
            Protocol::Http1 => {
                self.serve_http1(stream, first, accepted, watch, place)
                    .await;
            }
            Protocol::Http2 => {
                // In a box, since it is large and most connections are of the other kind.
                Box::pin(self.serve_http2(stream, first, accepted, watch, place)).await;
            }
        }
    }

    /// Finds out how the client speaks; `None` if it says nothing, or nothing of use.
    async fn open(
        &self,
        socket: Socket,
        watch: &mut Watch,
        place: &mut Place,
    ) -> io::Result<Option<(Transport, Protocol, First<{ PREFACE.len() }>)>> {
        if self.tls.is_some() {
            // Who has said nothing yet is merely idle.
            let Some(byte) = unless_asked_to_go(socket.peek(), watch, place).await else {
                return Ok(None);
            };
            if matches!(byte, Some(b'A'..=b'Z')) {
                refuse_clear_text(socket).await;
                return Ok(None);
            }
        }
        let mut stream = Transport::open(socket, self.tls.as_deref()).await?;
        let mut first = [0; PREFACE.len()];
        let opening = match stream.chose_http2() {
            Some(true) => Some((Protocol::Http2, 0)),
            Some(false) => Some((Protocol::Http1, 0)),
            None => read_opening(&mut stream, &mut first, watch, place).await?,
        };
        Ok(opening.map(|(protocol, length)| (stream, protocol, First::new(first, length))))
    }

    fn scheme(&self) -> Scheme {
        match self.tls {
            None => Scheme::Http,
            Some(_) => Scheme::Https,
        }
    }
}

/// What `first` of a connection comes to, unless the client is to go before.
async fn unless_asked_to_go<T>(
    first: impl Future<Output = T>,
    watch: &mut Watch,
    place: &mut Place,
) -> Option<T> {
    let since = Instant::now();
    let mut first = pin!(first);
    let mut stopped = pin!(async {
        stopped(watch).await;
        first_request(since).await;
    });
    poll_fn(|cx| {
        if let Poll::Ready(first) = first.as_mut().poll(cx) {
            return Poll::Ready(Some(first));
        }
        let is_to_go =
            stopped.as_mut().poll(cx).is_ready() || place.is_asked_to_go(Wait::Request, since);
        match is_to_go {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    })
    .await
}

/// Reads until it is clear what the client speaks; `None` if it says nothing.
async fn read_opening(
    stream: &mut Transport,
    first: &mut [u8; PREFACE.len()],
    watch: &mut Watch,
    place: &mut Place,
) -> io::Result<Option<(Protocol, usize)>> {
    let reading = stream.read(&mut first[..]);
    let Some(read) = unless_asked_to_go(reading, watch, place).await else {
        return Ok(None);
    };
    let (mut read, mut length) = (read?, 0);
    if read == 0 {
        return Ok(None);
    }
    loop {
        length += read;
        if read == 0 || first[..length] != PREFACE[..length] {
            return Ok(Some((Protocol::Http1, length)));
        }
        if length == PREFACE.len() {
            return Ok(Some((Protocol::Http2, length)));
        }
        read = stream.read(&mut first[length..]).await?;
    }
}

/// Tells a client that speaks HTTP where HTTPS is spoken.
async fn refuse_clear_text(mut socket: Socket) {
    if socket.write_all(CLEAR_TEXT).await.is_ok() && socket.shutdown().await.is_ok() {
        drain(socket).await;
    }
}

/// Waits until the server is asked to stop, and then until what a client sent before was noticed.
pub(super) async fn stopped(watch: &mut Watch) {
    watch.finishing().await;
    // Lets the runtime look at the sockets once more.
    tokio::task::yield_now().await;
}

/// Waits as long as a client that came at `since` may take for its first request though the server
/// stops: it could not know, and who gets no answer can't tell what became of the request.
pub(super) async fn first_request(since: Instant) {
    sleep_until(since + LONGEST_GOODBYE).await;
}

/// Reads what the client still sends, within limits, so that it gets to see its answer: closing a
/// connection with unread bytes makes the system take back what was sent (RFC 9112 section 9.6).
pub(super) async fn drain(mut stream: impl AsyncRead + Unpin) {
    let deadline = Instant::now() + LONGEST_DRAIN;
    let mut left = MOST_DRAINED;
    // On the heap: no connection is to carry it until then.
    let mut scrap = vec![0; 8192];
    while left > 0 {
        let until = deadline.min(Instant::now() + LONGEST_PAUSE);
        match timeout_at(until, stream.read(&mut scrap)).await {
            Ok(Ok(read)) if read > 0 => left = left.saturating_sub(read as u64),
            _ => return,
        }
    }
}

/// Most of these are clients that left; none is a defect of the application.
pub(super) fn log(accepted: &Accepted, error: &(dyn std::error::Error + 'static)) {
    let client = accepted.client();
    tracing::debug!(target: "plain::server", client, error, "a connection broke off");
}
