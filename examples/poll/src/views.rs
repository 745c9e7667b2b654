//! The poll, and its results as they change.

use plain::http::Event;
use plain::prelude::*;
use plain_sessions::{SessionKey, SessionStore, SessionView};
use serde::Deserialize;

use crate::models::{Choice, Votes};

/// What the visitor voted for.
const VOTED: SessionKey<String> = SessionKey::new("voted");

#[derive(Deserialize)]
struct Vote {
    choice: String,
}

/// ``: the choices, and a vote.
pub(crate) struct Poll;

impl SessionView for Poll {
    async fn get(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let choices = Choice::ranked(request.database()?).await?;
        let voted = session.get(VOTED)?;
        request.render("poll.html", context! { choices, voted })
    }

    async fn post(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let Vote { choice } = request.form().await?;
        if session.contains_key(VOTED) {
            return Err(Error::forbidden("you have voted already"));
        }
        let voted = Choice::vote(request.database()?, &choice).await?;
        let name = voted.ok_or_else(|| Error::bad_request("this can't be voted for"))?;
        session.set(VOTED, name)?;
        request.services().require::<Votes>()?.announce();
        Ok(Response::redirect(request.reverse("poll", ())?))
    }
}

/// `results`: an event at once, and one after each vote.
pub(crate) struct Results;

impl View for Results {
    async fn get(&self, request: &Request) -> Result<Response> {
        let db = request.database()?.clone();
        let mut votes = request.services().require::<Votes>()?.watch();
        Ok(Response::send_events(|events| async move {
            loop {
                let results = Event::json(&Choice::ranked(&db).await?)?;
                events.send(results.with_name("results")).await;
                votes.changed().await?;
            }
        }))
    }
}
