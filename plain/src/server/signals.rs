//! SIGTERM and SIGINT, which stop a server, and SIGHUP, which lets it read its certificate again.

use std::io;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::shutdown::Shutdown;
use super::tls::Tls;

/// Listens to signals for as long as it lives.
#[derive(Debug)]
pub(super) struct Signals(JoinHandle<()>);

impl Drop for Signals {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Lets the first SIGTERM or SIGINT finish a server, and the second end it.
#[cfg(unix)]
pub(super) fn stop(shutdown: Shutdown) -> io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(Signals(tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(target: "plain::server", signal = name, "asked to stop");
            shutdown.escalate();
        }
    })))
}

/// Lets each SIGHUP read the certificate of `tls` again.
#[cfg(unix)]
pub(super) fn reload(tls: Arc<Tls>) -> io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(Signals(tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let tls = tls.clone();
            // Reading files may take a while; what came of it is in the log.
            let _ = tokio::task::spawn_blocking(move || tls.reload()).await;
        }
    })))
}

/// There is no such signal here.
#[cfg(not(unix))]
pub(super) fn reload(_: Arc<Tls>) -> io::Result<Signals> {
    Ok(Signals(tokio::spawn(async {})))
}

/// Lets the first Ctrl-C finish a server, and the second end it.
#[cfg(not(unix))]
pub(super) fn stop(shutdown: Shutdown) -> io::Result<Signals> {
    Ok(Signals(tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            tracing::info!(target: "plain::server", signal = "Ctrl-C", "asked to stop");
            shutdown.escalate();
        }
    })))
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::{Command, id};

    use super::*;

    #[tokio::test]
    async fn the_first_signal_finishes_and_the_second_ends() {
        let shutdown = Shutdown::new();
        let mut watch = shutdown.watch();
        let _signals = stop(shutdown).unwrap();
        let raise = |signal: &str| {
            let command = format!("kill -{signal} {}", id());
            assert!(
                Command::new("sh")
                    .args(["-c", &command])
                    .status()
                    .unwrap()
                    .success()
            );
        };
        raise("TERM");
        watch.finishing().await;
        raise("INT");
        watch.ending().await;
    }
}
