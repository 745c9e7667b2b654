//! What the guide shows that is no Rust. The Rust blocks are doctests of this crate; the tutorial's
//! project is its program `shop`.
//!
//! | module | what it states |
//! | --- | --- |
//! | `commands` | commands do what is shown, in the shop |
//! | `contents` | settings, templates, SQL and JSON are what they are called |
//! | `links` | links lead somewhere, and no page is forgotten |
//! | `packages` | what a package can bring, and what `plain new` makes |
//! | `requests` | `plain request` makes requests as a user |

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

mod commands;
mod contents;
mod links;
mod packages;
mod requests;
mod support;
