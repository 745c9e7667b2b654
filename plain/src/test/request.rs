//! A request of the test client, from its first word to the response.

use std::future::IntoFuture;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use serde::Serialize;

use super::client::{self, Client};
use super::events::EventStream;
use super::jar::{Origin, Place};
use super::multipart::{self, Part};
use super::reference::Address;
use super::response::TestResponse;
use crate::db;
use crate::http::{Body, Connection, Response, Scheme};
use crate::server::Handler;

/// A request that is sent when it is awaited.
///
/// ```
/// # use plain::http::{Body, Connection, Response};
/// # use plain::test::Client;
/// # async fn app(_: http::Request<Body>, _: Connection) -> Response { Response::redirect("/done") }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let client = Client::new(app);
/// let response = client.post_form("/cart", &[("item", "7")]).header("x-test", "1").await;
/// assert_eq!(response.location(), Some("/done"));
/// # });
/// ```
#[must_use = "a request is sent when it is awaited"]
#[derive(Debug)]
pub struct ClientRequest<H> {
    client: Client<H>,
    method: Method,
    address: Address,
    headers: HeaderMap,
    body: Bytes,
    origin: Origin,
    redirects: usize,
}

impl<H: Handler> ClientRequest<H> {
    #[track_caller]
    pub(super) fn new(client: Client<H>, method: Method, url: &str) -> Self {
        let Some(address) = client.home().join(url) else {
            panic!("`{url}` is no path and no HTTP URL");
        };
        Self {
            headers: client.headers.clone(),
            client,
            method,
            address,
            body: Bytes::new(),
            origin: Origin::SameSite,
            redirects: 0,
        }
    }

    /// Sets the header `name`.
    ///
    /// # Panics
    ///
    /// If `name` or `value` can't be a header's.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = client::header(name, value);
        self.headers.insert(name, value);
        self
    }

    /// Sets the body, as it is.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to the fields of `form`, as a browser sends a form.
    ///
    /// # Panics
    ///
    /// If `form` is not a struct, a map or a list of pairs.
    #[track_caller]
    pub fn form<T: Serialize + ?Sized>(self, form: &T) -> Self {
        match serde_html_form::to_string(form) {
            Ok(text) => self
                .content_type("application/x-www-form-urlencoded")
                .body(text),
            Err(error) => panic!("this can't be sent as a form: {error}"),
        }
    }

    /// Sets the body to `value` as JSON.
    ///
    /// # Panics
    ///
    /// If `value` can't be written as JSON.
    #[track_caller]
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.content_type("application/json").body(json),
            Err(error) => panic!("this can't be sent as JSON: {error}"),
        }
    }

    /// Sets the body to a form with files.
    pub fn multipart(self, parts: impl IntoIterator<Item = Part>) -> Self {
        let (content_type, body) = multipart::encode(parts);
        self.content_type(&content_type).body(body)
    }

    /// Sends it from another address.
    pub fn peer(mut self, address: impl Into<IpAddr>) -> Self {
        self.client.address = address.into();
        self
    }

    /// Sends it as a browser does when a page of another site caused it: with
    /// `Sec-Fetch-Site: cross-site`, and with those cookies only that `SameSite` lets pass.
    ///
    /// GET and HEAD count as a link that the visitor followed, other methods as a form there.
    pub fn cross_site(mut self) -> Self {
        self.origin = match self.method.is_safe() {
            true => Origin::CrossSiteNavigation,
            false => Origin::CrossSite,
        };
        let headers = &mut self.headers;
        headers.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        headers.insert("sec-fetch-mode", HeaderValue::from_static("navigate"));
        let elsewhere = HeaderValue::from_static("https://elsewhere.example");
        headers.insert(header::ORIGIN, elsewhere);
        self
    }

    /// Follows up to `limit` redirects; the response is that of the last page.
    ///
    /// # Panics
    ///
    /// When it is awaited, if there are more, or one that leads to no HTTP URL.
    pub fn follow_redirects(mut self, limit: usize) -> Self {
        self.redirects = limit;
        self
    }

    /// Sends it, and returns the response before its body was read: for a stream without an end.
    pub async fn stream(self) -> Response {
        let request = self.build();
        let connection = self.connection();
        let response = self.client.handler.handle(request, connection).await;
        self.take_cookies(&response);
        response
    }

    /// Sends it, and returns the server-sent events of the response, to be awaited one by one.
    ///
    /// # Panics
    ///
    /// When it is awaited, if the response is no stream of events.
    pub async fn events(self) -> EventStream {
        EventStream::of(self.stream().await)
    }

    fn content_type(mut self, content_type: &str) -> Self {
        let (name, value) = client::header("content-type", content_type);
        self.headers.insert(name, value);
        self
    }

    /// The request as the server would hand it on.
    fn build(&self) -> http::Request<Body> {
        let mut request = http::Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = match self.address.target.parse() {
            Ok(uri) => uri,
            Err(error) => panic!("`{}` can't be requested: {error}", self.address.target),
        };
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        let set_default = |headers: &mut HeaderMap, name, value: String| {
            if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::try_from(value))
            {
                headers.insert(name, value);
            }
        };
        set_default(headers, header::HOST, self.address.authority.clone());
        if !self.body.is_empty() || self.method == Method::POST {
            set_default(headers, header::CONTENT_LENGTH, self.body.len().to_string());
        }
        let kept = self.with_place(|place| {
            self.client
                .with_jar(|jar, now| jar.header(place, self.origin, now))
        });
        // A test that writes the header itself wants just that.
        if let Some(cookies) = kept {
            set_default(headers, header::COOKIE, cookies);
        }
        request
    }

    fn connection(&self) -> Connection {
        Connection {
            peer: Some(SocketAddr::new(self.client.address, 50_000)),
            scheme: match self.address.secure {
                true => Scheme::Https,
                false => Scheme::Http,
            },
        }
    }

    fn take_cookies(&self, response: &Response) {
        self.with_place(|place| {
            self.client.with_jar(|jar, now| {
                for value in response.headers().get_all(header::SET_COOKIE) {
                    jar.store(value.as_bytes(), place, now);
                }
            });
        });
    }

    fn with_place<T>(&self, act: impl FnOnce(Place<'_>) -> T) -> T {
        act(Place {
            secure: self.address.secure,
            host: &self.address.host(),
            path: self.address.path(),
        })
    }

    async fn send(&self) -> TestResponse {
        let (response, statements) = db::observe(self.exchange()).await;
        response.with_statements(statements)
    }

    async fn exchange(&self) -> TestResponse {
        let request = self.build();
        let answer = self.client.handler.handle(request, self.connection());
        let mut response = answer.await;
        if self.method == Method::HEAD {
            response.set_body(Body::empty());
        }
        self.take_cookies(&response);
        TestResponse::read(response, self.address.clone()).await
    }

    async fn send_and_follow(mut self) -> TestResponse {
        let mut response = self.send().await;
        if self.redirects == 0 {
            return response;
        }
        let mut left = self.redirects;
        while response.status().is_redirection() {
            let Some(location) = response.location() else {
                return response;
            };
            assert!(
                left > 0,
                "more redirects than allowed; the next: {response:?}"
            );
            left -= 1;
            match response.address().join(location) {
                Some(address) => self.address = address,
                None => panic!("a redirect leads to no HTTP URL: {response:?}"),
            }
            self.change_method(response.status());
            response = self.send().await;
        }
        response
    }

    /// What the method becomes on the way (RFC 9110 sections 15.4.2 to 15.4.9).
    fn change_method(&mut self, status: StatusCode) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if !becomes_get {
            return;
        }
        self.method = Method::GET;
        self.body = Bytes::new();
        self.headers.remove(header::CONTENT_TYPE);
        self.headers.remove(header::CONTENT_LENGTH);
    }
}

impl<H: Handler> IntoFuture for ClientRequest<H> {
    type Output = TestResponse;
    type IntoFuture = BoxFuture<'static, TestResponse>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send_and_follow())
    }
}
