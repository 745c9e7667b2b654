//! `plain worker`, and the same work inside of a server.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use std::{io, pin};

use chrono::Utc;
use clap::Command;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::connect::connect;
use super::console::Console;
use super::migrate::warn_if_pending;
use super::{Call, count, metrics, server};
use crate::app::App;
use crate::chores::{Runner, Schedule, Worker};
use crate::db::Create;
use crate::http::Result;

pub(super) fn definition() -> Command {
    Command::new("worker")
        .about("Runs chores as CHORES_SCHEDULE says, until it is stopped")
        .long_about(
            "Runs chores as CHORES_SCHEDULE says, until it is stopped. Any number of workers and \
             servers may share a database: each run is done by one of them. SIGTERM or SIGINT lets \
             a running chore end, the second one breaks it off.",
        )
        .after_help(
            "`plain server` does the same unless CHORES_IN_SERVER is false.\n\n\
             Example: plain worker",
        )
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call { app, console, .. } = call;
    let _log = server::log(app)?;
    connect(app, Create::Never, console).await?;
    warn_if_pending(app, console).await?;
    let _metrics = metrics::serve(app)?;
    // Before anything is announced: who reads that may stop it at once.
    let mut signals = Signals::listen()?;
    announce(app, console)?;
    let runner = runner(app)?;
    let worker = Worker::new(runner.clone(), schedule(app)?);
    let (stop, stopped) = oneshot::channel::<()>();
    let mut work = pin::pin!(worker.run(async { drop(stopped.await) }));
    tokio::select! {
        () = &mut work => return Ok(ExitCode::SUCCESS),
        asked = signals.next() => asked?,
    }
    tracing::info!("asked to stop");
    let _ = stop.send(());
    tokio::select! {
        () = work => return Ok(ExitCode::SUCCESS),
        asked = signals.next() => asked?,
    }
    runner.give_up().await?;
    Ok(ExitCode::FAILURE)
}

fn announce(app: &App, console: &mut Console) -> Result<()> {
    let schedule = schedule(app)?;
    match schedule.next_after(Utc::now()) {
        Some(next) => console.line(format_args!(
            "{} on schedule; the next run is at {}",
            count(schedule.planned().len(), "chore"),
            next.format("%Y-%m-%d %H:%M UTC")
        ))?,
        None => console.warn("no chore has a schedule; set one in CHORES_SCHEDULE"),
    }
    Ok(())
}

fn schedule(app: &App) -> Result<&Schedule> {
    Ok(app.services().require::<Schedule>()?)
}

fn runner(app: &App) -> Result<Runner> {
    let services = app.services();
    Ok(Runner::new(services.clone(), services.database()?.clone()))
}

/// A worker on a thread of its own, so that no chore holds up a visitor.
pub(super) struct Beside {
    runner: Runner,
    stop: oneshot::Sender<()>,
    break_off: oneshot::Sender<()>,
    /// Closed when the thread ends.
    ended: oneshot::Receiver<()>,
}

/// How long a chore may take to notice that it is broken off; one that blocks never does.
const LONGEST_END: Duration = Duration::from_secs(1);

impl Beside {
    /// Starts it.
    pub(super) fn start(app: &App) -> Result<Self> {
        let runner = runner(app)?;
        let worker = Worker::new(runner.clone(), schedule(app)?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (break_off, broken_off) = oneshot::channel::<()>();
        let (running, ended) = oneshot::channel::<()>();
        thread::Builder::new()
            .name("plain-chores".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = worker.run(async { drop(stopped.await) }) => {}
                        _ = broken_off => {}
                    }
                });
                drop(running);
            })?;
        Ok(Self {
            runner,
            stop,
            break_off,
            ended,
        })
    }

    /// Lets a running chore end within `grace`, or until a signal asks once more, then breaks it
    /// off.
    pub(super) async fn stop(mut self, grace: Duration) -> Result<()> {
        let mut signals = Signals::listen()?;
        // Where nobody listens, the thread has ended.
        let _ = self.stop.send(());
        tokio::select! {
            _ = &mut self.ended => return Ok(()),
            () = sleep(grace) => {}
            asked = signals.next() => asked?,
        }
        let _ = self.break_off.send(());
        let _ = timeout(LONGEST_END, self.ended).await;
        Ok(self.runner.give_up().await?)
    }
}

/// The signals that ask to stop, from the moment on that they are listened to.
#[cfg(unix)]
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next SIGTERM or SIGINT.
    async fn next(&mut self) -> io::Result<()> {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        Ok(())
    }
}

/// The signals that ask to stop.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the next Ctrl-C.
    async fn next(&mut self) -> io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
