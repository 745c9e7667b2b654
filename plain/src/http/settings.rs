//! The limits that hold for every request.

use serde::{Deserialize, Serialize};

use crate::settings::{Problems, SettingsGroup};

/// How much of a request's body is read, and where uploads are kept meanwhile.
///
/// A view that needs more (or wants less) says so with [`Request::set_body_limit`].
///
/// [`Request::set_body_limit`]: super::Request::set_body_limit
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct HttpSettings {
    /// The largest body that is read, in bytes.
    pub request_max_body_size: u64,
    /// The most bytes that the bodies of all requests may take in memory together; a request
    /// beyond is answered with 503. Files on disk and bodies that are read as a stream don't count.
    pub request_max_memory: u64,
    /// The most fields in one form or query.
    pub request_max_fields: usize,
    /// The most bytes that the text fields of one multipart form may have together; they are kept
    /// in memory, whatever limit the view sets for the body.
    pub request_max_fields_size: u64,
    /// The most files in one form.
    pub request_max_files: usize,
    /// The size in bytes up to which an uploaded file stays in memory; a larger one goes to a file
    /// in the system's folder for temporary files.
    pub request_memory_file_size: u64,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            request_max_body_size: 10 * 1024 * 1024,
            request_max_memory: 256 * 1024 * 1024,
            request_max_fields: 1000,
            request_max_fields_size: 2 * 1024 * 1024,
            request_max_files: 100,
            request_memory_file_size: 256 * 1024,
        }
    }
}

impl SettingsGroup for HttpSettings {
    fn check(&self, problems: &mut Problems) {
        if self.request_max_body_size == 0 {
            problems.add(
                "REQUEST_MAX_BODY_SIZE",
                "must be at least 1, or no form can be sent",
            );
        }
        if self.request_max_memory < self.request_max_body_size {
            problems.add_among(
                &["REQUEST_MAX_MEMORY", "REQUEST_MAX_BODY_SIZE"],
                "must be at least REQUEST_MAX_BODY_SIZE, or such a body can never be read",
            );
        }
        if self.request_max_fields == 0 {
            problems.add(
                "REQUEST_MAX_FIELDS",
                "must be at least 1, or no form can be sent",
            );
        }
    }
}
