//! The pages of the guide, so that each of their Rust blocks is a doctest.
//!
//! `cargo test -p plain-guide` also runs their commands, reads their settings, templates and SQL,
//! and follows their links. The project of the tutorial is the program `shop`.

#[doc = include_str!("../../../docs/src/introduction.md")]
pub mod introduction {}

#[doc = include_str!("../../../docs/src/development.md")]
pub mod development {}

#[doc = include_str!("../../../docs/src/settings.md")]
pub mod settings {}

#[doc = include_str!("../../../docs/src/packages.md")]
pub mod packages {}

#[doc = include_str!("../../../docs/src/views.md")]
pub mod views {}

#[doc = include_str!("../../../docs/src/urls.md")]
pub mod urls {}

#[doc = include_str!("../../../docs/src/templates.md")]
pub mod templates {}

#[doc = include_str!("../../../docs/src/forms.md")]
pub mod forms {}

#[doc = include_str!("../../../docs/src/database.md")]
pub mod database {}

#[doc = include_str!("../../../docs/src/migrations.md")]
pub mod migrations {}

#[doc = include_str!("../../../docs/src/sessions.md")]
pub mod sessions {}

#[doc = include_str!("../../../docs/src/users.md")]
pub mod users {}

#[doc = include_str!("../../../docs/src/admin.md")]
pub mod admin {}

#[doc = include_str!("../../../docs/src/chores.md")]
pub mod chores {}

#[doc = include_str!("../../../docs/src/testing.md")]
pub mod testing {}

#[doc = include_str!("../../../docs/src/assets.md")]
pub mod assets {}

#[doc = include_str!("../../../docs/src/errors.md")]
pub mod errors {}

#[doc = include_str!("../../../docs/src/deployment.md")]
pub mod deployment {}

#[doc = include_str!("../../../docs/src/security.md")]
pub mod security {}

#[doc = include_str!("../../../docs/src/observability.md")]
pub mod observability {}

#[doc = include_str!("../../../docs/src/from-django.md")]
pub mod from_django {}

#[doc = include_str!("../../../docs/src/from-axum.md")]
pub mod from_axum {}

#[doc = include_str!("../../../docs/src/from-plain.md")]
pub mod from_plain {}
