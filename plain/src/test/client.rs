//! A browser without a screen, for one application, without a socket.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::jar::{Jar, Place, StoredCookie};
use super::multipart::Part;
use super::reference::Address;
use super::request::ClientRequest;
use crate::server::Handler;

/// Sends requests to a [`Handler`] in this process and keeps the cookies it sets, as a browser does.
///
/// A clone is the same browser: it shares the cookies. [`Client::new`] is another visitor.
///
/// ```
/// # use plain::http::{Body, Connection, Response};
/// use plain::test::Client;
///
/// # async fn app(_: http::Request<Body>, _: Connection) -> Response { Response::text("Hello") }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let client = Client::new(app);
/// let response = client.get("/").header("accept", "text/plain").await;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.text(), "Hello");
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Client<H> {
    pub(super) handler: H,
    pub(super) secure: bool,
    pub(super) host: String,
    pub(super) headers: HeaderMap,
    pub(super) address: IpAddr,
    cookies: Arc<Mutex<Cookies>>,
}

#[derive(Debug, Default)]
struct Cookies {
    jar: Jar,
    /// How far the browser's clock is ahead.
    ahead: Duration,
}

impl<H: Handler> Client<H> {
    /// A new visitor of `handler`: on `http://localhost`, from 127.0.0.1, without a cookie.
    pub fn new(handler: H) -> Self {
        Self {
            handler,
            secure: false,
            host: "localhost".to_owned(),
            headers: HeaderMap::new(),
            address: IpAddr::from([127, 0, 0, 1]),
            cookies: Arc::default(),
        }
    }

    /// The same visitor over HTTPS.
    #[must_use]
    pub fn https(mut self) -> Self {
        self.secure = true;
        self
    }

    /// The same visitor on another host, such as `"shop.example"` or `"localhost:8000"`.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The same visitor from another address.
    #[must_use]
    pub fn peer(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// The same visitor, whose requests all carry the header `name`.
    ///
    /// # Panics
    ///
    /// If `name` or `value` can't be a header's.
    #[must_use]
    #[track_caller]
    pub fn default_header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = header(name, value);
        self.headers.insert(name, value);
        self
    }

    /// Starts a request for `url`: a path with a query, or a whole URL.
    pub fn request(&self, method: Method, url: &str) -> ClientRequest<H> {
        ClientRequest::new(self.clone(), method, url)
    }

    /// Starts a GET of `url`.
    pub fn get(&self, url: &str) -> ClientRequest<H> {
        self.request(Method::GET, url)
    }

    /// Starts a HEAD of `url`.
    pub fn head(&self, url: &str) -> ClientRequest<H> {
        self.request(Method::HEAD, url)
    }

    /// Sends PUT to `url`; `.json(&value)` and the like give it a body.
    pub fn put(&self, url: &str) -> ClientRequest<H> {
        self.request(Method::PUT, url)
    }

    /// Sends PATCH to `url`.
    pub fn patch(&self, url: &str) -> ClientRequest<H> {
        self.request(Method::PATCH, url)
    }

    /// Sends DELETE to `url`.
    pub fn delete(&self, url: &str) -> ClientRequest<H> {
        self.request(Method::DELETE, url)
    }

    /// Starts a POST to `url`, without a body so far.
    pub fn post(&self, url: &str) -> ClientRequest<H> {
        self.request(Method::POST, url)
    }

    /// Starts a POST of the fields of `form`, as a browser sends a form.
    ///
    /// # Panics
    ///
    /// If `form` is not a struct, a map or a list of pairs.
    #[track_caller]
    pub fn post_form<T: Serialize + ?Sized>(&self, url: &str, form: &T) -> ClientRequest<H> {
        self.post(url).form(form)
    }

    /// Starts a POST of `value` as JSON.
    ///
    /// # Panics
    ///
    /// If `value` can't be written as JSON.
    #[track_caller]
    pub fn post_json<T: Serialize + ?Sized>(&self, url: &str, value: &T) -> ClientRequest<H> {
        self.post(url).json(value)
    }

    /// Starts a POST of a form with files.
    pub fn post_multipart(
        &self,
        url: &str,
        parts: impl IntoIterator<Item = Part>,
    ) -> ClientRequest<H> {
        self.post(url).multipart(parts)
    }

    /// All cookies of this browser that have not ended, in the order in which they were set.
    pub fn cookies(&self) -> Vec<StoredCookie> {
        let cookies = self.lock();
        let now = cookies.now();
        let lives = |cookie: &&StoredCookie| cookie.expires.is_none_or(|expires| expires > now);
        cookies.jar.all().iter().filter(lives).cloned().collect()
    }

    /// The value of the cookie `name` that the front page gets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let host = self.home().host();
        let place = Place {
            secure: self.secure,
            host: &host,
            path: "/",
        };
        let cookies = self.lock();
        let mut visible = cookies.jar.visible(place, cookies.now());
        let cookie = visible.find(|cookie| cookie.name == name)?;
        Some(cookie.value.clone())
    }

    /// Puts a cookie into the browser, for all of this host, as if the application had set it.
    pub fn set_cookie(&self, name: impl Into<String>, value: impl Into<String>) {
        let cookie = StoredCookie {
            name: name.into(),
            value: value.into(),
            domain: self.home().host(),
            host_only: true,
            path: "/".to_owned(),
            expires: None,
            secure: false,
            http_only: false,
            same_site: None,
        };
        let mut cookies = self.lock();
        let now = cookies.now();
        cookies.jar.put(cookie, now);
    }

    /// Drops the cookies called `name`.
    pub fn remove_cookie(&self, name: &str) {
        self.lock().jar.remove(|cookie| cookie.name == name);
    }

    /// Drops all cookies.
    pub fn clear_cookies(&self) {
        self.lock().jar.remove(|_| true);
    }

    /// Closes the browser and opens it again: cookies without an end are gone.
    pub fn restart(&self) {
        self.lock().jar.remove(|cookie| cookie.expires.is_none());
    }

    /// Moves the browser's clock ahead, so that cookies end. The application's clock stays.
    pub fn advance(&self, time: Duration) {
        self.lock().ahead += time;
    }

    /// The front page.
    pub(super) fn home(&self) -> Address {
        Address {
            secure: self.secure,
            authority: self.host.clone(),
            target: "/".to_owned(),
        }
    }

    /// Lets `act` use the jar, at the browser's time.
    pub(super) fn with_jar<T>(&self, act: impl FnOnce(&mut Jar, SystemTime) -> T) -> T {
        let mut cookies = self.lock();
        let now = cookies.now();
        act(&mut cookies.jar, now)
    }

    fn lock(&self) -> MutexGuard<'_, Cookies> {
        // A panic elsewhere has failed its test; the jar is whole after each of its operations.
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cookies {
    fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead
    }
}

/// A header's name and value.
#[track_caller]
pub(super) fn header(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    match (name.parse(), value.parse()) {
        (Ok(name), Ok(value)) => (name, value),
        _ => panic!("`{name}: {value}` can't be a header"),
    }
}

#[cfg(test)]
mod tests;
