//! The names that most files with pages need: `use plain::prelude::*;`.
//!
//! ```
//! use plain::prelude::*;
//!
//! struct Hello;
//!
//! impl View for Hello {
//!     async fn get(&self, request: &Request) -> Result<Response> {
//!         let name: String = request.param("name")?;
//!         Ok(Response::text(format!("Hello, {name}")))
//!     }
//! }
//!
//! fn pages() -> Urls {
//!     urls([path("hello/<name>", Hello)])
//! }
//! ```
//!
//! What is rarer is imported by its own name, which says where to read on.

pub use crate::context;
pub use crate::db::Model;
pub use crate::http::{Error, Request, Response, Result};
pub use crate::templates::Value;
pub use crate::urls::{Urls, include, path, urls};
pub use crate::views::{DetailView, FormView, ListView, RedirectView, TemplateView, View};
