//! The sessions at a glance. Each card looks at a bounded number of rows.

use std::collections::BTreeMap;

use chrono::{Days, Utc};
use plain::admin::{Card, Cell, Content, Tone};
use plain::chores::Record;
use plain::db::{Database, Kind, Model, QuerySet};
use plain::http::Result;
use plain::services::Services;

use crate::chores;
use crate::models::Session;

/// Up to how many sessions are counted.
const COUNTED: u64 = 10_000;

/// At how many of the latest sessions the trend looks.
const LATEST: i64 = 20_000;

/// How many days the trend has.
const DAYS: u64 = 14;

pub(super) fn all() -> Vec<Card> {
    vec![
        Card::new("Active", |app| async move {
            counted(&app, Session::query().gt("expires_at", Utc::now())).await
        }),
        Card::new("Expired", |app| async move {
            let content = counted(&app, Session::query().lte("expires_at", Utc::now())).await?;
            Ok(content.note("Deleted by the next run of ClearExpired"))
        }),
        Card::new("Created per day", |app| async move {
            created(app.database()?).await
        }),
        Card::new("Last ClearExpired", |app| async move {
            last_run(app.database()?).await
        }),
    ]
}

async fn counted(app: &Services, sessions: QuerySet<Session>) -> Result<Content> {
    let number = sessions.count_at_most(app.database()?, COUNTED).await?;
    Ok(Content::counted(number, COUNTED))
}

/// Of the latest rows, since a count of all by day would read all of them.
async fn created(database: &Database) -> Result<Content> {
    let sql = match database.kind() {
        Kind::Sqlite => {
            "SELECT day, count(*) FROM (SELECT substr(created_at, 1, 10) AS day \
             FROM plainsessions_session ORDER BY id DESC LIMIT $1) AS latest GROUP BY day"
        }
        Kind::Postgres => {
            "SELECT day, count(*) FROM (SELECT to_char(created_at AT TIME ZONE 'UTC', \
             'YYYY-MM-DD') AS day FROM plainsessions_session ORDER BY id DESC LIMIT $1) AS latest \
             GROUP BY day"
        }
    };
    let rows: Vec<(String, i64)> = database.query(sql).bind(LATEST).fetch_all().await?;
    let seen: i64 = rows.iter().map(|(_, number)| number).sum();
    let by_day: BTreeMap<String, i64> = rows.into_iter().collect();
    let today = Utc::now().date_naive();
    let days = (0..DAYS)
        .rev()
        .filter_map(|ago| today.checked_sub_days(Days::new(ago)));
    let points = days.map(|day| {
        let day = day.to_string();
        let number = by_day.get(&day).copied().unwrap_or_default();
        (day, number.unsigned_abs())
    });
    let note = if seen < LATEST {
        format!("In the last {DAYS} days, of those still stored")
    } else {
        format!("In the last {DAYS} days, of the latest {LATEST}: there may be more")
    };
    Ok(Content::trend(points).note(note))
}

async fn last_run(database: &Database) -> Result<Content> {
    let records = Record::all(database).await?;
    let record = records.iter().find(|record| record.name == chores::NAME);
    let Some((record, at)) = record.and_then(|record| Some((record, record.last_finished_at?)))
    else {
        return Ok(Content::pairs([("Finished", Cell::from("never"))])
            .note("`plain worker` runs it each day"));
    };
    let result = match (&record.last_error, &record.last_result) {
        (Some(_), _) => Cell::badge("failed", Tone::Bad),
        (None, result) => result.clone().into(),
    };
    Ok(Content::pairs([
        ("Finished", Cell::time(at)),
        ("Result", result),
    ]))
}
