//! Notes that visitors leave.

use chrono::{DateTime, Utc};
use plain::db::{self, Database, Field, Model};
use serde::Serialize;

/// A row of the table `app_note`.
#[derive(Clone, Debug, Serialize, plain::db::FromRow)]
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) author: String,
    pub(crate) text: String,
    pub(crate) created_at: DateTime<Utc>,
}

impl Model for Note {
    const NAME: &'static str = "Note";
    const TABLE: &'static str = "app_note";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("author"),
        Field::text("text"),
        Field::time("created_at"),
    ];
}

impl Note {
    /// The newest notes, the newest first.
    pub(crate) async fn newest(db: &Database) -> db::Result<Vec<Self>> {
        Self::query().order("-id").limit(50).all(db).await
    }

    /// Adds a note.
    pub(crate) async fn add(db: &Database, author: &str, text: &str) -> db::Result<Self> {
        let values = [
            ("author", author.into()),
            ("text", text.into()),
            ("created_at", Utc::now().into()),
        ];
        Self::query().create(db, values).await
    }
}
