//! Notes.

use garde::Validate;
use plain::db::{Database, Error, Field, Model, Value};
use serde::{Deserialize, Serialize};

use crate::errors::Fault;

/// A note.
#[derive(Debug, Serialize, plain::db::FromRow)]
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) text: String,
}

impl Model for Note {
    const NAME: &'static str = "Note";
    const TABLE: &'static str = "notes_note";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("title"),
        Field::text("text"),
    ];
}

/// What a client writes.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteText {
    #[garde(length(chars, min = 1, max = 80))]
    title: String,
    #[serde(default)]
    #[garde(length(chars, max = 10_000))]
    text: String,
}

impl Note {
    /// The note with the number `id`.
    pub(crate) async fn find(db: &Database, id: i64) -> plain::http::Result<Self> {
        let note = Self::query().get(db, id).await?;
        Ok(note.ok_or(Fault::NoSuchNote(id))?)
    }

    pub(crate) async fn create(db: &Database, text: NoteText) -> plain::http::Result<Self> {
        let created = Self::query().create(db, text.values()).await;
        created.map_err(|error| text.fault(error))
    }

    pub(crate) async fn replace(db: &Database, id: i64, text: NoteText) -> plain::http::Result<()> {
        let note = Self::query().filter("id", id);
        let replaced = note.update(db, text.values()).await;
        match replaced.map_err(|error| text.fault(error))? {
            0 => Err(Fault::NoSuchNote(id).into()),
            _ => Ok(()),
        }
    }
}

impl NoteText {
    fn values(&self) -> [(&'static str, Value); 2] {
        [
            ("title", self.title.as_str().into()),
            ("text", self.text.as_str().into()),
        ]
    }

    /// What an error of the database means for who sent this.
    fn fault(&self, error: Error) -> plain::http::Error {
        match error {
            Error::Unique { .. } => Fault::TitleTaken(self.title.clone()).into(),
            error => error.into(),
        }
    }
}
