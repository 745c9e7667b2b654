//! The loop: a change, a build, and the application that takes over.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

use super::build::{Build, Built};
use super::child::{Application, Started, Starting, end_rest};
use super::waiting::Waiting;
use super::watch::{Changes, Watcher};
use crate::cli::dev_live::{Problem, Status};
use crate::cli::dev_supervised::Order;
use crate::command::error::Error;
use crate::command::project::Binary;
use crate::server::{Listener, ServerSettings};

/// Holds the socket, and all that is started.
pub(super) struct Supervisor {
    root: PathBuf,
    binary: Binary,
    words: Vec<OsString>,
    listener: Listener,
    settings: ServerSettings,
    /// Sockets for the applications; the folder goes with this process.
    folder: TempDir,
    started: usize,
    watcher: Watcher,
    signals: Signals,
    serving: Serving,
    /// The program that was built last, and when it was written.
    program: Option<(PathBuf, Option<SystemTime>)>,
    /// Applications that answer what is in flight.
    retiring: JoinSet<()>,
}

/// Who answers requests.
enum Serving {
    Application(Box<Application>),
    Waiting(Waiting),
    /// Only while one takes over from the other.
    Nobody,
}

/// Why work was broken off.
enum Interrupted {
    Changed(Changes),
    Stop,
}

impl Supervisor {
    pub(super) fn start(
        root: &Path,
        binary: Binary,
        words: &[OsString],
        listener: Listener,
        settings: ServerSettings,
        watched: &[PathBuf],
    ) -> Result<Self, Error> {
        let waiting = Waiting::start(&listener, &settings, Status::Building);
        let waiting = waiting.map_err(|error| Error::Listen(error.to_string()))?;
        let watcher = Watcher::start(root, watched);
        let watcher = watcher.map_err(|error| Error::Watch(io::Error::other(error)))?;
        Ok(Self {
            root: root.to_owned(),
            binary,
            words: words.to_owned(),
            listener,
            settings,
            folder: tempfile::tempdir().map_err(Error::Watch)?,
            started: 0,
            watcher,
            signals: Signals::listen().map_err(Error::Watch)?,
            serving: Serving::Waiting(waiting),
            program: None,
            retiring: JoinSet::new(),
        })
    }

    /// Builds and serves until it is stopped; `url` is where.
    pub(super) async fn run(mut self, url: &str) -> Result<ExitCode, Error> {
        say(format_args!("Listening on {url}"));
        let result = self.work().await;
        self.stop().await;
        result.map(|()| ExitCode::SUCCESS)
    }

    async fn work(&mut self) -> Result<(), Error> {
        let mut changes = Changes {
            code: true,
            ..Changes::default()
        };
        loop {
            let interrupted = self.follow(changes).await?;
            changes = match interrupted {
                Some(Interrupted::Stop) => return Ok(()),
                Some(Interrupted::Changed(changes)) => changes,
                None => match self.idle().await {
                    Some(changes) => changes,
                    None => return Ok(()),
                },
            };
        }
    }

    /// Waits for changes; nothing means that it is to stop.
    async fn idle(&mut self) -> Option<Changes> {
        loop {
            let Serving::Application(application) = &mut self.serving else {
                return tokio::select! {
                    changes = self.watcher.next() => Some(changes),
                    () = self.signals.next() => None,
                };
            };
            let group = application.group();
            let status = tokio::select! {
                changes = self.watcher.next() => return Some(changes),
                () = self.signals.next() => return None,
                status = application.ended() => status,
            };
            end_rest(group);
            let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            self.wait_with(failure(
                "The application ended",
                format!("It ended by itself ({how}); the terminal shows what it said. It starts again with the next change."),
            ))?;
        }
    }

    /// Serves how it stands, since there is no application.
    fn wait_with(&mut self, status: Status) -> Option<()> {
        say_failure(&status);
        let waiting = Waiting::start(&self.listener, &self.settings, status).ok()?;
        self.serving = Serving::Waiting(waiting);
        Some(())
    }

    /// Does what `changes` ask for, unless something interrupts it.
    async fn follow(&mut self, changes: Changes) -> Result<Option<Interrupted>, Error> {
        if changes.pages {
            self.tell(&Order::Reload).await;
        }
        if !changes.code && !changes.settings {
            return Ok(None);
        }
        let started = Instant::now();
        let program = match &self.program {
            Some((program, _)) if !changes.code => program.clone(),
            _ => match self.build().await? {
                Ok(Built::Program(program)) => program,
                Ok(Built::Failed(problems)) => {
                    self.program = None;
                    let title = "The application does not compile".to_owned();
                    self.announce(Status::Failed { title, problems }).await;
                    say("Waiting for a change ...");
                    return Ok(None);
                }
                Err(interrupted) => return Ok(Some(interrupted)),
            },
        };
        let written = program.metadata().and_then(|data| data.modified()).ok();
        let known = self.program.replace((program.clone(), written));
        let is_same = known == self.program && matches!(self.serving, Serving::Application(_));
        if is_same && !changes.settings {
            self.announce(Status::Fine).await;
            return Ok(None);
        }
        self.swap(&program, started).await
    }

    /// Builds the program; a change of the code breaks it off.
    async fn build(&mut self) -> Result<Result<Built, Interrupted>, Error> {
        self.announce(Status::Building).await;
        let mut build = Build::start(&self.root, &self.binary)?;
        loop {
            let changes = tokio::select! {
                built = build.finish() => return Ok(Ok(built?)),
                changes = self.watcher.next() => changes,
                () = self.signals.next() => {
                    build.cancel().await;
                    return Ok(Err(Interrupted::Stop));
                }
            };
            if changes.code || changes.settings {
                build.cancel().await;
                let changes = Changes {
                    code: true,
                    ..changes
                };
                return Ok(Err(Interrupted::Changed(changes)));
            }
            self.tell(&Order::Reload).await;
        }
    }

    /// Starts `program`; once it is ready, it takes over.
    async fn swap(
        &mut self,
        program: &Path,
        started: Instant,
    ) -> Result<Option<Interrupted>, Error> {
        self.started += 1;
        let control = self.folder.path().join(self.started.to_string());
        let mut starting = Starting::start(program, &self.words, &self.listener, &control)?;
        let waited = tokio::select! {
            waited = starting.wait() => waited?,
            () = self.signals.next() => {
                starting.cancel().await;
                return Ok(Some(Interrupted::Stop));
            }
        };
        match starting.into_started(waited).await {
            Started::Ready(application) => {
                let before =
                    std::mem::replace(&mut self.serving, Serving::Application(application));
                match before {
                    // It has answered all connections that it took before the other one is told.
                    Serving::Application(before) => drop(self.retiring.spawn(before.stop())),
                    // From here on every answer is the application's.
                    Serving::Waiting(before) => before.stop().await,
                    Serving::Nobody => {}
                }
                let seconds = started.elapsed().as_secs_f64();
                say(format_args!("Ready after {seconds:.1} s"));
            }
            Started::Failed(why) => {
                self.program = None;
                let status = failure("The application does not start", why);
                self.announce(status).await;
                say("Waiting for a change ...");
            }
        }
        Ok(None)
    }

    /// Tells the open pages how it stands.
    async fn announce(&mut self, status: Status) {
        match &mut self.serving {
            Serving::Application(application) => application.tell(&Order::Status(status)).await,
            Serving::Waiting(waiting) => waiting.tell(status),
            Serving::Nobody => {}
        }
    }

    async fn tell(&mut self, order: &Order) {
        if let Serving::Application(application) = &mut self.serving {
            application.tell(order).await;
        }
    }

    /// Ends all that was started.
    async fn stop(&mut self) {
        match std::mem::replace(&mut self.serving, Serving::Nobody) {
            Serving::Application(application) => application.stop().await,
            Serving::Waiting(waiting) => waiting.stop().await,
            Serving::Nobody => {}
        }
        while self.retiring.join_next().await.is_some() {}
    }
}

fn failure(title: &str, why: String) -> Status {
    Status::Failed {
        title: title.to_owned(),
        problems: vec![Problem {
            place: None,
            text: why,
        }],
    }
}

fn say_failure(status: &Status) {
    if let Status::Failed { title, problems } = status {
        say(title);
        problems.iter().for_each(|problem| say(&problem.text));
    }
}

/// Says something to the developer. That nobody reads it is no reason to stop.
fn say(text: impl std::fmt::Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// The signals that end it: of a terminal, of a program, and that the terminal is gone.
struct Signals([Signal; 3]);

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
