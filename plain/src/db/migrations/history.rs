//! The table `plainmigrations`: what was applied to this database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::files::Migration;
use crate::db::query::Target;
use crate::db::{Error, Kind, Query, Transaction};

/// What was applied, by package, in order of the names and so of the numbers.
#[derive(Debug, Default)]
pub(super) struct History(BTreeMap<String, Vec<Applied>>);

/// A migration that was applied.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) name: String,
    pub(super) checksum: String,
    pub(super) at: DateTime<Utc>,
}

impl History {
    /// Reads the table; a database without it has an empty history.
    pub(super) async fn read(from: Target<'_>) -> Result<Self, Error> {
        const READ: &str = "SELECT package, name, checksum, applied_at FROM plainmigrations ORDER BY package, name";
        let query = Query::new(from, READ.into());
        let rows = match query
            .fetch_all::<(String, String, String, DateTime<Utc>)>()
            .await
        {
            Err(error) if error.is_missing_table() => return Ok(Self::default()),
            rows => rows?,
        };
        let mut history = Self::default();
        for (package, name, checksum, at) in rows {
            history
                .0
                .entry(package)
                .or_default()
                .push(Applied { name, checksum, at });
        }
        Ok(history)
    }

    /// What was applied of `package`.
    pub(super) fn of(&self, package: &str) -> &[Applied] {
        self.0.get(package).map_or(&[], Vec::as_slice)
    }
}

/// Makes other processes that migrate wait until `transaction` ends, and makes sure that the table
/// exists.
pub(super) async fn lock(transaction: &mut Transaction) -> Result<(), Error> {
    let create = match transaction.kind() {
        // The write lock of the file is held since the transaction began.
        Kind::Sqlite => {
            "CREATE TABLE IF NOT EXISTS plainmigrations (package TEXT NOT NULL, name TEXT NOT NULL,
             checksum TEXT NOT NULL, applied_at TEXT NOT NULL, PRIMARY KEY (package, name))"
        }
        Kind::Postgres => {
            // The number is "plain" in ASCII; it belongs to this transaction and ends with it,
            // which also works behind a pooler that hands out connections by transaction.
            let lock = "SELECT 1 FROM pg_advisory_xact_lock($1)";
            transaction
                .query(lock)
                .bind(0x0070_6c61_696e_i64)
                .execute()
                .await?;
            // A migration may take as long as it needs.
            let patience = "SET LOCAL statement_timeout = 0";
            transaction.query(patience).execute().await?;
            "CREATE TABLE IF NOT EXISTS plainmigrations (package TEXT NOT NULL, name TEXT NOT NULL,
             checksum TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (package, name))"
        }
    };
    transaction.query(create).execute().await?;
    Ok(())
}

/// Writes down that `migration` was applied.
pub(super) async fn record(
    transaction: &mut Transaction,
    package: &str,
    migration: &Migration,
) -> Result<(), Error> {
    const RECORD: &str =
        "INSERT INTO plainmigrations (package, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
    let query = transaction.query(RECORD).bind(package).bind(migration.name);
    query
        .bind(&migration.checksum)
        .bind(Utc::now())
        .execute()
        .await?;
    Ok(())
}
