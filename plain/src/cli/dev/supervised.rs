//! The application under `plain dev`: on the socket that is handed down, and told what to do.
//!
//! The listening socket is the standard input, which hands it down without any unsafe code. Over a
//! Unix socket, `plain dev` is told by lines when it may send requests here (`ready`), or why it
//! can't (`failed`), and tells when pages are to reload, what failed, and when to stop. If that
//! socket is closed, `plain dev` is gone, and so the application goes, too.

use std::env;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::live::{Live, Pages, Status};
use crate::app::App;
use crate::cli::server::run_beside;
use crate::http::Result;
use crate::middleware::HostSettings;
use crate::server::{Listener, Server, ServerSettings};

/// The variable that names the Unix socket. (`PLAIN_` is for settings.)
pub(crate) const CONTROL: &str = "PLAINDEV_CONTROL";

/// What the application says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It accepts connections.
    Ready,
    /// It can't be started.
    Failed(String),
}

/// What the application is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Pages are to be loaded again.
    Reload,
    /// Pages are to know how it stands.
    Status(Status),
    /// Another process has taken over.
    Stop,
}

/// A value as a line.
pub(crate) fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Whether `plain dev` has started this process.
pub(super) fn is_supervised() -> bool {
    env::var_os(CONTROL).is_some()
}

/// Tells `plain dev`, if that has started this process, why the application can't be started.
pub(super) fn tell_failure(why: &dyn std::fmt::Display) {
    if let Some(path) = env::var_os(CONTROL)
        && let Ok(mut control) = UnixStream::connect(path)
    {
        // Where it is gone, there is nobody to tell.
        let _ = control.write_all(&line(&Answer::Failed(why.to_string())));
    }
}

/// Serves on the socket that was handed down until `plain dev` says to stop, or is gone.
pub(super) async fn serve(app: &App) -> Result<std::process::ExitCode> {
    let control = UnixStream::connect(env::var_os(CONTROL).unwrap_or_default())?;
    control.set_nonblocking(true)?;
    let (orders, mut answers) = tokio::net::UnixStream::from_std(control)?.into_split();
    let settings = app.settings().get::<ServerSettings>()?.clone();
    let settings = settings.in_folder(app.root());
    let server = Server::on(handed_down()?, &settings)?;
    let shutdown = server.shutdown();
    let pages = Pages::new();
    let hosts = app.settings().get::<HostSettings>()?;
    let live = Live::new(app.clone(), pages.clone(), &hosts.allowed_hosts);
    let mut orders = BufReader::new(orders).lines();
    tokio::spawn(async move {
        while let Ok(Some(order)) = orders.next_line().await {
            match serde_json::from_str(&order) {
                Ok(Order::Reload) => pages.reload(),
                Ok(Order::Status(status)) => pages.tell(status),
                Ok(Order::Stop) | Err(_) => break,
            }
        }
        pages.end();
        shutdown.finish();
    });
    answers.write_all(&line(&Answer::Ready)).await?;
    run_beside(app, &settings, server.run(live)).await
}

fn handed_down() -> io::Result<Listener> {
    Listener::handed_down(io::stdin().as_fd().try_clone_to_owned()?)
}
