//! One request and its response.

use std::any::Any;
use std::future::{Future, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use futures_util::future::Either;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Version};
use tracing::{Instrument, Span};

use super::access::AccessLine;
use super::body::ResponseBody;
use super::handler::Handler;
use super::limits::{Expired, TimeLimit};
use super::watchdog::{Subject, Watched};
use crate::http::{Body, Connection, Response, StatusCode};
use crate::panicked::Panicked;
use crate::settings::ServerSettings;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What answers requests, and how.
#[derive(Debug)]
pub(super) struct Exchange<H> {
    handler: H,
    healthcheck_path: String,
    access_log: bool,
}

impl<H: Handler> Exchange<H> {
    pub(super) fn new(handler: H, settings: &ServerSettings) -> Self {
        Self {
            handler,
            healthcheck_path: settings.healthcheck_path.clone(),
            access_log: settings.access_log,
        }
    }

    /// Answers `request`: there is always a response, and a line in the log, but for the path that
    /// is asked for all the time.
    ///
    /// What is to be known of the request is taken from it at once, and the future is put together
    /// from others: an `async` block would hold each of them twice, before and while it is awaited.
    /// There is one for each connection.
    pub(super) fn answer(
        &self,
        request: http::Request<Body>,
        connection: Connection,
        limit: TimeLimit,
    ) -> impl Future<Output = http::Response<ResponseBody>> + Send {
        let is_head = *request.method() == Method::HEAD;
        if !self.healthcheck_path.is_empty() && request.uri().path() == self.healthcheck_path {
            let response = finish(Response::text("ok"), is_head, None, &Span::none());
            return Either::Left(ready(response));
        }
        let id = self.handler.request_id(&request, connection);
        let id = id.unwrap_or_else(request_id);
        let shown = id.to_str().unwrap_or_default();
        // Of the highest level, so that an error has its request's id whatever LOG_LEVEL leaves out.
        let span = tracing::error_span!(target: "plain::server", "request", id = shown);
        let mut line = match self.access_log {
            true => AccessLine::start(&request, connection.peer.map(|peer| peer.ip()), &span),
            false => None,
        };
        let answer = span.in_scope(|| self.begin(request, connection, limit));
        let answer = answer.instrument(span.clone());
        Either::Right(answer.map(move |mut response| {
            response.headers_mut().entry(REQUEST_ID).or_insert(id);
            if let Some(line) = &mut line {
                line.set_status(response.status());
            }
            finish(response, is_head, line, &span)
        }))
    }

    /// Hands `request` to the handler.
    fn begin(
        &self,
        request: http::Request<Body>,
        connection: Connection,
        limit: TimeLimit,
    ) -> impl Future<Output = Response> + Send {
        if let Some(response) = refuse(&request) {
            return Either::Left(ready(response));
        }
        let subject = Subject::of(&request);
        let answer = AssertUnwindSafe(|| self.handler.handle(request, connection));
        match catch_unwind(answer) {
            Ok(answer) => Either::Right(guarded(subject, answer, limit)),
            Err(payload) => Either::Left(ready(panicked(&*payload))),
        }
    }
}

/// What `answer`, to the request that `subject` names, comes to; a panic in it touches this request
/// only, and so does one that never ends.
fn guarded(
    subject: Subject,
    answer: impl Future<Output = Response> + Send,
    limit: TimeLimit,
) -> impl Future<Output = Response> + Send {
    let answer = limit.hold(AssertUnwindSafe(answer).catch_unwind());
    Watched::new(subject, answer).map(|outcome| match outcome {
        // RFC 9110 section 15.2: such a status announces an answer, and is none.
        Ok(Ok(response)) if response.status().is_informational() => {
            let status = response.status();
            defect(&format!("answered with {status}, which is no final status"))
        }
        Ok(Ok(response)) => response,
        Ok(Err(payload)) => panicked(&*payload),
        Err(Expired) => too_late(),
    })
}

/// The answer in place of that of a handler that panicked.
fn panicked(payload: &(dyn Any + Send)) -> Response {
    defect(&Panicked::new(payload).to_string())
}

/// The answer to a request that the application takes too long for.
fn too_late() -> Response {
    tracing::error!(
        target: "plain::server",
        "the application did not answer within SERVER_REQUEST_TIMEOUT; the request was dropped"
    );
    Response::text("The answer takes too long. Please try again later.\n")
        .with_status(StatusCode::SERVICE_UNAVAILABLE)
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("10"))
}

/// The answer where the application has none: `what` it did instead goes to the log.
fn defect(what: &str) -> Response {
    tracing::error!(target: "plain::server", "the application {what}");
    Response::text("Internal Server Error\n").with_status(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The answer to what no application can answer.
fn refuse(request: &http::Request<Body>) -> Option<Response> {
    if *request.method() == Method::CONNECT {
        let refusal = Response::text("This server is no proxy.\n");
        return Some(refusal.with_status(StatusCode::NOT_IMPLEMENTED));
    }
    // RFC 9112 section 6.1: a coding that is not known can't be undone.
    if let Some(coding) = request.headers().get(header::TRANSFER_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"chunked")
    {
        let refusal = Response::text("This server knows no coding but `chunked`.\n");
        return Some(refusal.with_status(StatusCode::NOT_IMPLEMENTED));
    }
    // RFC 9112 section 3.2: without a `Host`, or with two, the request is not for anybody.
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || hosts == 0 && request.version() == Version::HTTP_11 {
        let refusal = Response::text("A request needs one header `Host`.\n");
        return Some(refusal.with_status(StatusCode::BAD_REQUEST));
    }
    None
}

/// The response as it is sent.
fn finish(
    mut response: Response,
    is_head: bool,
    line: Option<AccessLine>,
    span: &Span,
) -> http::Response<ResponseBody> {
    if is_head {
        response.drop_body();
    } else if response.body().len().is_some() {
        // It is written from the body: a length that an application claims, if it were wrong, would
        // let the rest of this answer pass for the next one.
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
        .into_http()
        .map(|body| ResponseBody::new(body, line, span))
}

/// 64 random bits as 16 hexadecimal digits: enough to tell the requests of a log apart. It is no
/// secret, so the system need not be asked for them.
fn request_id() -> HeaderValue {
    let mut digits = [0; 16];
    let mut bits = fastrand::u64(..);
    for digit in &mut digits {
        *digit = b"0123456789abcdef"[(bits & 15) as usize];
        bits >>= 4;
    }
    HeaderValue::from_bytes(&digits).expect("hexadecimal digits are visible ASCII")
}

#[cfg(test)]
mod tests;
