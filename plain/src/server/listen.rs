//! Where the server listens: on an address, on a Unix socket, or on what the service manager passes.

mod last_call;
#[cfg(unix)]
mod unix;

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixListener};

use super::error::ServerError;
use super::transport::Socket;
use crate::settings::{Bind, ServerSettings};

/// A socket that clients connect to.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp {
        listener: TcpListener,
        /// Whether another process has it, too, and answers there when this one has ended.
        is_shared: bool,
    },
    #[cfg(unix)]
    Unix(unix::Listener),
}

impl Listener {
    /// Listens where `settings` say, or on the socket that this process was started with.
    pub(super) fn bind(settings: &ServerSettings) -> Result<Self, ServerError> {
        #[cfg(unix)]
        if let Some(inherited) = unix::inherited()? {
            return Ok(inherited);
        }
        let bind = &settings.server_bind;
        match Bind::parse(bind) {
            Ok(Bind::Tcp { host, port }) => tcp(bind, host, port).map(|listener| Self::Tcp {
                listener,
                is_shared: false,
            }),
            #[cfg(unix)]
            Ok(Bind::Unix(path)) => {
                let listener = unix::Listener::bind(path, settings.socket_mode());
                Ok(Self::Unix(
                    listener.map_err(|source| refused(bind, source))?,
                ))
            }
            #[cfg(not(unix))]
            Ok(Bind::Unix(_)) => Err(refused(bind, ErrorKind::Unsupported.into())),
            Err(problem) => Err(ServerError::Address {
                bind: bind.to_owned(),
                problem,
            }),
        }
    }

    /// Another handle of this socket, to be handed down to another process.
    #[cfg(unix)]
    pub(crate) fn handle(&self) -> io::Result<OwnedFd> {
        Ok(match self {
            Self::Tcp { listener, .. } => listener.try_clone()?.into(),
            Self::Unix(listener) => listener.another()?.into(),
        })
    }

    /// A socket that another process has handed down by a [`handle`](Self::handle).
    #[cfg(unix)]
    pub(crate) fn handed_down(handle: OwnedFd) -> io::Result<Self> {
        let listener = TcpListener::from(handle);
        if listener.local_addr().is_err() {
            // Only a socket of another family has no address that can be read as one of TCP.
            return unix::Listener::handed_down(listener.into()).map(Self::Unix);
        }
        Self::shared(listener)
    }

    /// A socket that another process has, too.
    #[cfg(unix)]
    fn shared(listener: TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::Tcp {
            listener,
            is_shared: true,
        })
    }

    /// The address, if it has one.
    pub(super) fn address(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Tcp { listener, .. } => listener.local_addr().map(Some),
            #[cfg(unix)]
            Self::Unix(_) => Ok(None),
        }
    }

    /// The path of a Unix socket, as it is written in `SERVER_BIND`.
    pub(super) fn path(&self) -> Option<String> {
        match self {
            Self::Tcp { .. } => None,
            #[cfg(unix)]
            Self::Unix(listener) => Some(listener.shown()),
        }
    }

    /// Closes this handle of the socket. What is returned is to live until the server stops: then
    /// nobody finds the socket any more.
    pub(super) fn close(self) -> impl Sized {
        match self {
            Self::Tcp { .. } => None,
            #[cfg(unix)]
            Self::Unix(listener) => listener.close(),
        }
    }

    /// Whether another process has it, too, and answers there when this one has ended.
    pub(super) fn is_shared(&self) -> bool {
        match self {
            Self::Tcp { is_shared, .. } => *is_shared,
            #[cfg(unix)]
            Self::Unix(listener) => listener.is_shared(),
        }
    }

    /// The same socket, for another thread to accept from.
    pub(super) fn another(&self) -> io::Result<Another> {
        Ok(match self {
            Self::Tcp { listener, .. } => Another::Tcp(listener.try_clone()?),
            #[cfg(unix)]
            Self::Unix(listener) => Another::Unix(listener.another()?),
        })
    }
}

/// One thread's handle of a socket that several threads accept from.
#[derive(Debug)]
pub(super) enum Another {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

/// The same, while the thread waits for connections.
#[derive(Debug)]
pub(super) enum Accepting {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

impl Another {
    /// Waits for connections in this thread's runtime.
    pub(super) fn accepting(self) -> io::Result<Accepting> {
        Ok(match self {
            Self::Tcp(listener) => Accepting::Tcp(tokio::net::TcpListener::from_std(listener)?),
            #[cfg(unix)]
            Self::Unix(listener) => Accepting::Unix(tokio::net::UnixListener::from_std(listener)?),
        })
    }

    /// A connection that waits already, with the other end's address if it has one.
    fn accept(&self) -> io::Result<(Socket, Option<SocketAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                stream.set_nonblocking(true)?;
                let stream = tokio::net::TcpStream::from_std(stream)?;
                Ok((Socket::Tcp(stream), Some(peer)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(true)?;
                let stream = tokio::net::UnixStream::from_std(stream)?;
                Ok((Socket::Unix(stream), None))
            }
        }
    }
}

impl Accepting {
    /// The next connection, with the other end's address if it has one.
    pub(super) async fn accept(&self) -> io::Result<(Socket, Option<SocketAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Socket::Tcp(stream), Some(peer)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Socket::Unix(stream), None))
            }
        }
    }

    /// Waits until nobody is about to connect any more, while what comes is still to be accepted.
    pub(super) async fn last_call(&self) {
        match self {
            Self::Tcp(listener) => last_call::of_tcp(listener).await,
            #[cfg(unix)]
            Self::Unix(_) => last_call::of_file().await,
        }
    }

    /// The connections that wait already, after which no more are accepted.
    pub(super) fn waiting(self) -> impl Iterator<Item = (Socket, Option<SocketAddr>)> {
        let listener = match self {
            Self::Tcp(listener) => listener.into_std().map(Another::Tcp),
            #[cfg(unix)]
            Self::Unix(listener) => listener.into_std().map(Another::Unix),
        };
        let listener = listener.ok();
        std::iter::from_fn(move || listener.as_ref()?.accept().ok())
    }
}

/// Listens on an address.
fn tcp(bind: &str, host: &str, port: u16) -> Result<TcpListener, ServerError> {
    let unknown = |source| ServerError::UnknownHost {
        bind: bind.to_owned(),
        source,
    };
    let addresses: Vec<_> = (host, port).to_socket_addrs().map_err(unknown)?.collect();
    if addresses.is_empty() {
        return Err(unknown(io::Error::from(ErrorKind::NotFound)));
    }
    let listener = TcpListener::bind(&addresses[..]).map_err(|source| refused(bind, source))?;
    match listener.set_nonblocking(true) {
        Ok(()) => Ok(listener),
        Err(source) => Err(refused(bind, source)),
    }
}

fn refused(bind: &str, source: io::Error) -> ServerError {
    let is_unix = bind.starts_with(Bind::UNIX);
    let bind = bind.to_owned();
    match source.kind() {
        ErrorKind::AddrInUse => ServerError::InUse { bind, source },
        _ if is_unix => ServerError::Socket { bind, source },
        ErrorKind::PermissionDenied => ServerError::NotAllowed { bind, source },
        ErrorKind::AddrNotAvailable => ServerError::NotLocal { bind, source },
        _ => ServerError::Listen { bind, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(bind: &str) -> Result<Listener, ServerError> {
        Listener::bind(&ServerSettings {
            server_bind: bind.to_owned(),
            ..ServerSettings::default()
        })
    }

    fn refusal(bind: &str) -> String {
        listen(bind).unwrap_err().to_string()
    }

    #[test]
    fn a_port_in_use_is_said_with_what_to_do() {
        let first = listen("127.0.0.1:0").unwrap();
        let bind = first.address().unwrap().unwrap().to_string();
        assert_eq!(
            refusal(&bind),
            format!(
                "{bind} is in use: another program listens there, perhaps this one, started twice; \
                 stop it, or choose another port with --bind or SERVER_BIND"
            )
        );
    }

    #[test]
    fn what_is_no_address_is_said_with_an_example() {
        for bind in [
            "",
            "8000",
            ":8000",
            "127.0.0.1",
            "127.0.0.1:http",
            "::1:80",
            "a:65536",
            "unix:",
            "unix:app.sock",
        ] {
            assert_eq!(
                refusal(bind),
                format!(
                    "`{bind}` can't be listened on: it must be HOST:PORT, such as 127.0.0.1:8000, \
                     or unix:PATH, such as unix:/run/app.sock"
                )
            );
        }
    }

    #[test]
    fn an_address_of_another_machine_and_a_name_that_nobody_knows_are_told_apart() {
        assert_eq!(
            refusal("192.0.2.1:8000"),
            "192.0.2.1:8000 is no address of this machine; \
             choose one of its own, 127.0.0.1 or 0.0.0.0, with --bind or SERVER_BIND"
        );
        assert!(refusal("nobody.invalid:80").contains("the host name has no address here"));
    }
}
