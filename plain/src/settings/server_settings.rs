//! The settings of the server. They stand here because every application has them, whether it is
//! served or not.

use std::num::NonZero;
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
    /// Where to listen: an address or a host name, a colon, and a port; port 0 is any that is free.
    pub server_bind: String,
    /// How many threads serve requests; 0 is one for each core that the process may use.
    pub server_threads: u16,
    /// How long requests in flight may take when the server is asked to stop, in seconds.
    pub server_graceful_timeout: f64,
    /// How long a client may take to send the head of a request, in seconds. A connection that
    /// waits for its next request is closed after the same time.
    pub server_header_timeout: f64,
    /// The most bytes that the head of a request may have: its first line and its headers.
    pub server_max_header_size: u32,
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
            server_threads: 0,
            server_graceful_timeout: 30.0,
            server_header_timeout: 30.0,
            server_max_header_size: 32 * 1024,
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
    pub fn threads(&self) -> usize {
        match self.server_threads {
            0 => available_parallelism().map_or(1, NonZero::get),
            threads => threads.into(),
        }
    }

    /// How long requests in flight may take when the server is asked to stop.
    pub fn graceful_timeout(&self) -> Duration {
        seconds(self.server_graceful_timeout)
    }

    /// How long a client may take to send the head of a request.
    pub fn header_timeout(&self) -> Duration {
        seconds(self.server_header_timeout)
    }
}

/// What an address must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be HOST:PORT, such as 127.0.0.1:8000")]
pub struct NotAnAddress;

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

impl SettingsGroup for ServerSettings {
    fn check(&self, problems: &mut Problems) {
        if let Err(error) = split_address(&self.server_bind) {
            problems.add("SERVER_BIND", error.to_string());
        }
        if !(0.0..=Self::LONGEST).contains(&self.server_graceful_timeout) {
            problems.add("SERVER_GRACEFUL_TIMEOUT", "must be 0 to 86400 seconds");
        }
        if !(0.001..=Self::LONGEST).contains(&self.server_header_timeout) {
            problems.add("SERVER_HEADER_TIMEOUT", "must be 0.001 to 86400 seconds");
        }
        let sizes = Self::LEAST_HEADER_SIZE..=Self::MOST_HEADER_SIZE;
        if !sizes.contains(&self.server_max_header_size) {
            problems.add("SERVER_MAX_HEADER_SIZE", "must be 4096 to 262144 bytes");
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
            server_graceful_timeout: -1.0,
            server_header_timeout: f64::NAN,
            server_max_header_size: 100,
            healthcheck_path: "up".to_owned(),
            ..ServerSettings::default()
        };
        assert_eq!(
            problems(&settings),
            [
                "SERVER_BIND must be HOST:PORT, such as 127.0.0.1:8000",
                "SERVER_GRACEFUL_TIMEOUT must be 0 to 86400 seconds",
                "SERVER_HEADER_TIMEOUT must be 0.001 to 86400 seconds",
                "SERVER_MAX_HEADER_SIZE must be 4096 to 262144 bytes",
                "HEALTHCHECK_PATH must be empty or start with `/`",
            ]
        );
        assert_eq!(settings.graceful_timeout(), Duration::ZERO);
        assert_eq!(settings.header_timeout(), Duration::ZERO);
    }
}
