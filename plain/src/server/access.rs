//! The access log: one line a request, without what may be a credential.

use std::cell::RefCell;
use std::fmt::Write;
use std::net::IpAddr;
use std::time::Instant;

use http::{Method, StatusCode};
use tracing::Span;

/// What is logged of a request whose client left before there was an answer (a number that no
/// standard gives, known from other servers).
const CLIENT_LEFT: u16 = 499;

/// The line of one request; it is written when it is dropped.
///
/// It has the path, but neither the query nor a header: those may hold credentials.
#[derive(Debug)]
pub(super) struct AccessLine {
    started: Instant,
    method: Method,
    path: String,
    client: Option<IpAddr>,
    status: Option<StatusCode>,
    bytes: u64,
    span: Span,
}

impl AccessLine {
    /// Starts the line of `request`, which belongs to `span`; `None` if nobody would read it.
    pub(super) fn start<B>(
        request: &http::Request<B>,
        client: Option<IpAddr>,
        span: &Span,
    ) -> Option<Self> {
        tracing::enabled!(target: "plain::access", tracing::Level::INFO).then(|| Self {
            started: Instant::now(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            client,
            status: None,
            bytes: 0,
            span: span.clone(),
        })
    }

    /// Notes how the request was answered.
    pub(super) fn set_status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Notes that a part of the body was sent.
    pub(super) fn add_bytes(&mut self, bytes: u64) {
        self.bytes += bytes;
    }
}

impl Drop for AccessLine {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed().as_secs_f64() * 1000.0;
        CLIENT.with_borrow_mut(|latest| {
            let client = self.client.map(|address| latest.text(address));
            tracing::info!(
                target: "plain::access",
                parent: &self.span,
                method = self.method.as_str(),
                path = self.path,
                status = self.status.map_or(CLIENT_LEFT, |status| status.as_u16()),
                duration_ms = (elapsed * 1000.0).round() / 1000.0,
                bytes = self.bytes,
                client = client.map(tracing::field::display),
            );
        });
    }
}

thread_local! {
    /// The client of the latest line of this thread: behind a proxy it is always the same.
    static CLIENT: RefCell<Client> = RefCell::default();
}

/// A client's address and its text.
#[derive(Debug, Default)]
struct Client(Option<IpAddr>, String);

impl Client {
    fn text(&mut self, address: IpAddr) -> &str {
        let Self(latest, text) = self;
        if *latest != Some(address) {
            *latest = Some(address);
            text.clear();
            // A text takes whatever is written to it.
            let _ = write!(text, "{address}");
        }
        text
    }
}
