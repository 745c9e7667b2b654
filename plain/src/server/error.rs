//! Why a server does not run.

use std::io;

use super::tls::TlsError;
use crate::settings::NotAnAddress;

/// The server could not start, or ended on its own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// What was given as the address is none.
    #[error("`{bind}` can't be listened on: it {problem}")]
    Address {
        /// What was given.
        bind: String,
        /// What it must be.
        problem: NotAnAddress,
    },
    /// The name of the host is not known here.
    #[error(
        "`{bind}` can't be listened on: the host name has no address here; \
         give an address, such as 127.0.0.1:8000, with --bind or SERVER_BIND"
    )]
    UnknownHost {
        /// What was given.
        bind: String,
        /// Why.
        source: io::Error,
    },
    /// Another process listens there.
    #[error(
        "{bind} is in use: another program listens there, perhaps this one, started twice; \
         stop it, or choose another port with --bind or SERVER_BIND"
    )]
    InUse {
        /// The address.
        bind: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system does not let this process listen there.
    #[error(
        "{bind} is not allowed to this user: ports below 1024 need a privilege; \
         choose a higher one with --bind or SERVER_BIND"
    )]
    NotAllowed {
        /// The address.
        bind: String,
        /// What the system said.
        source: io::Error,
    },
    /// No network interface of this machine has the address.
    #[error(
        "{bind} is no address of this machine; \
         choose one of its own, 127.0.0.1 or 0.0.0.0, with --bind or SERVER_BIND"
    )]
    NotLocal {
        /// The address.
        bind: String,
        /// What the system said.
        source: io::Error,
    },
    /// Anything else that the system said when it was asked to listen.
    #[error("{bind} can't be listened on; choose another address with --bind or SERVER_BIND")]
    Listen {
        /// The address.
        bind: String,
        /// What the system said.
        source: io::Error,
    },
    /// The socket could not be made in the file system.
    #[error(
        "{bind} can't be listened on; check that its folder exists and that this user may write there"
    )]
    Socket {
        /// What was given.
        bind: String,
        /// What the system said.
        source: io::Error,
    },
    /// What the service manager passed is no socket to listen on, or is several.
    #[error(
        "LISTEN_FDS promises {count} sockets, and one is needed that listens for TCP or Unix \
         streams; check the socket's unit"
    )]
    Inherited {
        /// How many there are.
        count: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate and its key can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The threads could not be started.
    #[error(
        "the server's threads can't be started; check the limits of this user (`ulimit -a`), \
         or start fewer with SERVER_THREADS"
    )]
    Threads(#[source] io::Error),
    /// Signals can't be received.
    #[error("the signals that stop the server can't be received; check the system's log")]
    Signals(#[source] io::Error),
    /// A thread ended while the server was running.
    #[error("a thread of the server ended by itself; please report this as a defect of `plain`")]
    ThreadEnded,
}
