//! Views: types whose methods are named after HTTP's.
//!
//! [`View`] is the one trait that the router knows. Every other view trait becomes a `View` with
//! its `as_view()`. A view answers the methods that it overrides: `Allow`, 405, `OPTIONS` and
//! `HEAD` follow from that, without a list to keep.

mod bound_form;
mod decorator;
mod form_view;
mod method;
mod model_views;
mod redirect_view;
mod template_view;
mod view;

pub use bound_form::BoundForm;
pub use decorator::{Decorated, Decorator, decorated};
pub use form_view::{FormPage, FormView};
pub(crate) use form_view::{Rejection, checked};
pub use method::{Method, Methods};
pub use model_views::{DetailPage, DetailView, ListPage, ListView};
pub use redirect_view::{RedirectView, Redirection};
pub use template_view::{TemplatePage, TemplateView};
pub use view::{NotAllowed, View};

pub use crate::written::is_written;
