//! Tools for tests: an application with a fresh database, a client that talks to it without a
//! socket, requests for testing one view, and a server on a port of its own.
//!
//! What goes wrong in here fails the test that called it, with a panic that says why. The tools
//! belong into tests; nothing else uses them.

mod app;
mod both;
mod client;
mod cookie_date;
mod database;
mod events;
mod factory;
mod jar;
mod multipart;
mod postgres;
mod reference;
mod request;
mod response;
mod server;
mod set_cookie;

pub use crate::both;
pub use app::{TestApp, TestAppBuilder};
pub use both::{is_tested, run_on};
pub use client::Client;
pub use database::TestDatabase;
pub use events::EventStream;
pub use factory::{RequestBuilder, RequestFactory};
pub use jar::StoredCookie;
pub use multipart::Part;
pub use postgres::PostgresServer;
pub use request::ClientRequest;
pub use response::TestResponse;
pub use server::TestServer;
