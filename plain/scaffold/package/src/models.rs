//! Greetings.

use chrono::{DateTime, Utc};
use plain::db::{self, Database, Field, Model};
use serde::Serialize;

/// A row of the table `__table___greeting`.
#[derive(Clone, Debug, Serialize, plain::db::FromRow)]
pub struct Greeting {
    /// The number of the row.
    pub id: i64,
    /// What was said.
    pub text: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl Model for Greeting {
    const NAME: &'static str = "Greeting";
    const TABLE: &'static str = "__table___greeting";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("text"),
        Field::time("created_at"),
    ];
}

impl Greeting {
    /// Adds a greeting.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn add(db: &Database, text: &str) -> db::Result<Self> {
        let values = [("text", text.into()), ("created_at", Utc::now().into())];
        Self::query().create(db, values).await
    }
}
