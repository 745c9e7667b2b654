//! HTTP as views see it: [`Request`], [`Response`], and [`Error`]s that carry a status.
//!
//! This part knows settings and nothing above it. What a request offers of the higher parts
//! (`render`, `database`, `reverse`) is written where those parts are, on top of
//! [`Request::services`].

mod body;
mod error;
mod request;
mod response;

pub use body::{Body, BoxError};
pub use error::{Error, Result};
pub use request::{Connection, PathParams, Request, Scheme};
pub use response::Response;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
