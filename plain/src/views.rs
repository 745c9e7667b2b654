//! Views: types whose methods are named after HTTP's.
//!
//! [`View`] is the one trait that the router knows. Every other view trait becomes a `View` with
//! its `as_view()`. A view answers the methods that it overrides: `Allow`, 405, `OPTIONS` and
//! `HEAD` follow from that, without a list to keep.

mod method;
mod view;

pub use method::{Method, Methods};
pub use view::{NotAllowed, View};
