//! Pages that reload themselves: a script in each, and the events that it listens to.
//!
//! Only `plain dev` serves through this, and only while it watches. The events hold what the
//! compiler said, code included; so they are for pages of this machine, and of the hosts that the
//! application answers for.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::http::{Body, Connection, Event, Response};
use crate::server::Handler;

const SCRIPT_PATH: &str = "/__plain_dev__/reload.js";
const EVENTS_PATH: &str = "/__plain_dev__/events";
const SCRIPT: &str = include_str!("reload.js");

/// How long a browser waits before it asks again after the server was swapped.
const RETRY: Duration = Duration::from_millis(100);

/// How it stands with the application that is being developed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum Status {
    /// What is served is what was written.
    #[default]
    Fine,
    /// It is being built.
    Building,
    /// It could not be built or started.
    Failed {
        /// What failed.
        title: String,
        /// Why.
        problems: Vec<Problem>,
    },
}

/// Why an application could not be built or started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// The file, line and column, if one is at fault.
    pub(crate) place: Option<String>,
    /// All there is to say about it.
    pub(crate) text: String,
}

/// What the pages are told.
#[derive(Clone, Debug, Serialize)]
struct News {
    /// Another one than the page was loaded with asks it to reload.
    id: String,
    #[serde(flatten)]
    status: Status,
    #[serde(skip)]
    ended: bool,
}

/// Tells the open pages. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Pages(Arc<watch::Sender<News>>);

impl Pages {
    pub(crate) fn new() -> Self {
        let news = News {
            id: crate::random::token(),
            status: Status::Fine,
            ended: false,
        };
        Self(Arc::new(watch::Sender::new(news)))
    }

    /// Asks the open pages to reload.
    pub(crate) fn reload(&self) {
        self.0.send_modify(|news| news.id = crate::random::token());
    }

    /// Tells the open pages how it stands.
    pub(crate) fn tell(&self, status: Status) {
        self.0.send_modify(|news| news.status = status);
    }

    /// How it stands.
    pub(crate) fn status(&self) -> Status {
        self.0.borrow().status.clone()
    }

    /// Ends the events, for a server that stops; the pages then ask the next one.
    pub(crate) fn end(&self) {
        self.0.send_modify(|news| news.ended = true);
    }

    fn id(&self) -> String {
        self.0.borrow().id.clone()
    }

    fn events(&self) -> Response {
        let receiver = self.0.subscribe();
        let events = stream::unfold((receiver, true), |(mut receiver, is_first)| async move {
            if !is_first && receiver.changed().await.is_err() {
                return None;
            }
            let news = receiver.borrow_and_update().clone();
            if news.ended {
                return None;
            }
            let event = Event::json(&news).ok()?.with_retry(RETRY);
            Some((event, (receiver, false)))
        });
        Response::events(events)
    }
}

/// Answers as `inner` does, with the script in each page.
#[derive(Clone, Debug)]
pub(crate) struct Live<H> {
    inner: H,
    pages: Pages,
    /// As `ALLOWED_HOSTS` has them.
    hosts: Arc<[String]>,
}

impl<H: Handler> Live<H> {
    pub(crate) fn new(inner: H, pages: Pages, hosts: &[String]) -> Self {
        Self {
            inner,
            pages,
            hosts: hosts.into(),
        }
    }

    /// Whether the request comes from a page that may see code. A name of another host may be one
    /// that was made to lead here; an address can't be.
    fn is_ours(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let Some(host) = host.and_then(|host| host.parse::<http::uri::Authority>().ok()) else {
            return false;
        };
        let host = host.host().to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is_listed = |pattern: &String| match pattern.strip_prefix('.') {
            Some(domain) => host == domain || host.ends_with(pattern.as_str()),
            None => *pattern == host || pattern == "*",
        };
        host == "localhost"
            || host.ends_with(".localhost")
            || address.parse::<std::net::IpAddr>().is_ok()
            || self.hosts.iter().any(is_listed)
    }
}

impl<H: Handler> Handler for Live<H> {
    async fn handle(&self, request: http::Request<Body>, connection: Connection) -> Response {
        match request.uri().path() {
            EVENTS_PATH if self.is_ours(request.headers()) => self.pages.events(),
            EVENTS_PATH => Response::new(StatusCode::FORBIDDEN),
            SCRIPT_PATH => script(),
            _ => {
                // What changes while the page is made counts as a change after it.
                let id = self.pages.id();
                let is_head = request.method() == Method::HEAD;
                let response = self.inner.handle(request, connection).await;
                match is_head {
                    true => response,
                    false => with_script(response, &id),
                }
            }
        }
    }
}

fn script() -> Response {
    const JAVASCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");
    Response::bytes(JAVASCRIPT, SCRIPT)
        .with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

/// Puts the script into a page. Pages that are sent piece by piece stay as they are.
fn with_script(mut response: Response, id: &str) -> Response {
    let is_page = response
        .header(CONTENT_TYPE)
        .is_some_and(|kind| kind.starts_with("text/html"));
    let is_plain = response.header(CONTENT_ENCODING).is_none();
    let page = response.body().as_bytes();
    let Some(page) = page.filter(|page| is_page && is_plain && !page.is_empty()) else {
        return response;
    };
    let nonce = response.header("content-security-policy").and_then(nonce);
    let nonce = nonce.map_or_else(String::new, |nonce| format!(" nonce=\"{nonce}\""));
    let script = format!("<script src=\"{SCRIPT_PATH}?id={id}\"{nonce}></script>\n");
    let end = b"</body>";
    let place = page.windows(end.len()).rposition(|window| window == end);
    let place = place.unwrap_or(page.len());
    let page = [&page[..place], script.as_bytes(), &page[place..]].concat();
    if response.headers().contains_key(CONTENT_LENGTH) {
        let length = HeaderValue::from(page.len());
        response.headers_mut().insert(CONTENT_LENGTH, length);
    }
    response.set_body(page);
    response
}

/// The nonce that the policy of a page names.
fn nonce(policy: &str) -> Option<&str> {
    let (_, rest) = policy.split_once("'nonce-")?;
    let (nonce, _) = rest.split_once('\'')?;
    let is_nonce = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    nonce.chars().all(is_nonce).then_some(nonce)
}

#[cfg(test)]
mod tests;
