//! A connection that speaks HTTP/2.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use super::body::Intake;
use super::connection::{Accepted, Server, log, stopped};
use super::frames::Frames;
use super::handler::Handler;
use super::limits::TimeLimit;
use super::lookout::Lookout;
use super::progress::{Progress, Wait};
use super::room::Place;
use super::shutdown::Watch;
use super::streams::Streams;
use super::transport::Transport;
use super::wire::{First, Guard, Wire};

impl<H: Handler> Server<H> {
    pub(super) async fn serve_http2<const N: usize>(
        &self,
        stream: Transport,
        first: First<N>,
        accepted: Accepted,
        mut watch: Watch,
        place: Place,
    ) {
        let progress = Arc::new(Progress::default());
        let streams = Arc::new(Streams::default());
        let guard = Guard::Frames(Frames::new(streams.clone()));
        let wire = Wire::new(stream, first, guard, progress.clone());
        let service = service_fn(|request: Request<Incoming>| {
            // The tasks of the streams outlive this borrow of the connection.
            let (exchange, limits) = (self.exchange.clone(), self.limits);
            let stream = streams.begin();
            async move {
                let progress = Arc::new(Progress::default());
                let turn = progress.begin();
                let intake = Intake::new(progress.clone(), limits.pace);
                let request = request.map(|incoming| intake.watch(incoming));
                let limit = TimeLimit::own(limits, progress);
                let response = exchange.answer(request, accepted.connection, limit).await;
                drop(turn);
                Ok::<_, Infallible>(response.map(|body| body.of_stream(stream)))
            }
        });
        let mut connection = pin!(self.http2.serve_connection(TokioIo::new(wire), service));
        let mut stopped = pin!(stopped(&mut watch));
        let mut lookout = Lookout::new(self.limits, place, accepted.at);
        let end = poll_fn(|cx| {
            progress.share().renew();
            loop {
                if let Poll::Ready(result) = connection.as_mut().poll(cx) {
                    return Poll::Ready(Some(result));
                }
                if streams.abuse().is_some() {
                    return Poll::Ready(None);
                }
                if !lookout.closing && stopped.as_mut().poll(cx).is_ready() {
                    lookout.closing = true;
                    connection.as_mut().graceful_shutdown();
                    continue;
                }
                let now = match progress.now() {
                    (Wait::Reader, steps) => (Wait::Reader, steps),
                    _ => streams.now(),
                };
                ready!(lookout.poll_over(now, cx));
                if now.0 != Wait::Request || lookout.closing {
                    return Poll::Ready(None);
                }
                lookout.closing = true;
                connection.as_mut().graceful_shutdown();
            }
        })
        .await;
        match (end, streams.abuse()) {
            (Some(Err(error)), _) => log(&accepted, &error),
            (None, Some(abuse)) => tracing::warn!(
                target: "plain::server",
                client = accepted.client(),
                "a client {abuse}; its connection is closed"
            ),
            (Some(Ok(())), _) | (None, None) => {}
        }
    }
}
