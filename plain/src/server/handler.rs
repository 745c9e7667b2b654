//! What the server and the test client hand requests to.

use std::future::Future;

use crate::http::{Body, Connection, HeaderValue, Response};

/// Something that answers HTTP requests: an application, or a function.
///
/// ```
/// use plain::http::{Body, Connection, Response};
/// use plain::server::Handler;
///
/// async fn greet(_: http::Request<Body>, _: Connection) -> Response {
///     Response::text("Hello")
/// }
///
/// fn is_handler(_: impl Handler) {}
/// is_handler(greet);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer HTTP requests",
    note = "pass a `plain::App`, or a function: `async fn answer(request: http::Request<Body>, connection: Connection) -> Response {{ .. }}`"
)]
pub trait Handler: Clone + Send + Sync + 'static {
    /// Answers `request`, which came over `connection`.
    ///
    /// There is always a response; an error is made one in here.
    fn handle(
        &self,
        request: http::Request<Body>,
        connection: Connection,
    ) -> impl Future<Output = Response> + Send;

    /// The id of `request`, which came over `connection`, where it has one that can be believed; else
    /// the server makes one.
    fn request_id(
        &self,
        request: &http::Request<Body>,
        connection: Connection,
    ) -> Option<HeaderValue> {
        let _ = (request, connection);
        None
    }
}

// What is no function is told what a handler is, not that it is no function.
#[diagnostic::do_not_recommend]
impl<F, A> Handler for F
where
    F: Fn(http::Request<Body>, Connection) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response> + Send,
{
    fn handle(
        &self,
        request: http::Request<Body>,
        connection: Connection,
    ) -> impl Future<Output = Response> + Send {
        self(request, connection)
    }
}

impl Handler for crate::App {
    fn handle(
        &self,
        request: http::Request<Body>,
        connection: Connection,
    ) -> impl Future<Output = Response> + Send {
        self.handle(request, connection)
    }

    fn request_id(
        &self,
        request: &http::Request<Body>,
        connection: Connection,
    ) -> Option<HeaderValue> {
        self.request_id(request, connection)
    }
}
