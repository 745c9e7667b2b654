//! The application as a process that is told what to do.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::cli::dev_supervised::{Answer, CONTROL, Order, line};
use crate::command::error::Error;
use crate::server::Listener;

/// How long processes may take to end when they are asked to.
const GRACE: Duration = Duration::from_secs(5);

/// An application that accepts connections.
pub(super) struct Application {
    process: Child,
    orders: OwnedWriteHalf,
    /// Kept open: where it is closed, the application takes it that nobody is there.
    _answers: BufReader<OwnedReadHalf>,
}

/// What came of starting one.
pub(super) enum Started {
    Ready(Box<Application>),
    Failed(String),
}

/// An application that is not ready yet.
pub(super) struct Starting {
    process: Child,
    control: UnixListener,
}

impl Starting {
    /// Starts `executable` with `words` on `listener`; `control` is the path of a socket to make.
    pub(super) fn start(
        executable: &Path,
        words: &[OsString],
        listener: &Listener,
        control: &Path,
    ) -> Result<Self, Error> {
        let run = |source| Error::Run {
            executable: executable.to_owned(),
            source,
        };
        let socket = UnixListener::bind(control).map_err(run)?;
        let listener = listener.handle().map_err(run)?;
        let process = Command::new(executable)
            .args(words)
            .env(CONTROL, control)
            .stdin(Stdio::from(listener))
            // So that what it starts ends with it, and Ctrl-C is ours to tell it.
            .process_group(0)
            .spawn()
            .map_err(run)?;
        Ok(Self {
            process,
            control: socket,
        })
    }

    /// Waits until it is ready, or has said why it can't be.
    pub(super) async fn wait(&mut self) -> Result<Waited, Error> {
        let control = &self.control;
        let answer = async move {
            let (stream, _) = control.accept().await?;
            let (answers, orders) = stream.into_split();
            let mut answers = BufReader::new(answers);
            let mut text = String::new();
            answers.read_line(&mut text).await?;
            let answer: Answer = serde_json::from_str(&text)?;
            io::Result::Ok((answer, answers, orders))
        };
        tokio::select! {
            biased;
            answer = answer => match answer {
                Ok((Answer::Ready, answers, orders)) => Ok(Waited::Ready(answers, orders)),
                Ok((Answer::Failed(why), ..)) => Ok(Waited::Failed(why)),
                Err(error) => Ok(Waited::Failed(format!("it said nothing: {error}"))),
            },
            status = self.process.wait() => {
                let status = status.map_err(Error::Cargo)?;
                Ok(Waited::Failed(format!("it ended ({status}); the terminal shows what it said")))
            }
        }
    }

    /// What it became.
    pub(super) async fn into_started(mut self, waited: Waited) -> Started {
        match waited {
            Waited::Ready(answers, orders) => Started::Ready(Box::new(Application {
                process: self.process,
                orders,
                _answers: answers,
            })),
            Waited::Failed(why) => {
                end_group(&mut self.process).await;
                Started::Failed(why)
            }
        }
    }

    /// Ends it, whether it is ready or not.
    pub(super) async fn cancel(mut self) {
        end_group(&mut self.process).await;
    }
}

/// What was heard of an application that starts.
pub(super) enum Waited {
    Ready(BufReader<OwnedReadHalf>, OwnedWriteHalf),
    Failed(String),
}

impl Application {
    /// Tells it something. One that has ended hears nothing, which is noticed elsewhere.
    pub(super) async fn tell(&mut self, order: &Order) {
        let _ = self.orders.write_all(&line(order)).await;
    }

    /// Waits until it ends by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Lets it answer what is in flight, and ends it and what it has started.
    pub(super) async fn stop(mut self) {
        let group = group(&self.process);
        self.tell(&Order::Stop).await;
        if timeout(GRACE, self.process.wait()).await.is_err() {
            end_group(&mut self.process).await;
        }
        kill(group, Signal::KILL);
    }

    /// Its process group.
    pub(super) fn group(&self) -> Option<Pid> {
        group(&self.process)
    }
}

/// Ends at once what an application of this process group has left behind.
pub(super) fn end_rest(group: Option<Pid>) {
    kill(group, Signal::KILL);
}

/// Ends `process` and all that it started: by asking, then without.
pub(super) async fn end_group(process: &mut Child) {
    let group = group(process);
    kill(group, Signal::TERM);
    if timeout(GRACE, process.wait()).await.is_err() {
        kill(group, Signal::KILL);
        let _ = process.wait().await;
    }
    kill(group, Signal::KILL);
}

fn group(process: &Child) -> Option<Pid> {
    // Without a number it has ended and was waited for.
    let number = process.id().and_then(|number| i32::try_from(number).ok());
    number.and_then(Pid::from_raw)
}

fn kill(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // A group without processes is what was wanted.
        let _ = kill_process_group(group, signal);
    }
}
