//! A browser that visits a [`Site`](super::Site).

use std::ops::Deref;

use plain::App;
use plain::test::{Client, ClientRequest, TestResponse};
use serde_json::{Map, Value};

use super::Step;

/// A client, with the pages that every site has.
#[derive(Clone, Debug)]
pub struct Visitor(Client<App>);

impl Visitor {
    /// Wraps `client`.
    pub fn new(client: Client<App>) -> Self {
        Self(client)
    }

    /// A request that carries out `steps`.
    pub fn run<const N: usize>(&self, steps: [Step; N]) -> ClientRequest<App> {
        self.post_json("/run", &steps.as_slice())
    }

    /// A request that asks for the session and only reads it.
    pub fn look(&self) -> ClientRequest<App> {
        self.get("/look")
    }

    /// A request that never asks for the session.
    pub fn pass_by(&self) -> ClientRequest<App> {
        self.get("/untouched")
    }

    /// The session key in the browser's cookie.
    pub fn key(&self) -> Option<String> {
        self.cookie("sessionid")
    }
}

impl Deref for Visitor {
    type Target = Client<App>;

    fn deref(&self) -> &Client<App> {
        &self.0
    }
}

/// The first words of the statements that a response cost: `"SELECT UPDATE"`.
pub fn costs(response: &TestResponse) -> String {
    let words = response.statements().iter().map(|statement| {
        let word = statement.sql.split_whitespace().next();
        word.unwrap_or_default().to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The values of the session, as the response says they are.
#[track_caller]
pub fn values(response: &TestResponse) -> Value {
    assert_eq!(response.status(), 200, "{response:?}");
    Value::Object(response.json::<Map<String, Value>>())
}
