//! The admin's list of sessions over many rows.

use std::fmt::Write;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::Goal;
use super::rows::spread;
use crate::cell::{Cell, Route, Store};
use crate::client::{Answer, Client};
use crate::data::Data;
use crate::options::Options;
use crate::report::median;
use crate::subject::{Setup, Subject};

const EMAIL: &str = "admin@example.com";
const PASSWORD: &str = "three green kettles on a shelf";

/// How often each page is asked for.
const TIMES: usize = 20;

/// Milliseconds that pages took.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Admin {
    store: &'static str,
    rows: u64,
    pages: Vec<Page>,
}

#[derive(Debug, Clone, Serialize)]
struct Page {
    name: String,
    milliseconds: Vec<f64>,
}

pub(super) fn measure(
    name: &'static str,
    store: Store,
    data: &mut Data<'_>,
    options: &Options,
) -> Result<Admin> {
    eprintln!("admin-{name}");
    let plain = Subject::named("plain")?;
    let cell = Cell {
        name: format!("admin-{name}"),
        route: Route::Read,
        store,
        connections: 1,
        session_bytes: 0,
    };
    let copy = data.copy(plain, &cell)?;
    spread(plain, store, &copy.url, options.rows)?;
    let setup = Setup::of(&cell, &copy, options);
    let words = ["users", "create", EMAIL, "--admin", "--password-stdin"];
    plain.order(&setup, &words, &format!("{PASSWORD}\n"))?;
    let running = plain.start(&setup)?;
    let client = running.client();
    let cookie = sign_in(&client)?;
    let cookies = std::fs::read_to_string(&copy.cookies)?;
    let visitor = cookies.lines().nth(7).context("there are no visitors")?;
    let (_, key) = visitor.split_once('=').context("a cookie has a value")?;
    let last = options.rows.div_ceil(25);
    let reached = match open(&client, &cookie, &format!("?page={last}")) {
        Ok(_) => last,
        // How far a list can be leafed through; what is further back is found by other ways.
        Err(_) => 400,
    };
    let addresses = [
        ("first page".to_owned(), String::new()),
        ("search by key".to_owned(), format!("?q={key}")),
        (format!("page {reached}"), format!("?page={reached}")),
        (
            "last page, as the first of the other order".to_owned(),
            "?sort=created_at".to_owned(),
        ),
        ("filter Active".to_owned(), "?filter=active".to_owned()),
        ("filter Expired".to_owned(), "?filter=expired".to_owned()),
        (
            "filter Signed in".to_owned(),
            "?filter=signed-in".to_owned(),
        ),
    ];
    let mut pages = Vec::new();
    for (name, query) in addresses {
        open(&client, &cookie, &query).with_context(|| name.clone())?;
        let time = |_| -> Result<f64> {
            let since = Instant::now();
            open(&client, &cookie, &query)?;
            Ok(since.elapsed().as_secs_f64() * 1e3)
        };
        let milliseconds = (0..TIMES).map(time).collect::<Result<_>>()?;
        pages.push(Page { name, milliseconds });
    }
    Ok(Admin {
        store: name,
        rows: options.rows,
        pages,
    })
}

fn sign_in(client: &Client) -> Result<String> {
    let form = format!(
        "email={}&password={}",
        EMAIL.replace('@', "%40"),
        PASSWORD.replace(' ', "+")
    );
    let answer = client.post("/account/sign-in", None, &form)?;
    ensure!(answer.status == 303, "nobody was signed in: {answer:?}");
    Ok(answer.session_cookie()?.to_owned())
}

/// Opens the list, and goes where it leads: a search for a key leads to one for its hash.
fn open(client: &Client, cookie: &str, query: &str) -> Result<Answer> {
    let mut path = format!("/admin/sessions{query}");
    for _ in 0..3 {
        let answer = client.get(&path, Some(cookie))?;
        match answer.location {
            Some(location) => path = location,
            None => {
                ensure!(answer.status == 200, "{path}: {answer:?}");
                ensure!(answer.body.contains("Sessions"), "{path}: another page");
                return Ok(answer);
            }
        }
    }
    anyhow::bail!("{path} leads nowhere")
}

impl Admin {
    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "### The admin's list over {} sessions, {}\n\nMilliseconds, of {TIMES} times, one \
             after the other.\n\n| | median | worst |\n| --- | ---: | ---: |\n",
            self.rows, self.store
        );
        for page in &self.pages {
            let _ = writeln!(
                text,
                "| {} | {:.1} | {:.1} |",
                page.name,
                median(page.milliseconds.clone()),
                page.worst()
            );
        }
        text
    }

    pub(super) fn goals(&self) -> Vec<Goal> {
        let goal = |page: &Page| {
            let median = median(page.milliseconds.clone());
            (
                format!(
                    "admin over {} rows, {}: {}, ms",
                    self.rows, self.store, page.name
                ),
                "< 50".to_owned(),
                format!("{median:.1}"),
                median < 50.0,
            )
        };
        self.pages.iter().map(goal).collect()
    }
}

impl Page {
    fn worst(&self) -> f64 {
        self.milliseconds.iter().copied().fold(0.0, f64::max)
    }
}
