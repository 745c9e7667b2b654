//! The HTTP server.

mod handler;

pub use handler::Handler;
