//! What the test client got back.

use std::fmt;

use bytes::Bytes;
use http::header::{self, AsHeaderName, HeaderMap};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::reference::Address;
use crate::db::Statement;
use crate::http::{Response, StatusCode};

/// How much of a body `Debug` shows, in bytes.
const SHOWN: usize = 2000;

/// A response, with its whole body.
pub struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    address: Address,
    statements: Vec<Statement>,
}

impl TestResponse {
    /// Reads all of `response`, which came from `address`.
    pub(super) async fn read(mut response: Response, address: Address) -> Self {
        let body = match response.take_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => panic!(
                "the body of the response to {} broke off: {error}",
                address.target
            ),
        };
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body,
            address,
            statements: Vec::new(),
        }
    }

    /// The same response, with the statements that it cost.
    pub(super) fn with_statements(mut self, statements: Vec<Statement>) -> Self {
        self.statements = statements;
        self
    }

    /// The statements that the application sent to its database for this response, in order.
    ///
    /// `assert_eq!(response.statements().len(), 1)` states that a page costs one query. Where
    /// redirects were followed, they are those of the last page.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The status; it compares with a number: `assert_eq!(response.status(), 200)`.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first value of the header `name`, if it is visible ASCII.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where a redirect leads, as the header says it.
    pub fn location(&self) -> Option<&str> {
        self.header(header::LOCATION)
    }

    /// The path and query that answered: the last one, where redirects were followed.
    pub fn url(&self) -> &str {
        &self.address.target
    }

    /// The `Set-Cookie` headers, as they are.
    pub fn set_cookies(&self) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all(header::SET_COOKIE).iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// The `Set-Cookie` header of the cookie `name`, as it is; the last, if there are several.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        self.set_cookies()
            .filter(|header| {
                let set = header.split('=').next().unwrap_or_default();
                set.trim_matches([' ', '\t']) == name
            })
            .last()
    }

    /// The bytes of the body.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// If it is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        match std::str::from_utf8(&self.body) {
            Ok(text) => text,
            Err(error) => panic!("the body is no text: {error}\n{self:?}"),
        }
    }

    /// The body, read as JSON.
    ///
    /// # Panics
    ///
    /// If it is no JSON, or not of the shape of `T`.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("the body is not the JSON that was asked for: {error}\n{self:?}"),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }
}

impl fmt::Debug for TestResponse {
    /// All that a failed assertion's reader wants to see: status, headers, and how the body starts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} from {}", self.status, self.address.target)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        let shown = &self.body[..self.body.len().min(SHOWN)];
        write!(f, "\n{}", String::from_utf8_lossy(shown))?;
        if self.body.len() > SHOWN {
            write!(f, "... ({} bytes)", self.body.len())?;
        }
        Ok(())
    }
}
