//! HTTP as views see it: [`Request`], [`Response`], and [`Error`]s that carry a status.
//!
//! This part knows settings and nothing above it. What a request offers of the higher parts
//! (`render`, `database`, `reverse`) is written where those parts are, on top of
//! [`Request::services`].

mod accept;
mod body;
mod body_error;
mod conditional;
mod content;
mod cookies;
mod error;
mod events;
mod expiry;
mod file;
mod form;
mod memory;
mod multipart;
mod range;
mod request;
mod response;
mod settings;
#[cfg(test)]
pub(crate) mod testing;
mod upload;

pub use body::{Body, BoxError};
pub(crate) use body_error::TooSlow;
pub use cookies::{Cookie, CookieBuilder, Expiration, SameSite, time};
pub(crate) use file::content_type;

pub(crate) use error::Details;
pub use error::{Error, Result};
pub use events::{Event, EventSender};
pub(crate) use expiry::{Expiry, unless_over};
pub use form::{FormData, InvalidField};
pub(crate) use memory::BodyMemory;
pub use request::{Connection, PathParams, Request, Scheme};
pub use response::Response;
pub use settings::HttpSettings;
pub use upload::UploadedFile;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
pub use bytes::Bytes;
