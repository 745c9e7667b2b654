//! The middleware of an application in order, with the view in the middle.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{BuiltIn, Middleware};
use crate::http::{Error, Request, Response, Result};
use crate::panicked::Panicked;
use crate::written::is_written;

/// All middleware of an application.
pub(crate) struct Chain {
    built_in: BuiltIn,
    /// What `MIDDLEWARE` lists, outermost first.
    links: Vec<Link>,
    to_response: Box<ErrorToResponse>,
}

/// Turns an error into what the client sees.
type ErrorToResponse = dyn Fn(&Request, Error) -> Response + Send + Sync;

impl Chain {
    /// A chain of `links` within the built-ins; errors become responses by `to_response`.
    pub(crate) fn new(
        built_in: BuiltIn,
        links: Vec<Link>,
        to_response: impl Fn(&Request, Error) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self {
            built_in,
            links,
            to_response: Box::new(to_response),
        }
    }

    /// The outermost.
    pub(crate) fn built_in(&self) -> &BuiltIn {
        &self.built_in
    }

    /// Takes `request` through the chain; `view` answers what no middleware answered.
    ///
    /// There is always a response: an error becomes its page, a panic that of a 500.
    pub(crate) async fn handle<F>(&self, request: &mut Request, view: F) -> Response
    where
        F: AsyncFnOnce(&mut Request) -> Result<Response>,
    {
        let mut passed = 0;
        let mut answer = guarded_now(|| self.built_in.before_request(request)).transpose();
        while answer.is_none()
            && let Some(link) = self.links.get(passed)
        {
            answer = link.enter(request).await;
            passed += usize::from(answer.is_none());
        }
        let answer = match answer {
            Some(answer) => answer,
            None => guarded(view(request)).await,
        };
        let mut response = self.settle(request, answer);
        for link in self.links[..passed]
            .iter()
            .rev()
            .filter(|link| link.phases.after)
        {
            let answer = guarded(link.middleware.after_response(request, response)).await;
            response = self.settle(request, answer);
        }
        let answer = guarded_now(|| {
            self.built_in.after_response(request, &mut response);
            Ok(response)
        });
        self.settle(request, answer)
    }

    fn settle(&self, request: &Request, answer: Result<Response>) -> Response {
        answer.unwrap_or_else(|error| (self.to_response)(request, error))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.links).finish()
    }
}

/// A middleware in its place.
pub(crate) struct Link {
    name: &'static str,
    middleware: Box<dyn Boxed>,
    phases: Phases,
}

impl Link {
    /// Puts `middleware` into a chain as `name`.
    pub(crate) fn new<M: Middleware>(name: &'static str, middleware: M) -> Self {
        Self {
            name,
            middleware: Box::new(middleware),
            phases: Phases::of::<M>(),
        }
    }

    /// The name under which `MIDDLEWARE` lists it.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The names of those that must stand before it.
    pub(crate) fn requires(&self) -> &'static [&'static str] {
        self.middleware.requires()
    }

    async fn enter(&self, request: &mut Request) -> Option<Result<Response>> {
        if !self.phases.before {
            return None;
        }
        guarded(self.middleware.before_request(request))
            .await
            .transpose()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Which phases a middleware has written.
struct Phases {
    before: bool,
    after: bool,
}

impl Phases {
    fn of<M: Middleware>() -> Self {
        Self {
            before: is_written(&M::before_request),
            after: is_written(&M::after_response),
        }
    }
}

/// [`Middleware`] with boxed futures, so that a chain can hold different ones.
trait Boxed: Send + Sync {
    fn before_request<'a>(
        &'a self,
        request: &'a mut Request,
    ) -> BoxFuture<'a, Result<Option<Response>>>;

    fn after_response<'a>(
        &'a self,
        request: &'a Request,
        response: Response,
    ) -> BoxFuture<'a, Result<Response>>;

    fn requires(&self) -> &'static [&'static str];
}

impl<M: Middleware> Boxed for M {
    fn before_request<'a>(
        &'a self,
        request: &'a mut Request,
    ) -> BoxFuture<'a, Result<Option<Response>>> {
        Box::pin(Middleware::before_request(self, request))
    }

    fn after_response<'a>(
        &'a self,
        request: &'a Request,
        response: Response,
    ) -> BoxFuture<'a, Result<Response>> {
        Box::pin(Middleware::after_response(self, request, response))
    }

    fn requires(&self) -> &'static [&'static str] {
        Middleware::requires(self)
    }
}

/// Runs `future`; a panic in it becomes an error, which nobody but its own request notices.
fn guarded<T>(future: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
    let guarded = AssertUnwindSafe(future).catch_unwind();
    guarded.map(|result| result.unwrap_or_else(|payload| Err(Panicked::new(&*payload).into())))
}

/// The same for `work` that waits for nothing.
fn guarded_now<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(Panicked::new(&*payload).into()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::http::StatusCode;
    use crate::http::testing::get;
    use crate::middleware::built_in::testing;

    type Trace = Arc<Mutex<Vec<String>>>;

    struct Traced {
        name: &'static str,
        trace: Trace,
        answers: bool,
    }

    impl Middleware for Traced {
        async fn before_request(&self, _: &mut Request) -> Result<Option<Response>> {
            self.trace
                .lock()
                .unwrap()
                .push(format!("{} before", self.name));
            Ok(self.answers.then(|| Response::text(self.name)))
        }

        async fn after_response(&self, _: &Request, response: Response) -> Result<Response> {
            let status = response.status().as_u16();
            self.trace
                .lock()
                .unwrap()
                .push(format!("{} after {status}", self.name));
            Ok(response)
        }
    }

    struct OnlyRequires;

    impl Middleware for OnlyRequires {}

    fn request() -> Request {
        get("/", [("host", "shop.example")])
    }

    fn chain(trace: &Trace, answering: Option<&str>) -> Chain {
        let names = ["outer", "middle", "inner"];
        let links = names.map(|name| {
            let answers = answering == Some(name);
            Link::new(
                name,
                Traced {
                    name,
                    trace: trace.clone(),
                    answers,
                },
            )
        });
        Chain::new(testing::of_shop(true), links.into(), |_, error| {
            Response::new(error.status())
        })
    }

    #[tokio::test]
    async fn requests_pass_in_reading_order_and_responses_in_reverse() {
        let trace = Trace::default();
        chain(&trace, None)
            .handle(&mut request(), async |_| Ok(Response::text("view")))
            .await;
        let expected = [
            "outer before",
            "middle before",
            "inner before",
            "inner after 200",
            "middle after 200",
            "outer after 200",
        ];
        assert_eq!(*trace.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn a_middleware_that_answers_skips_the_rest_inward() {
        let trace = Trace::default();
        let chain = chain(&trace, Some("middle"));
        chain
            .handle(&mut request(), async |_| panic!("the view runs"))
            .await;
        assert_eq!(
            *trace.lock().unwrap(),
            ["outer before", "middle before", "outer after 200"]
        );
    }

    #[tokio::test]
    async fn a_panic_in_a_view_passes_the_chain_as_a_500() {
        let trace = Trace::default();
        let chain = chain(&trace, None);
        let response = chain.handle(&mut request(), async |_| panic!("oh")).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(
            trace
                .lock()
                .unwrap()
                .contains(&"outer after 500".to_owned())
        );
    }

    #[test]
    fn a_phase_that_is_not_written_is_not_called() {
        let phases = Phases::of::<OnlyRequires>();
        assert!(!phases.before && !phases.after);
        let phases = Phases::of::<Traced>();
        assert!(phases.before && phases.after);
    }
}
