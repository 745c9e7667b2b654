//! The page with the greetings.

use plain::prelude::*;
use serde::Deserialize;

use crate::models::Greeting;

/// Lists greetings, and adds one.
pub(crate) struct Greetings;

#[derive(Deserialize)]
struct NewGreeting {
    text: String,
}

impl View for Greetings {
    async fn get(&self, request: &Request) -> Result<Response> {
        let newest = Greeting::query().order("-id").limit(50);
        let greetings = newest.all(request.database()?).await?;
        request.render("__module__/greetings.html", context! { greetings })
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        let form: NewGreeting = request.form().await?;
        Greeting::add(request.database()?, &form.text).await?;
        Ok(Response::redirect(request.reverse("__module__:greetings", ())?))
    }
}
