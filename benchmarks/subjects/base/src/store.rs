//! Sessions in a table: a `SELECT` to read one, an upsert to write it.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{AGE, Start, Visitor};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::types::Json;

const SQLITE_TABLE: &str = "CREATE TABLE IF NOT EXISTS base_session (key TEXT PRIMARY KEY, \
     data TEXT NOT NULL, expires_at TEXT NOT NULL)";

const POSTGRES_TABLE: &str = "CREATE TABLE IF NOT EXISTS base_session (key TEXT PRIMARY KEY, \
     data JSONB NOT NULL, expires_at TIMESTAMPTZ NOT NULL)";

const SELECT: &str = "SELECT data FROM base_session WHERE key = $1 AND expires_at > $2";

const UPSERT: &str = "INSERT INTO base_session (key, data, expires_at) VALUES ($1, $2, $3) \
     ON CONFLICT (key) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at";

pub(crate) enum Store {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Store {
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
            .busy_timeout(Duration::from_secs(5))
            .synchronous(match start.full {
                true => SqliteSynchronous::Full,
                false => SqliteSynchronous::Normal,
            });
        let pool = SqlitePoolOptions::new().max_connections(start.pool);
        let pool = pool.connect_with(options).await?;
        sqlx::query(SQLITE_TABLE).execute(&pool).await?;
        Ok(Self::Sqlite(pool))
    }

    pub(crate) async fn load(&self, key: &str) -> sqlx::Result<Option<Visitor>> {
        let found: Option<(Json<Visitor>,)> = match self {
            Self::Sqlite(pool) => {
                let select = sqlx::query_as(SELECT).bind(key).bind(Utc::now());
                select.fetch_optional(pool).await?
            }
            Self::Postgres(pool) => {
                let select = sqlx::query_as(SELECT).bind(key).bind(Utc::now());
                select.fetch_optional(pool).await?
            }
        };
        Ok(found.map(|(Json(visitor),)| visitor))
    }

    pub(crate) async fn save(&self, key: &str, visitor: &Visitor) -> sqlx::Result<()> {
        let expires_at: DateTime<Utc> = Utc::now() + TimeDelta::seconds(AGE);
        match self {
            Self::Sqlite(pool) => {
                let upsert = sqlx::query(UPSERT).bind(key).bind(Json(visitor));
                upsert.bind(expires_at).execute(pool).await?;
            }
            Self::Postgres(pool) => {
                let upsert = sqlx::query(UPSERT).bind(key).bind(Json(visitor));
                upsert.bind(expires_at).execute(pool).await?;
            }
        }
        Ok(())
    }
}
