//! The pages.

use plain::http::{Event, Request, Response, Result};
use plain::serde::Serialize;
use plain::urls::{Urls, path, urls};
use plain::views::View;
use plain_sessions::{SessionStore, SessionView};

use crate::gate;

pub(crate) fn pages() -> Urls {
    urls([
        path("", Home).name("home"),
        path("visits", Visits.as_view()).name("visits"),
        path("who", Who),
        path("events", Events),
        path("slow", Slow),
        path("notes", Notes).name("notes"),
        path("hold", Hold),
        path("panic", Panic),
        path("no-template", NoTemplate),
        path("fail", Fail),
    ])
}

struct Home;

impl View for Home {
    async fn get(&self, _: &Request) -> Result<Response> {
        Ok(Response::text("home"))
    }
}

/// Counts the visits in the session.
struct Visits;

impl SessionView for Visits {
    async fn get(&self, _: &Request, session: &SessionStore) -> Result<Response> {
        let visits: u32 = session.get("visits")?.unwrap_or_default();
        Ok(Response::text(visits.to_string()))
    }

    async fn post(&self, _: &Request, session: &SessionStore) -> Result<Response> {
        session.update("visits", |visits: Option<u32>| visits.unwrap_or(0) + 1)?;
        Ok(Response::text("counted"))
    }

    /// The same when it is let go on.
    async fn patch(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        gate::pass("visit").await?;
        self.post(request, session).await
    }
}

/// Who asks: the address, the scheme and the host, and the port of the connection's other end.
struct Who;

impl View for Who {
    async fn get(&self, request: &Request) -> Result<Response> {
        let address = request.client_address().map(|address| address.to_string());
        let peer = request.connection().peer.map_or(0, |peer| peer.port());
        Ok(Response::text(format!(
            "{} {} {} {peer}",
            address.unwrap_or_default(),
            request.scheme().as_str(),
            request.host().unwrap_or_default(),
        )))
    }
}

/// Two events, the second when it is let go on.
struct Events;

impl View for Events {
    async fn get(&self, _: &Request) -> Result<Response> {
        Ok(Response::send_events(|events| async move {
            events.send(Event::new("one")).await;
            gate::pass("event").await?;
            events.send(Event::new("two")).await;
            Ok(())
        }))
    }
}

/// Answers when it is let go on.
struct Slow;

impl View for Slow {
    async fn get(&self, _: &Request) -> Result<Response> {
        gate::pass("request").await?;
        Ok(Response::text("slow but sure"))
    }
}

/// Counts the notes, and takes one.
struct Notes;

impl View for Notes {
    async fn get(&self, request: &Request) -> Result<Response> {
        let count = request.database()?.query("SELECT COUNT(*) FROM site_note");
        let count: i64 = count.scalar().await?;
        Ok(Response::text(count.to_string()))
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        let insert = request
            .database()?
            .query("INSERT INTO site_note VALUES ($1)");
        insert.bind("buy paper").execute().await?;
        Ok(Response::text("noted"))
    }
}

/// Keeps a transaction open until it is let go on.
struct Hold;

impl View for Hold {
    async fn get(&self, request: &Request) -> Result<Response> {
        let transaction = request.database()?.begin().await?;
        gate::pass("transaction").await?;
        transaction.rollback();
        Ok(Response::text("held"))
    }
}

struct Panic;

impl View for Panic {
    async fn get(&self, _: &Request) -> Result<Response> {
        panic!("the page is on fire")
    }
}

#[derive(Serialize)]
#[serde(crate = "plain::serde")]
struct Nothing {}

struct NoTemplate;

impl View for NoTemplate {
    async fn get(&self, request: &Request) -> Result<Response> {
        request.render("hoem.html", Nothing {})
    }
}

/// Fails as a file that is away would.
struct Fail;

impl View for Fail {
    async fn get(&self, _: &Request) -> Result<Response> {
        let contents = std::fs::read("/nowhere/inner-secret")?;
        Ok(Response::text(format!("{} bytes", contents.len())))
    }
}
