//! What is noted of each request: its numbers for Prometheus, and why it was slow.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::{Method, StatusCode};

use crate::costs;
use crate::http::Request;
use crate::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use crate::urls::Router;

/// Stands for the status where the client left before there was an answer, or the server gave one in
/// the application's place; a number that no standard gives, known from other servers.
const NO_ANSWER: u16 = 499;

/// How many combinations of method and status of one route are told apart: more than any real route
/// has. What comes later is counted with the status `other`.
const MOST_ANSWERS: usize = 24;

/// The metrics of all routes, made when the application starts.
pub(super) struct Watch {
    routes: HashMap<Arc<str>, RouteMetrics>,
    /// Those of requests that no route answers.
    none: RouteMetrics,
    in_flight: Gauge,
    slow: Option<Duration>,
}

impl Watch {
    /// Watches the requests to `router`; of those that take longer than `slow` the log says why.
    pub(super) fn new(router: &Router, slow: Option<Duration>) -> Self {
        let routes = router.routes().iter().map(|route| {
            let pattern = Arc::from(route.pattern());
            let metrics = RouteMetrics::new(&format!("/{}", route.pattern()));
            (pattern, metrics)
        });
        Self {
            routes: routes.collect(),
            none: RouteMetrics::new("none"),
            in_flight: gauge(
                "plain_http_requests_in_flight",
                "Requests that are being answered",
                &[],
            ),
            slow,
        }
    }

    /// Starts to watch `request`, until what is returned is dropped.
    pub(super) fn begin(&self, request: &http::Request<impl Sized>) -> Visit<'_> {
        self.in_flight.increment();
        Visit {
            watch: self,
            started: Instant::now(),
            method: request.method().clone(),
            route: None,
            status: NO_ANSWER,
        }
    }

    fn of(&self, route: Option<&str>) -> &RouteMetrics {
        route
            .and_then(|route| self.routes.get(route))
            .unwrap_or(&self.none)
    }
}

/// The metrics of one route.
struct RouteMetrics {
    /// The pattern as it is shown.
    label: Arc<str>,
    duration: Histogram,
    answers: [OnceLock<(Answer, Counter)>; MOST_ANSWERS],
    others: OnceLock<Counter>,
}

/// What tells one counter of a route from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Answer {
    method: &'static str,
    status: u16,
}

impl RouteMetrics {
    fn new(label: &str) -> Self {
        Self {
            label: label.into(),
            duration: histogram(
                "plain_http_request_duration_seconds",
                "Time from the head of a request to that of its answer",
                &[("route", label)],
            ),
            answers: Default::default(),
            others: OnceLock::new(),
        }
    }

    /// The counter of `answer`. Answers find their places in turn, each at its first time; a place
    /// that another thread took meanwhile is passed over.
    fn counter(&self, answer: Answer) -> &Counter {
        for place in &self.answers {
            let (known, counter) = place.get_or_init(|| {
                let status = answer.status.to_string();
                (answer, self.new_counter(answer.method, &status))
            });
            if *known == answer {
                return counter;
            }
        }
        self.others
            .get_or_init(|| self.new_counter("other", "other"))
    }

    fn new_counter(&self, method: &str, status: &str) -> Counter {
        counter(
            "plain_http_requests",
            "Requests by the pattern of their route, method and status",
            &[
                ("route", &self.label),
                ("method", method),
                ("status", status),
            ],
        )
    }
}

/// A request on its way; what is known of it when this is dropped is noted. Its path is in the access
/// log, and its id on each line.
pub(super) struct Visit<'a> {
    watch: &'a Watch,
    started: Instant,
    method: Method,
    route: Option<Arc<str>>,
    status: u16,
}

impl Visit<'_> {
    /// Notes which route answers `request`, once that is known.
    pub(super) fn routed(&mut self, request: &Request) {
        self.route = request.route_pattern();
    }

    /// Notes how the request was answered.
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.status = status.as_u16();
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let time = self.started.elapsed();
        let metrics = self.watch.of(self.route.as_deref());
        let answer = Answer {
            method: shown(&self.method),
            status: self.status,
        };
        metrics.counter(answer).increment();
        metrics.duration.observe(time);
        self.watch.in_flight.decrement();
        if self.watch.slow.is_some_and(|slow| time >= slow) {
            self.say_why(&metrics.label, time);
        }
    }
}

impl Visit<'_> {
    fn say_why(&self, route: &str, time: Duration) {
        costs::read(|costs| {
            let of = |part| costs::milliseconds(costs.of(part).time);
            tracing::warn!(
                target: "plain::slow",
                method = self.method.as_str(),
                route,
                status = self.status,
                duration_ms = costs::milliseconds(time),
                busy_ms = costs::milliseconds(costs.busy().min(time)),
                statements = costs.of(costs::DATABASE).times,
                database_ms = of(costs::DATABASE),
                waiting_ms = of(costs::WAITING),
                templates_ms = of(costs::TEMPLATES),
                body_ms = of(costs::BODY),
                also = costs.others().map(tracing::field::display),
                "a request was slow"
            );
        });
    }
}

/// The method as a label: one that a client made up is not shown, or there would be no end of them.
fn shown(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let known = KNOWN.into_iter().find(|known| method.as_str() == *known);
    known.unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_can_not_make_new_metrics_without_end() {
        let route = RouteMetrics::new("/endless");
        for status in 200..300 {
            let method = shown(&Method::from_bytes(b"MADE-UP").unwrap());
            route.counter(Answer { method, status }).increment();
        }
        let first = Answer {
            method: "other",
            status: 200,
        };
        assert_eq!(route.counter(first).get(), 1);
        let late = Answer {
            method: "other",
            status: 299,
        };
        assert_eq!(route.counter(late).get(), 100 - MOST_ANSWERS as u64);
    }
}
