//! The start page: cards, and what was last done.

use super::super::changes::Change;
use super::super::guard::{Page, Visit};
use super::{change_values, notice};
use crate::context;
use crate::http::{Response, Result};

pub(in super::super) struct Start;

impl Page for Start {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let mut groups = Vec::new();
        for entry in visit.entries() {
            let face = entry.backend.face();
            if face.cards.is_empty() {
                continue;
            }
            let cards = face.cards.iter().map(|card| card.shown(visit.app()));
            groups.push(context! {
                title => face.meta.title(),
                address => visit.address("admin:list", entry)?,
                cards => futures_util::future::join_all(cards).await,
            });
        }
        let changes = match visit.sees_all() {
            true => Some(Change::latest(visit.database()?).await?),
            false => None,
        };
        let context = context! {
            groups,
            changes => changes.map(|changes| change_values(visit, &changes)),
            notice => notice::of(visit).await?,
        };
        visit.render("admin/start.html", context)
    }
}
