//! [`SessionAdmin`]: the sessions in the admin.
//!
//! No page holds a usable key. A key that is pasted into the search becomes its hash before it
//! reaches an address, a page or a log.

mod cards;
mod search;

use chrono::Utc;
use plain::admin::{Card, Cell, Chosen, Detail, List, Meta, Tone, Viewset, confirm};
use plain::db::Model;
use plain::http::Result;
use plain::services::Services;
use plain::settings::Settings;

use crate::chores::clear_expired;
use crate::models::{Condition, Session};
use crate::settings::SessionSettings;
use search::{by_key_or_fingerprint, without_keys};

/// The stored sessions: found by a pasted key, a fingerprint or an owner, looked at, and ended.
#[derive(Clone, Copy, Debug)]
pub struct SessionAdmin;

impl Viewset for SessionAdmin {
    type Model = Session;

    fn meta(&self) -> Meta {
        Meta::new("Sessions")
            .icon("person-badge")
            .description("Sessions stored in the database.")
    }

    fn list(&self) -> List<Session> {
        List::fields([
            "fingerprint",
            "state",
            "owner",
            "created_at",
            "last_saved",
            "expires_at",
            "size",
        ])
        .computed("fingerprint", |session: &Session| {
            Cell::code(session.fingerprint())
        })
        .computed("state", state)
        .computed_with("last_saved", last_saved)
        .computed("size", size)
        .label("created_at", "Created")
        .label("expires_at", "Expires")
        .order("-created_at")
        // Rows are numbered as they are created, and that needs no index of its own.
        .sorted_by("created_at", "id")
        .sortable(["created_at", "expires_at"])
        .search(by_key_or_fingerprint)
        .search_kept_as(without_keys)
        .search_hint("Key, fingerprint or owner")
        // Each filter brings an order that the same index serves. The one on when sessions expire
        // also has their owners, so that two filters together need not look at the rows.
        .filter("Active", |q, now| q.gt("expires_at", now))
        .filter_order("-expires_at")
        .filter("Expired", |q, now| q.lte("expires_at", now))
        .filter_order("-expires_at")
        .filter("Signed in", |q, _| q.is_not_null("owner"))
        // By the index on owners, and all of one stand together.
        .filter_order("owner")
        .filter("Anonymous", |q, _| q.is_null("owner"))
        .filter_order("-expires_at")
        .action("End selected", confirm("End these sessions?"), end)
        .task(
            "Clear expired",
            confirm("Delete all sessions that are over?"),
            clear,
        )
    }

    fn detail(&self) -> Detail<Session> {
        Detail::fields([
            "fingerprint",
            "state",
            "owner",
            "created_at",
            "last_saved",
            "expires_at",
            "size",
        ])
        .hidden("Stored values", |session: &Session| {
            let values = session.session_data.iter();
            values
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        })
        .action("End", confirm("End this session?"), end)
        .action_if(
            "End all of this owner",
            |session: &Session| session.owner.is_some(),
            confirm("End all sessions of this owner?"),
            end_all_of_owner,
        )
    }

    fn label(&self, session: &Session) -> Option<String> {
        Some(format!("Session {}", session.fingerprint()))
    }

    fn cards(&self) -> Vec<Card> {
        cards::all()
    }
}

fn state(session: &Session) -> Cell {
    if session.condition == Condition::Unreadable {
        Cell::badge("unreadable", Tone::Bad)
    } else if session.expires_at > Utc::now() {
        Cell::badge("active", Tone::Good)
    } else {
        Cell::badge("expired", Tone::Quiet)
    }
}

/// When the session was last saved, as its end tells; nothing where `SESSION_MAX_AGE` set that.
fn last_saved(session: &Session, app: &Services) -> Cell {
    let settings = app.get::<Settings>();
    let Some(settings) = settings.and_then(|all| all.get::<SessionSettings>().ok()) else {
        return Cell::empty();
    };
    let most = settings.max_age();
    let end = most.and_then(|most| session.created_at.checked_add_signed(most));
    if end.is_some_and(|end| end <= session.expires_at) {
        return Cell::empty();
    }
    let saved = session.expires_at.checked_sub_signed(settings.age());
    saved.map(|saved| saved.max(session.created_at)).into()
}

fn size(session: &Session) -> Cell {
    let written = serde_json::to_string(&session.session_data);
    written.map_or_else(|_| Cell::empty(), |text| Cell::size(text.len() as u64))
}

async fn end(chosen: Chosen<Session>) -> Result<u64> {
    let ids = chosen.rows.iter().map(|session| session.id);
    let sessions = Session::query().in_list("id", ids);
    Ok(sessions.delete(chosen.app.database()?).await?)
}

async fn end_all_of_owner(chosen: Chosen<Session>) -> Result<u64> {
    let database = chosen.app.database()?;
    let mut ended = 0;
    for owner in chosen.rows.iter().filter_map(|it| it.owner.as_deref()) {
        ended += Session::end_all(database, owner).await?;
    }
    Ok(ended)
}

async fn clear(app: Services) -> Result<String> {
    let deleted = clear_expired(app.database()?).await?;
    let sessions = if deleted == 1 { "session" } else { "sessions" };
    Ok(format!("{deleted} expired {sessions} deleted"))
}

#[cfg(test)]
mod tests;
