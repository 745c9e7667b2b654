//! Templates: minijinja, with the templates of all installed packages under the project's.
//!
//! [`Request::render`](crate::http::Request::render) makes a page. A template is found by its name:
//! the project's own goes before a package's, a later package's before an earlier one's. HTML is
//! escaped, and what is undefined is an error that names what was meant, not an empty place.
//!
//! Besides its context a template has `request`, `csp_nonce`, `url(name, ...)`, `asset(path)`,
//! `now()`, and what packages add.

mod context;
mod engine;
mod error;
mod error_page;
mod escape;
mod filters;
mod globals;
mod render;
mod request;
#[cfg(test)]
mod tests;
mod to_value;

pub use context::missing;
pub use engine::Templates;
pub(crate) use engine::TemplatesBuilder;
pub use error::{SourceLine, TemplateError};
pub(crate) use error_page::{error_response, sentence};
pub(crate) use globals::Global;
pub use request::TemplateRequest;

pub use to_value::to_value;

pub use crate::context;
#[doc(hidden)]
pub use minijinja;
pub use minijinja::Value;
