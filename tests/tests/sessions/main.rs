//! What `plain.sessions` promises, stated through HTTP.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

mod batches;
mod clocks;
mod concurrency;
mod cookies;
mod damaged;
mod handles;
mod keys;
mod model;
mod outages;
mod secrecy;
mod start;
mod stored;
mod table;
mod templates;
mod upkeep;
mod vanished;

use plain::test::TestResponse;
use proptest::test_runner::Config as ProptestConfig;

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

/// Waits for `work` within a property test, whose body is not asynchronous itself.
fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}

/// So many cases of a property.
fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(count)
    }
}
