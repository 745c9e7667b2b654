//! Why a body could not be read.

use std::sync::Arc;

use http::StatusCode;
use http::header::{self, HeaderValue};

use super::body::BoxError;
use super::error::Error;

/// Why a body could not be read. It is kept with the request, so that who reads again learns the
/// same.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body of the request is larger than {limit} bytes, {source_of_limit}")]
    TooLarge {
        limit: u64,
        source_of_limit: &'static str,
    },
    #[error("{what} has more than {limit} {counted}, the limit that {setting} sets")]
    TooMany {
        what: &'static str,
        counted: &'static str,
        limit: u64,
        setting: &'static str,
    },
    #[error("{}", wrong_type(expected, found.as_deref()))]
    WrongType {
        expected: &'static str,
        found: Option<String>,
    },
    #[error(
        "this page reads a body as it is, not compressed: send it without the header Content-Encoding"
    )]
    Compressed,
    #[error("{0}")]
    Malformed(String),
    #[error("the connection ended before the body of the request was complete")]
    BrokenOff(#[source] Arc<BoxError>),
    #[error("the body of the request came too slowly: send it again over a better connection")]
    TooSlow,
    #[error("an uploaded file can't be kept on disk: look for space and rights in {folder}")]
    Storage {
        folder: String,
        #[source]
        cause: Arc<std::io::Error>,
    },
    #[error(
        "the bodies of all requests take more than {limit} bytes of memory, the limit that \
         REQUEST_MAX_MEMORY sets"
    )]
    NoRoom { limit: u64 },
    #[error(
        "the body of this request was read before as a stream or a multipart form: read it in one \
         place, or use `bytes()`, which remembers it"
    )]
    ReadBefore,
}

/// Where the limit of a body comes from, in the words of the error.
pub(super) const LIMIT_OF_SETTING: &str = "the limit that REQUEST_MAX_BODY_SIZE sets";
/// The same, where the view set it.
pub(super) const LIMIT_OF_VIEW: &str = "the limit that this page sets";

/// The error of a body whose client pauses or trickles.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the client sends too slowly")]
pub(crate) struct TooSlow;

fn wrong_type(expected: &str, found: Option<&str>) -> String {
    match found {
        Some(found) => format!(
            "this page reads a body of type {expected}, not {found}: change the header Content-Type and the body to match"
        ),
        None => format!(
            "this page reads a body of type {expected}, and the request names none: send it in the header Content-Type"
        ),
    }
}

impl BodyError {
    /// Why a body could not be read to its end that the server was reading.
    pub(super) fn broken_off(cause: BoxError) -> Self {
        if cause.is::<TooSlow>() {
            return Self::TooSlow;
        }
        match malformed(&*cause) {
            Some(text) => Self::Malformed(format!("the body of the request is not valid: {text}")),
            None => Self::BrokenOff(cause.into()),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } | Self::TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongType { .. } | Self::Compressed => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Malformed(_) | Self::BrokenOff(_) => StatusCode::BAD_REQUEST,
            Self::NoRoom { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage { .. } | Self::ReadBefore => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The error as it is answered.
    pub(super) fn answer(&self) -> Error {
        let status = self.status();
        if status.is_server_error() {
            let error = Error::from_cause(self.clone()).with_status(status);
            return match self {
                Self::NoRoom { .. } => {
                    error.with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
                }
                _ => error,
            };
        }
        let error = Error::new(status, self.to_string()).with_cause(self.clone());
        match self {
            // RFC 9110 section 15.5.16: what would have been accepted.
            Self::WrongType { expected, .. } => {
                let accepted = expected.replace(" or ", ", ");
                let accepted = HeaderValue::try_from(accepted).expect("media types are ASCII");
                error.with_header(header::ACCEPT, accepted)
            }
            Self::Compressed => {
                let identity = HeaderValue::from_static("identity");
                error.with_header(header::ACCEPT_ENCODING, identity)
            }
            _ => error,
        }
    }
}

/// What is wrong with the bytes, if a body ended for that reason.
fn malformed(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.find_map(|cause| {
        let cause: &std::io::Error = cause.downcast_ref()?;
        matches!(cause.kind(), InvalidData | InvalidInput).then(|| cause.to_string())
    })
}
