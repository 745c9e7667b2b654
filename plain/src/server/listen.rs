//! Where the server listens.

use std::io::{self, ErrorKind};
use std::net::{TcpListener, ToSocketAddrs};

use super::error::ServerError;
use crate::settings::split_address;

/// Listens on `bind`, `HOST:PORT`.
pub(super) fn listen(bind: &str) -> Result<TcpListener, ServerError> {
    let (host, port) = split_address(bind).map_err(|problem| ServerError::Address {
        bind: bind.to_owned(),
        problem,
    })?;
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
    let bind = bind.to_owned();
    match source.kind() {
        ErrorKind::AddrInUse => ServerError::InUse { bind, source },
        ErrorKind::PermissionDenied => ServerError::NotAllowed { bind, source },
        ErrorKind::AddrNotAvailable => ServerError::NotLocal { bind, source },
        _ => ServerError::Listen { bind, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bind: &str) -> String {
        listen(bind).unwrap_err().to_string()
    }

    #[test]
    fn a_port_in_use_is_said_with_what_to_do() {
        let first = listen("127.0.0.1:0").unwrap();
        let bind = first.local_addr().unwrap().to_string();
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
        ] {
            assert_eq!(
                refusal(bind),
                format!(
                    "`{bind}` can't be listened on: it must be HOST:PORT, such as 127.0.0.1:8000"
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
