//! Faults of the database, from outside: the site's server is a process, and what happens to its
//! database is real.
//!
//! | module | the fault |
//! | --- | --- |
//! | `start` | the database is away when a command starts |
//! | `away` | it goes away later, or another process locks it |
//! | `cut` | connections end in the middle of a statement or of a commit |
//! | `exhausted` | all connections are in use |
//! | `full`, `read_only`, `missing` | the disk is full, nothing can be written, a table is not there |
//! | `killed` | the application or the database is killed while it writes |
//!
//! What must hold after each: nothing that was answered as saved is lost, nothing that was not is
//! shown as saved, answers come within a bounded time, and all is well again without a restart. What that
//! comes to in figures each test prints in a line that begins with `fault:`.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

mod away;
mod cut;
mod exhausted;
mod figures;
mod full;
mod killed;
mod missing;
mod read_only;
mod small_disk;
mod start;

use plain::db::Kind;
use plain_tests::setup::Setup;

/// The program of the site.
const SITE: &str = env!("CARGO_BIN_EXE_site");

/// The site, migrated, on an empty database of `kind`, with more `settings`.
async fn site(kind: Kind, settings: &str) -> Setup {
    Setup::new(SITE, kind, settings).await.migrated()
}
