//! Whether a subject does what it is measured for: before the load, and after it.

use std::path::Path;
use std::{fs, thread};

use anyhow::{Context, Result, ensure};
use contract::{Seen, TEXT, Visitor};

use crate::cell::{Cell, Route, Store};
use crate::data::Copy;
use crate::sql::Sql;
use crate::subject::Running;

/// How many clients read what was written.
const READERS: usize = 16;

/// Checks the answers of all routes; `page` is the page as the base renders it, once it is known.
///
/// What it writes are one visit of one visitor and one new session, if the cell writes at all.
pub(crate) fn before(
    running: &Running,
    cell: &Cell,
    cookies: &Path,
    page: &mut Option<String>,
) -> Result<()> {
    let client = running.client();
    let text = client.get("/text", None)?;
    ensure!(text.status == 200 && text.body == TEXT, "{text:?}");
    ensure!(text.content_type.starts_with("text/plain"), "{text:?}");
    let json = client.get("/json", None)?;
    ensure!(json.body == r#"{"message":"Hello, World!"}"#, "{json:?}");
    ensure!(
        json.content_type.starts_with("application/json"),
        "{json:?}"
    );
    let html = client.get("/page", None)?;
    ensure!(html.content_type.starts_with("text/html"), "{html:?}");
    let expected = page.get_or_insert_with(|| html.body.clone());
    ensure!(html.body == *expected, "another page: {}", html.body);
    ensure!(client.get("/session", None)?.status == 403);

    let cookies = fs::read_to_string(cookies)?;
    let cookie = cookies.lines().next().context("there are no visitors")?;
    let visitor = Seen::from(&Visitor::new(0));
    ensure!(client.get("/session", Some(cookie))?.json::<Seen>()? == visitor);
    match cell.route {
        Route::Write => {
            let answer = client.post("/session", Some(cookie), "")?;
            let again = client.get("/session", Some(cookie))?;
            for answer in [answer.json::<Seen>()?, again.json()?] {
                ensure!(answer.counter == visitor.counter + 1, "{answer:?}");
            }
        }
        Route::New => {
            let answer = client.post("/new", None, "")?;
            attributes(&answer.set_cookies.concat())?;
            let again = client.get("/session", Some(answer.session_cookie()?))?;
            ensure!(again.json::<Seen>()? == visitor, "{again:?}");
        }
        _ => {}
    }
    Ok(())
}

/// The same cookie from all: what is left out is not paid for.
fn attributes(cookie: &str) -> Result<()> {
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age="] {
        ensure!(
            cookie.contains(attribute),
            "{attribute} is missing: {cookie}"
        );
    }
    Ok(())
}

/// Checks that what was acknowledged is there: `answered` requests, besides those of [`before`].
///
/// Where the load ended, each connection had a request under way that may have been carried out
/// unheard; `runs` times.
pub(crate) fn after(
    running: &Running,
    cell: &Cell,
    copy: &Copy,
    answered: u64,
    runs: u64,
    sessions: usize,
) -> Result<()> {
    let unheard = cell.connections as u64 * runs;
    let found = match cell.route {
        Route::Write => visits(running, &copy.cookies)?,
        Route::New => {
            let subject = running.subject;
            let table = match cell.store {
                Store::Postgres => subject.postgres_table,
                _ => subject.sqlite_table,
            };
            let rows = Sql::connect(&copy.url)?.number(&format!("SELECT count(*) FROM {table}"))?;
            u64::try_from(rows)?.saturating_sub(sessions as u64)
        }
        _ => return Ok(()),
    };
    // One is what `before` did.
    let least = answered + 1;
    ensure!(
        (least..=least + unheard).contains(&found),
        "{} acknowledged {answered} writes of {}, and {} are there",
        running.subject.name,
        cell.name,
        found - 1
    );
    Ok(())
}

/// The sum of all visitors' counters.
fn visits(running: &Running, cookies: &Path) -> Result<u64> {
    let cookies = fs::read_to_string(cookies)?;
    let cookies: Vec<&str> = cookies.lines().collect();
    let sum = |share: &[&str]| -> Result<u64> {
        let client = running.client();
        let mut sum = 0;
        for cookie in share {
            sum += client
                .get("/session", Some(cookie))?
                .json::<Seen>()?
                .counter;
        }
        Ok(sum)
    };
    thread::scope(|scope| {
        let shares = cookies.chunks(cookies.len().div_ceil(READERS).max(1));
        let readers: Vec<_> = shares
            .map(|share| scope.spawn(move || sum(share)))
            .collect();
        let mut total = 0;
        for reader in readers {
            let read = reader.join();
            total += read.map_err(|_| anyhow::anyhow!("a reader panicked"))??;
        }
        Ok(total)
    })
}
