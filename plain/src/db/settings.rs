//! The settings of the database.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DatabaseUrl, Error};
use crate::settings::{Problems, SettingsGroup};

/// Which database is used, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct DatabaseSettings {
    /// The database: `sqlite://db.sqlite3` (a file beside settings.toml) or
    /// `postgres://user:password@host/name`. Also read from the variable `DATABASE_URL`.
    pub database_url: DatabaseUrl,
    /// How long a command waits at its start for a database that is away, in seconds; from 0, which
    /// is not at all, to 3600.
    pub database_connect_wait: f64,
    /// How many connections read from SQLite at the same time, or are open to PostgreSQL; from 1 to
    /// 1000. For batches, such as those of sessions, each thread of the server has one more, or two to
    /// PostgreSQL.
    pub database_read_connections: u32,
    /// How long a statement waits for a free connection before it fails, and on PostgreSQL for what
    /// another transaction has locked, in seconds; more than 0, at most 3600.
    pub database_timeout: f64,
    /// How long PostgreSQL may work on a statement before it is given up, in seconds; more than 0,
    /// at most 3600. A server that has fallen silent is given up a second later. Migrations may take
    /// longer.
    pub database_statement_timeout: f64,
    /// When SQLite tells the disk to write: with `FULL` at each commit, so that nothing committed is
    /// lost when the power fails; with `NORMAL` less often, so that the last commits may be.
    pub database_sqlite_synchronous: Synchronous,
}

/// When SQLite tells the disk to write; see <https://www.sqlite.org/pragma.html#pragma_synchronous>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Synchronous {
    /// At each commit: what was committed survives a power failure.
    #[default]
    Full,
    /// At each checkpoint: a power failure may take the last commits, but never damages the file.
    Normal,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            database_url: DatabaseUrl::default(),
            database_connect_wait: 0.0,
            database_read_connections: 4,
            database_timeout: 5.0,
            database_statement_timeout: 10.0,
            database_sqlite_synchronous: Synchronous::Full,
        }
    }
}

/// The longest wait that can be set, in seconds.
const MAX_TIMEOUT: f64 = 3600.0;

impl DatabaseSettings {
    /// How long a statement waits for a free connection or a lock.
    pub(crate) fn timeout(&self) -> Duration {
        bounded(self.database_timeout)
    }

    /// How long a command waits for a database that is away when it starts.
    pub(crate) fn connect_wait(&self) -> Duration {
        bounded(self.database_connect_wait)
    }

    /// How long PostgreSQL may work on a statement.
    pub(crate) fn statement_timeout(&self) -> Duration {
        bounded(self.database_statement_timeout)
    }
}

fn bounded(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.min(MAX_TIMEOUT)).unwrap_or_default()
}

impl SettingsGroup for DatabaseSettings {
    const UNPREFIXED: &'static [&'static str] = &["DATABASE_URL"];

    fn check(&self, problems: &mut Problems) {
        if let Err(Error::Url { reason, .. }) = self.database_url.check() {
            let text = format!("cannot be used: {reason}; write for example {EXAMPLES}");
            problems.add("DATABASE_URL", text);
        }
        if !(1..=1000).contains(&self.database_read_connections) {
            problems.add("DATABASE_READ_CONNECTIONS", "must be from 1 to 1000");
        }
        if !(0.0..=MAX_TIMEOUT).contains(&self.database_connect_wait) {
            let text = "must be a number of seconds from 0 to 3600";
            problems.add("DATABASE_CONNECT_WAIT", text);
        }
        for (name, seconds) in [
            ("DATABASE_TIMEOUT", self.database_timeout),
            (
                "DATABASE_STATEMENT_TIMEOUT",
                self.database_statement_timeout,
            ),
        ] {
            if !(seconds > 0.0 && seconds <= MAX_TIMEOUT) {
                let text = "must be a number of seconds above 0 and at most 3600";
                problems.add(name, text);
            }
        }
    }
}

const EXAMPLES: &str = r#""sqlite://db.sqlite3" or "postgres://user:password@localhost/name""#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::postgres::GRACE;
    use crate::settings::{Loader, ServerSettings};

    fn load(environment: &[(&str, &str)]) -> Result<DatabaseSettings, String> {
        let mut loader = Loader::new();
        loader
            .declare::<DatabaseSettings>("plain")
            .expect("declared");
        loader.environment(environment.iter().copied());
        let settings = loader.load().map_err(|errors| errors.to_string())?;
        Ok(settings
            .get::<DatabaseSettings>()
            .expect("declared")
            .clone())
    }

    #[test]
    fn the_address_is_read_with_and_without_the_prefix() {
        let url = |name: &str| load(&[(name, "sqlite://x")]).map(|it| it.database_url.to_string());
        assert_eq!(url("DATABASE_URL"), Ok("sqlite://x".to_owned()));
        assert_eq!(url("PLAIN_DATABASE_URL"), Ok("sqlite://x".to_owned()));
        assert_eq!(load(&[]), Ok(DatabaseSettings::default()));
    }

    #[test]
    fn settings_that_cannot_work_are_refused_without_showing_the_password() {
        let refusal = load(&[
            ("DATABASE_URL", "mysql://root:hidden@host/db"),
            ("PLAIN_DATABASE_READ_CONNECTIONS", "0"),
            ("PLAIN_DATABASE_TIMEOUT", "0"),
        ]);
        let refusal = refusal.expect_err("refused");
        assert!(!refusal.contains("hidden"), "{refusal}");
        insta::assert_snapshot!(refusal, @r#"
        the settings have 3 problems:
        - DATABASE_URL: cannot be used: only sqlite:// and postgres:// are known; write for example "sqlite://db.sqlite3" or "postgres://user:password@localhost/name" (environment variable DATABASE_URL)
        - DATABASE_READ_CONNECTIONS: must be from 1 to 1000 (found 0, environment variable PLAIN_DATABASE_READ_CONNECTIONS)
        - DATABASE_TIMEOUT: must be a number of seconds above 0 and at most 3600 (found 0.0, environment variable PLAIN_DATABASE_TIMEOUT)
        "#);
    }

    /// What a page costs that meets with a database which has fallen silent: a connection that does
    /// not answer, a statement, and a new connection.
    #[test]
    fn the_database_is_given_up_before_the_request_is() {
        let settings = DatabaseSettings::default();
        let longest = GRACE + settings.statement_timeout() + GRACE + settings.timeout();
        let request = ServerSettings::default().request_timeout();
        assert!(request.is_some_and(|request| longest < request));
    }

    #[test]
    fn durations_are_bounded() {
        let timeout = |database_timeout| {
            DatabaseSettings {
                database_timeout,
                ..DatabaseSettings::default()
            }
            .timeout()
        };
        assert_eq!(timeout(0.25), Duration::from_millis(250));
        assert_eq!(timeout(1e300), Duration::from_secs(3600));
        assert_eq!(timeout(f64::NAN), Duration::from_secs(3600));
        assert_eq!(timeout(-1.0), Duration::ZERO);
    }
}
