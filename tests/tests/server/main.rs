//! The server as a process, pressed from outside.
//!
//! | module | what it states |
//! | --- | --- |
//! | `stop` | nothing is lost when it is told to stop under load |
//! | `siege` | how much memory hostile clients cost, and that ordinary ones are served meanwhile |
//! | `hostile` | what the application's pages answer to bad input |
//! | `isolation` | how far a page that holds its thread disturbs others |
//! | `tls`, `sockets` | TLS and its reload, Unix sockets, sockets that are passed |

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]

mod hostile;
mod isolation;
mod siege;
mod sockets;
mod stop;
mod tls;

use plain_tests::command_line::Project;
use plain_tests::siege::PRESSED;

/// The application `pressed` with more settings, ready to be served.
fn pressed(settings: &str) -> Project {
    let project = Project::new(
        env!("CARGO_BIN_EXE_pressed"),
        &format!("{PRESSED}{settings}"),
    );
    project.done("migrate");
    project
}
