//! The settings of the database.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DatabaseUrl;

/// Which database is used, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub struct DatabaseSettings {
    /// The database: `sqlite://db.sqlite3` (a file beside settings.toml) or
    /// `postgres://user:password@host/name`. Also read from the variable `DATABASE_URL`.
    pub database_url: DatabaseUrl,
    /// How many connections read from SQLite at the same time, or are open to PostgreSQL.
    pub database_read_connections: u32,
    /// How long a statement waits for a free connection before it fails, in seconds.
    pub database_timeout: f64,
    /// When SQLite tells the disk to write: with `FULL` at each commit, so that nothing committed is
    /// lost when the power fails; with `NORMAL` less often, so that the last commits may be.
    pub database_sqlite_synchronous: Synchronous,
}

/// When SQLite tells the disk to write; see <https://www.sqlite.org/pragma.html#pragma_synchronous>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
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
            database_read_connections: 4,
            database_timeout: 5.0,
            database_sqlite_synchronous: Synchronous::Full,
        }
    }
}

impl DatabaseSettings {
    /// The longest wait that can be set, in seconds.
    const MAX_TIMEOUT: f64 = 3600.0;

    /// How long a statement waits for a free connection.
    pub fn timeout(&self) -> Duration {
        Duration::try_from_secs_f64(self.database_timeout)
            .unwrap_or_default()
            .min(Duration::from_secs_f64(Self::MAX_TIMEOUT))
    }
}
