//! [`SessionView`]: a view whose handlers are given the session.

mod around;

use std::future::Future;

use minijinja::Value;
use plain::http::{Error, Request, Response, Result};
use plain::views::{Method, Methods, NotAllowed, View, is_written};

use crate::requests::get_request_session;
use crate::store::SessionStore;

pub use around::{AroundSession, with_session};

/// A view whose handlers are given the request and its session.
///
/// ```
/// use plain::http::{Request, Response, Result};
/// use plain::urls::path;
/// use plain_sessions::{SessionStore, SessionView};
///
/// struct Visits;
///
/// impl SessionView for Visits {
///     async fn get(&self, _request: &Request, session: &SessionStore) -> Result<Response> {
///         session.update("visits", |visits: Option<u32>| visits.unwrap_or(0) + 1)?;
///         let visits: u32 = session.get("visits")?.unwrap_or(0);
///         Ok(Response::text(format!("visit {visits}")))
///     }
/// }
///
/// let route = path("visits", Visits.as_view());
/// ```
///
/// Templates that it renders see the session as `session`: `{{ session.name }}` prints nothing
/// where there is no such value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session view",
    note = "implement `plain_sessions::SessionView` for it: `impl SessionView for {Self} {{ async fn get(&self, request: &Request, session: &SessionStore) -> Result<Response> {{ .. }} }}`"
)]
pub trait SessionView: Sized + Send + Sync + 'static {
    /// Answers `GET`, and `HEAD` unless [`head`](Self::head) is written.
    fn get(
        &self,
        _request: &Request,
        _session: &SessionStore,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `POST`.
    fn post(
        &self,
        _request: &Request,
        _session: &SessionStore,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `PUT`.
    fn put(
        &self,
        _request: &Request,
        _session: &SessionStore,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `PATCH`.
    fn patch(
        &self,
        _request: &Request,
        _session: &SessionStore,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `DELETE`.
    fn delete(
        &self,
        _request: &Request,
        _session: &SessionStore,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Answers `HEAD`.
    fn head(
        &self,
        _request: &Request,
        _session: &SessionStore,
    ) -> impl Future<Output = Result<Response>> + Send {
        NotAllowed
    }

    /// Runs before the handler. A response ends the request there.
    fn before_request(
        &self,
        _request: &Request,
        _session: &SessionStore,
    ) -> impl Future<Output = Result<Option<Response>>> + Send {
        std::future::ready(Ok(None))
    }

    /// Runs after the handler, with what it answered; returns what goes out.
    fn after_response(
        &self,
        _request: &Request,
        response: Response,
    ) -> impl Future<Output = Result<Response>> + Send {
        std::future::ready(Ok(response))
    }

    /// Turns an error of the handler into a response; by default it stays an error.
    fn handle_error(
        &self,
        _request: &Request,
        error: Error,
    ) -> impl Future<Output = Result<Response>> + Send {
        std::future::ready(Err(error))
    }

    /// The view for the router.
    fn as_view(self) -> WithSession<Self> {
        WithSession(self)
    }
}

/// A [`SessionView`] as a [`View`].
#[derive(Debug)]
pub struct WithSession<V>(V);

impl<V: SessionView> View for WithSession<V> {
    async fn get(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        self.0.get(request, &session).await
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        self.0.post(request, &session).await
    }

    async fn put(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        self.0.put(request, &session).await
    }

    async fn patch(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        self.0.patch(request, &session).await
    }

    async fn delete(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        self.0.delete(request, &session).await
    }

    async fn head(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        self.0.head(request, &session).await
    }

    async fn before_request(&self, request: &Request) -> Result<Option<Response>> {
        let session = get_request_session(request).await?;
        request.add_context("session", Value::from_object(session.clone()));
        self.0.before_request(request, &session).await
    }

    async fn after_response(&self, request: &Request, response: Response) -> Result<Response> {
        self.0.after_response(request, response).await
    }

    async fn handle_error(&self, request: &Request, error: Error) -> Result<Response> {
        self.0.handle_error(request, error).await
    }

    fn methods(&self) -> Methods {
        let handlers = [
            (Method::Get, is_written(&V::get)),
            (Method::Post, is_written(&V::post)),
            (Method::Put, is_written(&V::put)),
            (Method::Patch, is_written(&V::patch)),
            (Method::Delete, is_written(&V::delete)),
            (Method::Head, is_written(&V::head)),
        ];
        Methods::of(handlers)
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<V>()
    }
}
