//! What is measured: a route, a database, a number of connections.

use serde::Serialize;

/// What is asked of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Route {
    Text,
    /// The same, with the cookie of a session that the view doesn't look at.
    TextWithCookie,
    Json,
    Page,
    Read,
    Write,
    New,
}

impl Route {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Text | Self::TextWithCookie => "/text",
            Self::Json => "/json",
            Self::Page => "/page",
            Self::Read | Self::Write => "/session",
            Self::New => "/new",
        }
    }

    /// What the script of wrk calls it.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Text | Self::TextWithCookie | Self::Json | Self::Page => "GET",
            Self::Read => "read",
            Self::Write => "write",
            Self::New => "POST",
        }
    }

    /// Whether requests carry the cookies of visitors.
    pub(crate) fn has_cookie(self) -> bool {
        matches!(self, Self::TextWithCookie | Self::Read | Self::Write)
    }

    /// Whether the session is asked for.
    pub(crate) fn has_session(self) -> bool {
        matches!(self, Self::Read | Self::Write | Self::New)
    }
}

/// Which database stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Store {
    SqliteNormal,
    SqliteFull,
    Postgres,
}

impl Store {
    /// The variable `SYNCHRONOUS` of the subjects.
    pub(crate) fn synchronous(self) -> &'static str {
        match self {
            Self::SqliteNormal => "NORMAL",
            Self::SqliteFull | Self::Postgres => "FULL",
        }
    }
}

/// One thing to measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Cell {
    pub(crate) name: String,
    pub(crate) route: Route,
    pub(crate) store: Store,
    pub(crate) connections: usize,
    /// Bytes of notes in each session.
    pub(crate) session_bytes: usize,
}

/// All cells, those with many connections first; or those that take long.
pub(crate) fn all(connections: usize, long: bool) -> Vec<Cell> {
    use Route::{Json, New, Page, Read, Text, TextWithCookie, Write};
    use Store::{Postgres, SqliteFull, SqliteNormal};
    let short = [
        ("text", Text, SqliteFull),
        ("text-with-cookie", TextWithCookie, SqliteFull),
        ("json", Json, SqliteFull),
        ("page", Page, SqliteFull),
        ("read-sqlite", Read, SqliteFull),
        ("read-postgres", Read, Postgres),
        ("write-sqlite-normal", Write, SqliteNormal),
        ("write-sqlite-full", Write, SqliteFull),
        ("write-postgres", Write, Postgres),
        ("new-sqlite-normal", New, SqliteNormal),
        ("new-sqlite-full", New, SqliteFull),
        ("new-postgres", New, Postgres),
    ];
    let cell = |(name, route, store): (&str, Route, Store), connections: usize, bytes: usize| {
        let size = if bytes > 0 { "-10kb" } else { "" };
        Cell {
            name: format!("{name}{size}-{connections}"),
            route,
            store,
            connections,
            session_bytes: bytes,
        }
    };
    let sessions = || {
        short
            .into_iter()
            .filter(|(_, route, _)| route.has_session())
    };
    if long {
        let large = sessions().filter(|(_, route, _)| *route != New);
        return large
            .map(|parts| cell(parts, connections, 10_240))
            .collect();
    }
    let mut cells: Vec<Cell> = short.map(|parts| cell(parts, connections, 0)).to_vec();
    cells.extend(sessions().map(|parts| cell(parts, 1, 0)));
    cells
}
