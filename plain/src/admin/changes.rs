//! The change log: who did what to which object when.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::access::Visitor;
use super::detail::Detail;
use super::list::List;
use super::meta::Meta;
use super::viewset::Viewset;
use super::{Cell, Tone};
use crate::db::{Database, Error, Field, Model, Value};

/// One entry of the change log.
#[derive(Clone, Debug, Serialize, crate::db::FromRow)]
#[non_exhaustive]
pub struct Change {
    /// The number of the entry.
    pub id: i64,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it, for good.
    pub visitor_id: String,
    /// What they were called then.
    pub visitor: String,
    /// What was done.
    pub action: String,
    /// The path of the page in the admin.
    pub page: String,
    /// The object, if it was about one.
    pub object_id: Option<String>,
    /// What the object was called then.
    pub object: Option<String>,
    /// What more there is to say.
    pub details: String,
}

impl Model for Change {
    const NAME: &'static str = "Change";
    const TABLE: &'static str = "plainadmin_change";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::time("at"),
        Field::text("visitor_id"),
        Field::text("visitor"),
        Field::text("action"),
        Field::text("page"),
        Field::text("object_id").nullable(),
        Field::text("object").nullable(),
        Field::text("details"),
    ];
}

impl Change {
    /// The latest changes of the object `id` of the page `page`.
    pub(super) async fn of_object(db: &Database, page: &str, id: &str) -> Result<Vec<Self>, Error> {
        let changes = Self::query().filter("page", page).filter("object_id", id);
        changes.order("-id").limit(20).all(db).await
    }

    /// The latest changes of all.
    pub(super) async fn latest(db: &Database) -> Result<Vec<Self>, Error> {
        Self::query().order("-id").limit(8).all(db).await
    }
}

/// What is about to be noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) action: &'a str,
    pub(super) page: &'a str,
    /// The id and the label of the object.
    pub(super) object: Option<(&'a str, &'a str)>,
    pub(super) details: &'a str,
}

/// Notes `entry`, and returns the number under which it stands.
pub(super) async fn note(db: &Database, entry: Entry<'_>) -> Result<i64, Error> {
    let (id, label) = entry.object.unzip();
    let values: [(&str, Value); 8] = [
        ("at", Utc::now().into()),
        ("visitor_id", entry.visitor.id().into()),
        ("visitor", entry.visitor.label().into()),
        ("action", entry.action.into()),
        ("page", entry.page.into()),
        ("object_id", id.into()),
        ("object", label.into()),
        ("details", entry.details.into()),
    ];
    Ok(Change::query().create(db, values).await?.id)
}

/// Says how what was noted as `id` went on.
pub(super) async fn amend(db: &Database, id: i64, details: &str) -> Result<(), Error> {
    let entry = Change::query().filter("id", id);
    entry.update(db, [("details", details.into())]).await?;
    Ok(())
}

/// The path of the change log's page.
pub(super) const PATH: &str = "changes";

/// The change log as a page.
pub(super) struct ChangeAdmin;

impl Viewset for ChangeAdmin {
    type Model = Change;

    fn meta(&self) -> Meta {
        Meta::new("Change log")
            .at(PATH)
            .icon("clock-history")
            .section("Application")
            .description("Who did what to which object when.")
    }

    fn list(&self) -> List<Change> {
        List::fields(["at", "visitor", "action", "object", "details"])
            .label("at", "When")
            .label("visitor", "Who")
            .label("action", "What")
            .computed("action", |change: &Change| {
                Cell::badge(change.action.clone(), Tone::Quiet)
            })
            .computed("object", object)
            .order("-at")
            .sorted_by("at", "id")
            .sortable(["at"])
    }

    fn detail(&self) -> Detail<Change> {
        Detail::fields([
            "at",
            "visitor",
            "visitor_id",
            "action",
            "page",
            "object",
            "details",
        ])
    }

    fn label(&self, change: &Change) -> Option<String> {
        Some(format!("{} by {}", change.action, change.visitor))
    }
}

fn object(change: &Change) -> Cell {
    change
        .object
        .as_deref()
        .map_or_else(|| Cell::code(change.page.clone()), |object| object.into())
}
