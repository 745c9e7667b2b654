//! What `plain.sessions` promises, stated through HTTP.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

mod concurrency;
mod cookies;
mod damaged;
mod keys;
mod secrecy;
mod start;
mod table;
mod vanished;

use plain::test::TestResponse;

/// The cookie that makes a browser forget its session, with default settings.
const FORGET: &str = "sessionid=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; \
                      Expires=Thu, 01 Jan 1970 00:00:00 GMT";

/// The header `Set-Cookie` of the session.
fn cookie(response: &TestResponse) -> Option<&str> {
    response.set_cookie("sessionid")
}

/// The header `Vary`.
fn vary(response: &TestResponse) -> Option<&str> {
    response.header("vary")
}

/// A key that is formed like ours and that no row has.
const UNKNOWN: &str = "abcdefghijklmnopqrstuvwxyz012345";
