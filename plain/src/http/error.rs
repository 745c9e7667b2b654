//! The error that a view, a middleware or a chore returns: a status, words for the client, and the
//! cause for the log.
//!
//! Any `std::error::Error` becomes one with `?` and is a 500 whose text the client never sees.
//! [`Error::not_found`] and its neighbours are for what the client should be told.

use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::body::BoxError;

/// What a view returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure with the HTTP status that it is answered with.
///
/// ```
/// use plain::http::{Error, StatusCode};
///
/// let error = Error::not_found("no order has this number");
/// assert_eq!(error.status(), StatusCode::NOT_FOUND);
///
/// let hidden: Error = "x".parse::<u8>().unwrap_err().into();
/// assert_eq!(hidden.status(), StatusCode::INTERNAL_SERVER_ERROR);
/// assert_eq!(hidden.public_message(), None);
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    status: StatusCode,
    message: Option<String>,
    headers: HeaderMap,
    details: Details,
    cause: Option<BoxError>,
    place: &'static Location<'static>,
}

/// What a program is told besides the words for people.
pub(crate) type Details = serde_json::Map<String, serde_json::Value>;

impl Error {
    /// An error answered with `status`, whose `message` the client sees.
    #[track_caller]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            status,
            message: Some(message.into()),
            headers: HeaderMap::new(),
            details: Details::new(),
            cause: None,
            place: Location::caller(),
        }))
    }

    /// 400: the request can't be understood.
    #[track_caller]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 403: understood, and refused.
    #[track_caller]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404: nothing is here.
    #[track_caller]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 409: understood, and at odds with what is there now.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 503: something that the answer needs is away for the moment. Asks the client to come back.
    #[track_caller]
    pub fn service_unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
            .with_header(http::header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// 500: `message` goes to the log; the client sees a general page.
    #[track_caller]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::from_cause(message.into())
    }

    /// 500, caused by `cause`, which goes to the log and not to the client.
    #[track_caller]
    pub fn from_cause(cause: impl Into<BoxError>) -> Self {
        Self(Box::new(Inner {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: None,
            headers: HeaderMap::new(),
            details: Details::new(),
            cause: Some(cause.into()),
            place: Location::caller(),
        }))
    }

    /// The same error with what caused it, for the log.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The same error with a header that its response is to carry.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// The same error with something that a program can act on. It stands beside `status` and
    /// `message` (whose names it can't take) in the JSON that a client which prefers JSON is
    /// answered with; pages don't show it.
    ///
    /// ```
    /// use plain::http::Error;
    ///
    /// enum Fault {
    ///     SoldOut { left: u32 },
    /// }
    ///
    /// // With this, `?` turns a `Fault` into its answer. `Fault` must not implement
    /// // `std::error::Error` itself: `?` turns those into a 500.
    /// impl From<Fault> for Error {
    ///     fn from(fault: Fault) -> Self {
    ///         let Fault::SoldOut { left } = fault;
    ///         Error::bad_request(format!("only {left} are left"))
    ///             .with_detail("code", "sold_out")
    ///             .with_detail("left", left)
    ///     }
    /// }
    /// # let error = Error::from(Fault::SoldOut { left: 2 });
    /// # assert_eq!(error.detail("left"), Some(&2.into()));
    /// ```
    #[must_use]
    pub fn with_detail(
        mut self,
        name: impl Into<String>,
        value: impl Into<serde_json::Value>,
    ) -> Self {
        self.0.details.insert(name.into(), value.into());
        self
    }

    /// The same error, answered with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The words for the client; `None` where it is told nothing beyond the status.
    pub fn public_message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Headers for the response, such as `Allow` or `Retry-After`.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The detail called `name`.
    pub fn detail(&self, name: &str) -> Option<&serde_json::Value> {
        self.0.details.get(name)
    }

    /// All details.
    pub(crate) fn details(&self) -> &Details {
        &self.0.details
    }

    /// What caused it.
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    /// Where in the code it was made: of an error that became one by `?`, the line of that.
    pub fn place(&self) -> &'static Location<'static> {
        self.0.place
    }

    /// The same error, as one that was made at `place`: where a function was called, not in it.
    pub(crate) fn at(mut self, place: &'static Location<'static>) -> Self {
        self.0.place = place;
        self
    }

    /// The first error of type `T` in the chain of causes.
    pub fn find<T: StdError + 'static>(&self) -> Option<&T> {
        self.chain().find_map(|error| error.downcast_ref())
    }

    /// The causes, from the nearest to the root.
    pub fn chain(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        let first = self.cause().map(|cause| cause as &(dyn StdError + 'static));
        std::iter::successors(first, |&error| error.source())
    }
}

/// `?` on any error: a 500 with that error as its cause.
impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    #[track_caller]
    fn from(cause: E) -> Self {
        Self::from_cause(cause)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.0.message.iter().cloned().collect();
        parts.extend(self.chain().map(ToString::to_string));
        // A cause whose text repeats that of its own source is said once.
        parts.dedup_by(|next, previous| previous.contains(next.as_str()));
        if parts.is_empty() {
            return write!(f, "{}", self.0.status);
        }
        f.write_str(&parts.join(": "))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the page could not be made")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn the_log_text_shows_the_message_and_each_cause_once() {
        let cause = Outer("x".parse::<u8>().unwrap_err());
        let error = Error::bad_request("page is not a number").with_cause(cause);
        assert_eq!(
            error.to_string(),
            "page is not a number: the page could not be made: invalid digit found in string"
        );
    }

    #[test]
    fn an_error_knows_the_line_that_made_it() {
        fn parse() -> Result<u8> {
            Ok("x".parse()?)
        }
        let by_question_mark = parse().unwrap_err().place().line();
        assert_eq!(by_question_mark, line!() - 3);
        let (error, line) = (Error::not_found("no such order"), line!());
        assert_eq!(
            (error.place().file(), error.place().line()),
            (file!(), line)
        );
    }

    #[test]
    fn a_cause_is_found_by_its_type_at_any_depth() {
        let error = Error::from(Outer("x".parse::<u8>().unwrap_err()));
        assert!(error.find::<std::num::ParseIntError>().is_some());
        assert!(error.find::<fmt::Error>().is_none());
    }
}
