//! What every subject of the benchmarks answers.
//!
//! | route | what it does |
//! | --- | --- |
//! | `GET /text` | [`TEXT`] as plain text |
//! | `GET /json` | a [`Message`] as JSON |
//! | `GET /page` | the template `page.html`, which extends `layout.html`, with a [`Page`] |
//! | `GET /session` | reads the session: a [`Seen`] as JSON |
//! | `POST /session` | adds one to the session's counter, saves it, and answers the new [`Seen`] |
//! | `POST /new` | begins a session with what a [`Visitor`] holds, and answers its [`Seen`] |
//!
//! A request for `/session` whose cookie names no session is answered with 403, so that a run which
//! lost its sessions is never taken for a fast one.

use std::env;

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use serde::{Deserialize, Serialize};

/// The answer of `/text`.
pub const TEXT: &str = "Hello, World!";

/// The cookie that holds the key of a session.
pub const COOKIE: &str = "sessionid";

/// Seconds that a session lives after it was last saved: two weeks.
pub const AGE: i64 = 14 * 24 * 60 * 60;

/// The templates by name, for subjects that load them from memory.
pub const TEMPLATES: [(&str, &str); 2] = [
    ("layout.html", include_str!("../templates/layout.html")),
    ("page.html", include_str!("../templates/page.html")),
];

/// The answer of `/json`.
#[derive(Debug, Serialize)]
pub struct Message {
    /// The text.
    pub message: &'static str,
}

impl Default for Message {
    fn default() -> Self {
        Self { message: TEXT }
    }
}

/// What `page.html` shows.
#[derive(Debug, Serialize)]
pub struct Page {
    /// Its title.
    pub title: &'static str,
    /// Its rows.
    pub products: Vec<Product>,
}

/// A row of the page.
#[derive(Debug, Serialize)]
pub struct Product {
    /// Its number.
    pub id: u32,
    /// Its name, in which something has to be escaped.
    pub name: String,
    /// Its price.
    pub cents: u32,
    /// Whether it can be bought.
    pub in_stock: bool,
}

impl Page {
    /// The page, made anew for each request as if it came from a database.
    pub fn new() -> Self {
        let product = |id| Product {
            id,
            name: format!("Tea & cake <no. {id}>"),
            cents: 250 + 5 * id,
            in_stock: id % 3 != 0,
        };
        Self {
            title: "What there is",
            products: (1..=20).map(product).collect(),
        }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}

/// The environment of a subject that has none of its own.
pub fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // As Plain has it, so that the page is the same byte by byte.
    let mut syntax = SyntaxConfig::builder();
    syntax
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true);
    environment.set_syntax(syntax.build().expect("the usual marks are well-formed"));
    for (name, source) in TEMPLATES {
        environment
            .add_template(name, source)
            .expect("the templates are tested");
    }
    environment
}

/// What a new session holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Visitor {
    /// A text.
    pub name: String,
    /// How many times `POST /session` was answered.
    pub counter: u64,
    /// A list.
    pub cart: Vec<String>,
    /// What makes a session large: as many bytes as the variable `SESSION_BYTES` says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

impl Visitor {
    /// A visitor who has done nothing yet, with `bytes` bytes of notes.
    pub fn new(bytes: usize) -> Self {
        Self {
            name: "Ada Lovelace".to_owned(),
            counter: 0,
            cart: ["tea", "coffee", "cake"].map(str::to_owned).to_vec(),
            notes: "0123456789abcdef".chars().cycle().take(bytes).collect(),
        }
    }
}

/// What the session routes answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The name in the session.
    pub name: String,
    /// The counter in the session.
    pub counter: u64,
}

impl From<&Visitor> for Seen {
    fn from(visitor: &Visitor) -> Self {
        Self {
            name: visitor.name.clone(),
            counter: visitor.counter,
        }
    }
}

/// How a subject is started, from the environment.
#[derive(Clone, Debug)]
pub struct Start {
    /// Where to listen: `BIND`.
    pub bind: String,
    /// The database, `sqlite://FILE` or `postgres://...`: `DATABASE_URL`.
    pub database_url: String,
    /// Whether SQLite tells the disk to write at each commit: `SYNCHRONOUS`, `FULL` or `NORMAL`.
    pub full: bool,
    /// Connections to the database: `POOL`; unset, 10, which is sqlx's own default.
    pub pool: u32,
    /// Bytes of notes in a new session: `SESSION_BYTES`.
    pub session_bytes: usize,
}

impl Start {
    /// Reads the variables.
    ///
    /// # Panics
    ///
    /// If one is missing or not a number: then the runner is wrong.
    pub fn from_env() -> Self {
        Self {
            bind: variable("BIND"),
            database_url: variable("DATABASE_URL"),
            full: variable("SYNCHRONOUS") == "FULL",
            pool: number("POOL", 10),
            session_bytes: session_bytes(),
        }
    }

    /// The file, if the database is SQLite's.
    pub fn sqlite_file(&self) -> Option<&str> {
        self.database_url.strip_prefix("sqlite://")
    }
}

/// Bytes of notes in a new session, as the variable `SESSION_BYTES` says.
pub fn session_bytes() -> usize {
    number("SESSION_BYTES", 0)
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("the variable {name} is not set"))
}

fn number<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    match env::var(name) {
        Ok(text) => match text.parse() {
            Ok(number) => number,
            Err(_) => panic!("the variable {name} is no number: {text:?}"),
        },
        Err(_) => otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_renders_and_escapes() {
        let environment = environment();
        let page = environment.get_template("page.html").unwrap();
        let html = page.render(minijinja::value::Serde(Page::new())).unwrap();
        assert!(html.starts_with("<!doctype html>"));
        assert!(html.contains("Tea &amp; cake &lt;no. 20&gt;"), "{html}");
    }
}
