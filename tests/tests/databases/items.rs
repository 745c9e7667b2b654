//! A table of items, for tests that need any table.

use plain::db::{Database, Kind, Result};
use plain::test::TestDatabase;

use crate::table;

pub(crate) async fn items(kind: Kind) -> TestDatabase {
    let db = TestDatabase::empty(kind).await;
    let columns = "item ({id}, name TEXT NOT NULL UNIQUE, price INTEGER CHECK (price >= 0))";
    table(&db, columns).await;
    db
}

pub(crate) async fn count(db: &Database) -> i64 {
    db.query("SELECT count(*) FROM item")
        .scalar()
        .await
        .expect("a count")
}

pub(crate) async fn add(db: &Database, name: &str) -> Result<u64> {
    db.query("INSERT INTO item (name) VALUES ($1)")
        .bind(name)
        .execute()
        .await
}
