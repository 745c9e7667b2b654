//! The settings of the server. They stand here because every application has them, whether it is
//! served or not.

use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Problems, SettingsGroup};

/// Where the server listens, and what it allows a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct ServerSettings {
    /// Where to listen: an address or a host name, a colon, and a port, where 0 is any that is
    /// free; or `unix:` and the absolute path of a socket. A socket that the service manager passes
    /// (`LISTEN_FDS`) takes its place.
    pub server_bind: String,
    /// Who may connect to a Unix socket, as the three octal digits of `chmod`.
    pub server_socket_mode: String,
    /// The file with the certificate for HTTPS in PEM, followed by those that lead to one which
    /// clients know. Empty for HTTP without TLS. Read again on SIGHUP.
    pub server_tls_cert: String,
    /// The file with the private key of that certificate in PEM, not encrypted.
    pub server_tls_key: String,
    /// How long a client may take to set up TLS, in seconds.
    pub server_tls_handshake_timeout: f64,
    /// How many threads serve requests; 0 is one for each core that the process may use.
    pub server_threads: u16,
    /// How long requests in flight may take when the server is asked to stop, in seconds.
    pub server_graceful_timeout: f64,
    /// How long the application may take to answer a request, in seconds, from the end of its head
    /// and of each piece of its body; then the request is dropped and answered with 503. An answer
    /// that has begun, such as a stream of events, may take for ever. 0 for no limit.
    pub server_request_timeout: f64,
    /// How long a client may take to send the head of a request, in seconds; then the answer is
    /// 408. A connection that says nothing at all is closed after the same time.
    pub server_header_timeout: f64,
    /// How long a client may pause while it sends the body of a request that is waited for, in
    /// seconds; then the answer is 408.
    pub server_body_timeout: f64,
    /// How fast a client must send a body that is waited for, in bytes a second, once it was waited
    /// for 5 seconds; below it the answer is 408. 0 for no limit.
    pub server_min_body_rate: u32,
    /// How long a client may take nothing of its answer, in seconds; then the connection is closed.
    /// What it takes counts once it has made room for a good part of what the system keeps for it, so
    /// that a byte now and then is nothing.
    pub server_write_timeout: f64,
    /// How long a connection may wait for its next request, in seconds. Longer than a proxy in
    /// front of the server keeps it, or requests are lost on the way.
    pub server_keep_alive_timeout: f64,
    /// The most bytes that the head of a request may have, its first line and its headers; beyond,
    /// the answer is 431.
    pub server_max_header_size: u32,
    /// How many connections are open at most. Beyond it, those that are idle are closed, and new
    /// ones wait in the system's queue. It is also kept below the limit of open files.
    pub server_max_connections: u32,
    /// How many requests at once a client may have on one connection of HTTP/2.
    pub server_http2_max_streams: u32,
    /// After how long a request that holds its thread, and with it all others there, is named in
    /// the log, in seconds. 0 for never.
    pub server_block_warning: f64,
    /// A path that answers 200 before all middleware, for who watches whether the server lives;
    /// such as `/up`. Empty for none.
    pub healthcheck_path: String,
    /// Whether each request is written to the log.
    pub access_log: bool,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            server_bind: "127.0.0.1:8000".to_owned(),
            server_socket_mode: "666".to_owned(),
            server_tls_cert: String::new(),
            server_tls_key: String::new(),
            server_tls_handshake_timeout: 10.0,
            server_threads: 0,
            server_graceful_timeout: 30.0,
            server_request_timeout: 30.0,
            server_header_timeout: 30.0,
            server_body_timeout: 20.0,
            server_min_body_rate: 240,
            server_write_timeout: 30.0,
            server_keep_alive_timeout: 75.0,
            server_max_header_size: 32 * 1024,
            server_max_connections: 10_000,
            server_http2_max_streams: 100,
            server_block_warning: 1.0,
            healthcheck_path: String::new(),
            access_log: true,
        }
    }
}

impl ServerSettings {
    /// The longest time that can be set, in seconds: a day.
    const LONGEST: f64 = 86_400.0;
    /// The least that the head of a request must be allowed; browsers send about a quarter of it.
    const LEAST_HEADER_SIZE: u32 = 4096;
    /// More would not be read at once, and nobody needs it.
    const MOST_HEADER_SIZE: u32 = 256 * 1024;

    /// How many threads serve requests.
    pub(crate) fn threads(&self) -> usize {
        match self.server_threads {
            0 => available_parallelism().map_or(1, NonZero::get),
            threads => threads.into(),
        }
    }

    /// How long requests in flight may take when the server is asked to stop.
    pub(crate) fn graceful_timeout(&self) -> Duration {
        seconds(self.server_graceful_timeout)
    }

    /// How long the application may take to answer a request; `None` for as long as it likes.
    pub(crate) fn request_timeout(&self) -> Option<Duration> {
        some_seconds(self.server_request_timeout)
    }

    /// How long a client may take to send the head of a request.
    pub(crate) fn header_timeout(&self) -> Duration {
        seconds(self.server_header_timeout)
    }

    /// How long a client may take to set up TLS.
    pub(crate) fn tls_handshake_timeout(&self) -> Duration {
        seconds(self.server_tls_handshake_timeout)
    }

    /// The same, with the paths of files taken from the folder `root` where they are relative.
    pub(crate) fn in_folder(mut self, root: &Path) -> Self {
        for file in [&mut self.server_tls_cert, &mut self.server_tls_key] {
            if !file.is_empty() {
                *file = root.join(&*file).to_string_lossy().into_owned();
            }
        }
        self
    }

    /// Who may connect to a Unix socket, as the bits of its mode.
    pub(crate) fn socket_mode(&self) -> u32 {
        octal(&self.server_socket_mode).unwrap_or(0o600)
    }

    /// How long a client may pause while it sends a body.
    pub(crate) fn body_timeout(&self) -> Duration {
        seconds(self.server_body_timeout)
    }

    /// How long a client may take nothing of its answer.
    pub(crate) fn write_timeout(&self) -> Duration {
        seconds(self.server_write_timeout)
    }

    /// How long a connection may wait for its next request.
    pub(crate) fn keep_alive_timeout(&self) -> Duration {
        seconds(self.server_keep_alive_timeout)
    }

    /// After how long a request that holds its thread is named in the log; `None` for never.
    pub(crate) fn block_warning(&self) -> Option<Duration> {
        some_seconds(self.server_block_warning)
    }
}

/// What an address must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be HOST:PORT, such as 127.0.0.1:8000, or unix:PATH, such as unix:/run/app.sock")]
pub struct NotAnAddress;

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bind<'a> {
    Tcp { host: &'a str, port: u16 },
    Unix(&'a str),
}

impl<'a> Bind<'a> {
    /// What the path of a Unix socket is told by.
    pub(crate) const UNIX: &'static str = "unix:";

    /// What `bind` says.
    pub(crate) fn parse(bind: &'a str) -> Result<Self, NotAnAddress> {
        match bind.strip_prefix(Self::UNIX) {
            // A relative one would be another's when the program is started elsewhere.
            Some(path) if path.starts_with('/') => Ok(Self::Unix(path)),
            Some(_) => Err(NotAnAddress),
            None => split_address(bind).map(|(host, port)| Self::Tcp { host, port }),
        }
    }
}

/// The host and the port of `bind`.
pub(crate) fn split_address(bind: &str) -> Result<(&str, u16), NotAnAddress> {
    let (host, port) = bind.rsplit_once(':').ok_or(NotAnAddress)?;
    let port = port.parse().map_err(|_| NotAnAddress)?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match bare {
        Some(host) => Ok((host, port)),
        // An IPv6 address without brackets would have a part of itself taken for the port.
        None if host.is_empty() || host.contains(':') => Err(NotAnAddress),
        None => Ok((host, port)),
    }
}

fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number.clamp(0.0, ServerSettings::LONGEST)).unwrap_or_default()
}

/// The number of three octal digits.
fn octal(digits: &str) -> Option<u32> {
    let number = u32::from_str_radix(digits, 8).ok()?;
    (digits.len() == 3).then_some(number)
}

fn some_seconds(number: f64) -> Option<Duration> {
    Some(seconds(number)).filter(|duration| !duration.is_zero())
}

impl ServerSettings {
    /// The times that may be 0, and those that may not.
    fn check_times(&self, problems: &mut Problems) {
        for (name, time) in [
            ("SERVER_GRACEFUL_TIMEOUT", self.server_graceful_timeout),
            ("SERVER_REQUEST_TIMEOUT", self.server_request_timeout),
            ("SERVER_BLOCK_WARNING", self.server_block_warning),
        ] {
            if !(0.0..=Self::LONGEST).contains(&time) {
                problems.add(name, "must be 0 to 86400 seconds");
            }
        }
        for (name, time) in [
            (
                "SERVER_TLS_HANDSHAKE_TIMEOUT",
                self.server_tls_handshake_timeout,
            ),
            ("SERVER_HEADER_TIMEOUT", self.server_header_timeout),
            ("SERVER_BODY_TIMEOUT", self.server_body_timeout),
            ("SERVER_WRITE_TIMEOUT", self.server_write_timeout),
            ("SERVER_KEEP_ALIVE_TIMEOUT", self.server_keep_alive_timeout),
        ] {
            if !(0.001..=Self::LONGEST).contains(&time) {
                problems.add(name, "must be 0.001 to 86400 seconds");
            }
        }
    }
}

impl SettingsGroup for ServerSettings {
    fn check(&self, problems: &mut Problems) {
        if let Err(error) = Bind::parse(&self.server_bind) {
            problems.add("SERVER_BIND", error.to_string());
        }
        if octal(&self.server_socket_mode).is_none() {
            problems.add(
                "SERVER_SOCKET_MODE",
                "must be three octal digits, such as 660",
            );
        }
        if self.server_tls_cert.is_empty() != self.server_tls_key.is_empty() {
            problems.add_among(
                &["SERVER_TLS_CERT", "SERVER_TLS_KEY"],
                "goes with SERVER_TLS_KEY: set both for HTTPS, or neither",
            );
        }
        self.check_times(problems);
        let sizes = Self::LEAST_HEADER_SIZE..=Self::MOST_HEADER_SIZE;
        if !sizes.contains(&self.server_max_header_size) {
            problems.add("SERVER_MAX_HEADER_SIZE", "must be 4096 to 262144 bytes");
        }
        if self.server_max_connections == 0 {
            problems.add("SERVER_MAX_CONNECTIONS", "must be at least 1");
        }
        if self.server_http2_max_streams == 0 {
            problems.add("SERVER_HTTP2_MAX_STREAMS", "must be at least 1");
        }
        if !matches!(self.healthcheck_path.as_bytes(), [] | [b'/', ..]) {
            problems.add("HEALTHCHECK_PATH", "must be empty or start with `/`");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_unix_socket_is_told_by_its_prefix_and_an_absolute_path() {
        assert_eq!(
            Bind::parse("unix:/run/a.sock"),
            Ok(Bind::Unix("/run/a.sock"))
        );
        assert_eq!(Bind::parse("unix:a.sock"), Err(NotAnAddress));
        assert_eq!(Bind::parse("unix:80"), Err(NotAnAddress));
    }

    #[test]
    fn ipv6_stands_in_brackets() {
        assert_eq!(split_address("[::1]:8000"), Ok(("::1", 8000)));
        assert_eq!(split_address("localhost:8000"), Ok(("localhost", 8000)));
        assert_eq!(split_address("::1:8000"), Err(NotAnAddress));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(bind in "\\PC{0,30}") {
            let _ = split_address(&bind);
        }
    }

    fn problems(settings: &ServerSettings) -> Vec<String> {
        let mut problems = Problems::default();
        settings.check(&mut problems);
        let lines = problems.iter().map(|(name, text)| format!("{name} {text}"));
        lines.collect()
    }

    #[test]
    fn the_defaults_are_allowed_and_use_every_core() {
        let settings = ServerSettings::default();
        assert!(problems(&settings).is_empty());
        assert!(settings.threads() >= 1);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let settings = ServerSettings {
            server_bind: "8000".to_owned(),
            server_socket_mode: "0778".to_owned(),
            server_tls_cert: "cert.pem".to_owned(),
            server_tls_handshake_timeout: 0.0,
            server_graceful_timeout: -1.0,
            server_request_timeout: f64::INFINITY,
            server_header_timeout: f64::NAN,
            server_body_timeout: 0.0,
            server_write_timeout: 86_401.0,
            server_keep_alive_timeout: -0.0,
            server_max_header_size: 100,
            server_max_connections: 0,
            server_http2_max_streams: 0,
            server_block_warning: -1.0,
            healthcheck_path: "up".to_owned(),
            ..ServerSettings::default()
        };
        assert_eq!(
            problems(&settings),
            [
                "SERVER_BIND must be HOST:PORT, such as 127.0.0.1:8000, or unix:PATH, such as \
                 unix:/run/app.sock",
                "SERVER_SOCKET_MODE must be three octal digits, such as 660",
                "SERVER_TLS_CERT goes with SERVER_TLS_KEY: set both for HTTPS, or neither",
                "SERVER_GRACEFUL_TIMEOUT must be 0 to 86400 seconds",
                "SERVER_REQUEST_TIMEOUT must be 0 to 86400 seconds",
                "SERVER_BLOCK_WARNING must be 0 to 86400 seconds",
                "SERVER_TLS_HANDSHAKE_TIMEOUT must be 0.001 to 86400 seconds",
                "SERVER_HEADER_TIMEOUT must be 0.001 to 86400 seconds",
                "SERVER_BODY_TIMEOUT must be 0.001 to 86400 seconds",
                "SERVER_WRITE_TIMEOUT must be 0.001 to 86400 seconds",
                "SERVER_KEEP_ALIVE_TIMEOUT must be 0.001 to 86400 seconds",
                "SERVER_MAX_HEADER_SIZE must be 4096 to 262144 bytes",
                "SERVER_MAX_CONNECTIONS must be at least 1",
                "SERVER_HTTP2_MAX_STREAMS must be at least 1",
                "HEALTHCHECK_PATH must be empty or start with `/`",
            ]
        );
        assert_eq!(settings.graceful_timeout(), Duration::ZERO);
        assert_eq!(settings.header_timeout(), Duration::ZERO);
        assert_eq!(settings.block_warning(), None);
    }
}
