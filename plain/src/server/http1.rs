//! A connection that speaks HTTP/1.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};

use futures_util::FutureExt;
use http::header::{self, HeaderValue};
use http::{Request, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;

use super::body::Intake;
use super::connection::{Accepted, Server, drain, first_request, log, stopped};
use super::gate::Gate;
use super::handler::Handler;
use super::limits::TimeLimit;
use super::lookout::Lookout;
use super::progress::{Progress, Wait};
use super::room::Place;
use super::shutdown::Watch;
use super::transport::Transport;
use super::wire::{First, Guard, Wire};

/// The answer to a client that did not finish the head of its request in time.
const TIMED_OUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The size up to which a body that the application did not read does not end the connection.
const MOST_PASSED_OVER: u64 = 16 * 1024;

/// How a connection ended.
enum End {
    /// As HTTP has it, or by an error.
    Closed(hyper::Result<()>),
    /// The client did not finish a head in time.
    Slow,
    /// The client does not take its answer.
    Stalled,
}

impl<H: Handler> Server<H> {
    pub(super) async fn serve_http1<const N: usize>(
        &self,
        stream: Transport,
        first: First<N>,
        accepted: Accepted,
        mut watch: Watch,
        place: Place,
    ) {
        let progress = Arc::new(Progress::default());
        let guard = Guard::Requests(Gate::default());
        let wire = Wire::new(stream, first, guard, progress.clone());
        let stopping = watch.clone();
        let service = service_fn(|request: Request<Incoming>| {
            let size = request.body().size_hint().upper();
            let turn = progress.begin();
            let intake = Intake::new(progress.clone(), self.limits.pace);
            let request = request.map(|incoming| intake.watch(incoming));
            let limit = TimeLimit::Driver(progress.clone());
            let answer = self.exchange.answer(request, accepted.connection, limit);
            let (progress, stopping) = (&progress, &stopping);
            // Put together without an `async` block, which would hold the answer twice.
            progress.share().request(answer).map(move |mut response| {
                // What is small is passed over, and the connection goes on.
                let is_large = size.is_none_or(|size| size > MOST_PASSED_OVER);
                let is_left = progress.is_body_unread() && is_large;
                let is_slow = response.status() == StatusCode::REQUEST_TIMEOUT;
                if is_left || is_slow || stopping.is_finishing() {
                    let headers = response.headers_mut();
                    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response.map(|body| body.ending(turn)))
            })
        });
        let mut connection = self.http1.serve_connection(TokioIo::new(wire), service);
        let mut stopped = pin!(async {
            stopped(&mut watch).await;
            if !progress.has_begun() {
                first_request(accepted.at).await;
            }
        });
        let mut lookout = Lookout::new(self.limits, place, accepted.at);
        let end = poll_fn(|cx| {
            progress.share().renew();
            loop {
                if let Poll::Ready(result) = Pin::new(&mut connection).poll(cx) {
                    return Poll::Ready(End::Closed(result));
                }
                if !lookout.closing && stopped.as_mut().poll(cx).is_ready() {
                    lookout.closing = true;
                    Pin::new(&mut connection).graceful_shutdown();
                    continue;
                }
                let now = progress.now();
                ready!(lookout.poll_over(now, cx));
                match now.0 {
                    Wait::Head => return Poll::Ready(End::Slow),
                    Wait::Answer | Wait::Body => progress.expire(),
                    Wait::Request if !lookout.closing => {
                        lookout.closing = true;
                        Pin::new(&mut connection).graceful_shutdown();
                    }
                    Wait::Request | Wait::Reader | Wait::Nothing => {
                        return Poll::Ready(End::Stalled);
                    }
                }
            }
        })
        .await;
        let stream = connection.into_parts().io.into_inner().into_inner();
        // In boxes: no connection is to carry until then what few come to.
        match end {
            End::Closed(Ok(())) if progress.is_body_unread() => Box::pin(drain(stream)).await,
            End::Closed(Ok(())) | End::Stalled => {}
            End::Slow => Box::pin(time_out(stream)).await,
            End::Closed(Err(error)) => {
                log(&accepted, &error);
                if error.is_parse() {
                    Box::pin(drain(stream)).await;
                }
            }
        }
    }
}

/// Tells a client that it was too slow.
async fn time_out(mut stream: Transport) {
    if stream.write_all(TIMED_OUT).await.is_ok() && stream.shutdown().await.is_ok() {
        drain(stream).await;
    }
}
