//! What can be chosen, and how often it was.

use plain::db::{self, Database, Field, Model};
use serde::Serialize;
use tokio::sync::watch;

/// Something to vote for.
#[derive(Debug, Serialize, plain::db::FromRow)]
pub(crate) struct Choice {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) votes: i64,
}

impl Model for Choice {
    const NAME: &'static str = "Choice";
    const TABLE: &'static str = "poll_choice";
    const FIELDS: &'static [Field] = &[
        Field::text("slug"),
        Field::text("name"),
        Field::integer("votes"),
    ];
}

impl Choice {
    /// All choices, the favourite first.
    pub(crate) async fn ranked(db: &Database) -> db::Result<Vec<Self>> {
        Self::query().order("-votes").all(db).await
    }

    /// Counts a vote for the choice `slug`, and returns its name, if there is one.
    pub(crate) async fn vote(db: &Database, slug: &str) -> db::Result<Option<String>> {
        let sql = "UPDATE poll_choice SET votes = votes + 1 WHERE slug = $1 RETURNING name";
        let row: Option<(String,)> = db.query(sql).bind(slug).fetch_optional().await?;
        Ok(row.map(|(name,)| name))
    }
}

/// Tells who watches that somebody voted. All parts of the application share one.
#[derive(Debug, Default)]
pub(crate) struct Votes(watch::Sender<()>);

impl Votes {
    pub(crate) fn announce(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
