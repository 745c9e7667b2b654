//! The chores: when they last ran, when they run next, and a way to run one now.

use chrono::Utc;

use super::super::Cell;
use super::super::changes::{self, note};
use super::super::guard::{Page, Visit};
use super::notice;
use crate::chores::{ChoreEntry, Record, Runner, Schedule, choose};
use crate::context;
use crate::http::{Error, Response, Result};

pub(in super::super) struct Chores;

impl Page for Chores {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let app = visit.app();
        let chores: &Vec<ChoreEntry> = app.require()?;
        let schedule: &Schedule = app.require()?;
        let records = Record::all(visit.database()?).await?;
        let now = Utc::now();
        let rows = chores.iter().map(|chore| {
            let record = records.iter().find(|record| record.name == chore.name());
            let expression = schedule.expression(chore.name());
            context! {
                name => chore.name(),
                description => chore.description(),
                schedule => expression.map(ToString::to_string),
                running => record.and_then(|record| record.holder(now)),
                finished => record.and_then(|record| record.last_finished_at).map(Cell::time),
                result => record.and_then(|record| record.last_result.as_deref()),
                error => record.and_then(|record| record.last_error.as_deref()),
            }
        });
        let context = context! {
            rows => rows.collect::<Vec<_>>(),
            address => visit.request.path(),
            notice => notice::of(visit).await?,
        };
        visit.render("admin/chores.html", context)
    }

    async fn post(&self, visit: &Visit<'_>) -> Result<Response> {
        let form = visit.request.form_data().await?;
        let name = form.field("chore").unwrap_or_default().to_owned();
        let chores: &Vec<ChoreEntry> = visit.app().require()?;
        let found = choose(chores, std::slice::from_ref(&name));
        let found = found.map_err(|unknown| {
            let texts: Vec<_> = unknown.iter().map(ToString::to_string).collect();
            Error::not_found(texts.join(", "))
        })?;
        let chore = found
            .first()
            .ok_or_else(|| Error::bad_request("no chore is named"))?;
        let runner = Runner::new(visit.app().clone(), visit.database()?.clone());
        let report = runner.run(chore).await;
        let noted = changes::Entry {
            visitor: &visit.visitor,
            action: "Ran chore",
            page: "chores",
            object: Some((chore.name(), chore.name())),
            details: &report.to_string(),
        };
        let noted = note(visit.database()?, noted).await?;
        Ok(notice::redirect(visit.request.path(), noted))
    }
}
