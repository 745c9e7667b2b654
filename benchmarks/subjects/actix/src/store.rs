//! Sessions in a table, for actix-session: a `SELECT` to load one, an `UPDATE` to change it, an
//! `INSERT` for a new one.

use std::collections::HashMap;
use std::str::FromStr;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use chrono::{DateTime, TimeDelta, Utc};
use contract::Start;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::types::Json;

type State = HashMap<String, String>;

const SQLITE_TABLE: &str = "CREATE TABLE IF NOT EXISTS actix_session (key TEXT PRIMARY KEY, \
     state TEXT NOT NULL, expires_at TEXT NOT NULL)";

const POSTGRES_TABLE: &str = "CREATE TABLE IF NOT EXISTS actix_session (key TEXT PRIMARY KEY, \
     state JSONB NOT NULL, expires_at TIMESTAMPTZ NOT NULL)";

const SELECT: &str = "SELECT state FROM actix_session WHERE key = $1 AND expires_at > $2";

const INSERT: &str = "INSERT INTO actix_session (state, expires_at, key) VALUES ($1, $2, $3)";

const UPDATE: &str = "UPDATE actix_session SET state = $1, expires_at = $2 WHERE key = $3";

const TOUCH: &str = "UPDATE actix_session SET expires_at = $1 WHERE key = $2";

const DELETE: &str = "DELETE FROM actix_session WHERE key = $1";

#[derive(Clone)]
pub(crate) enum SqlStore {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs a statement with these values on whichever database there is.
macro_rules! execute {
    ($store:expr, $sql:expr, $($value:expr),+) => {
        match $store {
            SqlStore::Sqlite(pool) => sqlx::query($sql)$(.bind($value))+.execute(pool).await.map(drop),
            SqlStore::Postgres(pool) => sqlx::query($sql)$(.bind($value))+.execute(pool).await.map(drop),
        }
    };
}

impl SqlStore {
    pub(crate) async fn open(start: &Start) -> sqlx::Result<Self> {
        let Some(file) = start.sqlite_file() else {
            let pool = PgPoolOptions::new().max_connections(start.pool);
            let pool = pool.connect(&start.database_url).await?;
            sqlx::query(POSTGRES_TABLE).execute(&pool).await?;
            return Ok(Self::Postgres(pool));
        };
        let options = SqliteConnectOptions::from_str(file)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(std::time::Duration::from_secs(5))
            .synchronous(match start.full {
                true => SqliteSynchronous::Full,
                false => SqliteSynchronous::Normal,
            });
        let pool = SqlitePoolOptions::new().max_connections(start.pool);
        let pool = pool.connect_with(options).await?;
        sqlx::query(SQLITE_TABLE).execute(&pool).await?;
        Ok(Self::Sqlite(pool))
    }

    async fn write(
        &self,
        sql: &'static str,
        key: &str,
        state: &State,
        ttl: &Duration,
    ) -> sqlx::Result<()> {
        execute!(self, sql, Json(state), expiry(ttl), key)
    }
}

fn expiry(ttl: &Duration) -> DateTime<Utc> {
    Utc::now() + TimeDelta::seconds(ttl.whole_seconds())
}

impl SessionStore for SqlStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let found: sqlx::Result<Option<(Json<State>,)>> = match self {
            Self::Sqlite(pool) => {
                let select = sqlx::query_as(SELECT).bind(key.as_ref()).bind(Utc::now());
                select.fetch_optional(pool).await
            }
            Self::Postgres(pool) => {
                let select = sqlx::query_as(SELECT).bind(key.as_ref()).bind(Utc::now());
                select.fetch_optional(pool).await
            }
        };
        let found = found.map_err(|error| LoadError::Other(error.into()))?;
        Ok(found.map(|(Json(state),)| state))
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let key = new_key().map_err(SaveError::Other)?;
        let saved = self.write(INSERT, key.as_ref(), &state, ttl).await;
        saved.map_err(|error| SaveError::Other(error.into()))?;
        Ok(key)
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        let updated = self.write(UPDATE, key.as_ref(), &state, ttl).await;
        updated.map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        Ok(execute!(self, TOUCH, expiry(ttl), key.as_ref())?)
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(execute!(self, DELETE, key.as_ref())?)
    }
}

/// 128 random bits in hexadecimal.
fn new_key() -> Result<SessionKey, anyhow::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(text.try_into()?)
}
