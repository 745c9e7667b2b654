//! What a request is told to do with its session.

use plain::http::{Error, HeaderValue, Response, Result, StatusCode, header};
use plain_sessions::SessionStore;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Gates;

/// One thing that a request does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// `set`.
    Set(String, Value),
    /// `remove`.
    Remove(String),
    /// `pop`.
    Pop(String),
    /// `setdefault`.
    SetDefault(String, Value),
    /// `extend`.
    Extend(Map<String, Value>),
    /// `update`, which adds one to a number.
    AddOne(String),
    /// `clear`.
    Clear,
    /// `flush`.
    Flush,
    /// `cycle_key`.
    Cycle,
    /// `set_owner`.
    Owner(Option<String>),
    /// Answers with a status.
    Status(u16),
    /// Answers with a header.
    Header(String, String),
    /// Returns an error.
    Fail,
    /// Panics.
    Panic,
    /// Waits at a gate.
    Wait(String),
}

/// `session.set(name, value)`.
pub fn set(name: &str, value: impl Into<Value>) -> Step {
    Step::Set(name.to_owned(), value.into())
}

/// `session.remove(name)`.
pub fn remove(name: &str) -> Step {
    Step::Remove(name.to_owned())
}

/// `session.pop(name)`.
pub fn pop(name: &str) -> Step {
    Step::Pop(name.to_owned())
}

/// `session.setdefault(name, value)`.
pub fn setdefault(name: &str, value: impl Into<Value>) -> Step {
    Step::SetDefault(name.to_owned(), value.into())
}

/// `session.extend([(name, value)])`.
pub fn extend(name: &str, value: impl Into<Value>) -> Step {
    Step::Extend(Map::from_iter([(name.to_owned(), value.into())]))
}

/// `session.update(name, ..)`, adding one.
pub fn add_one(name: &str) -> Step {
    Step::AddOne(name.to_owned())
}

/// `session.clear()`.
pub fn clear() -> Step {
    Step::Clear
}

/// `session.flush()`.
pub fn flush() -> Step {
    Step::Flush
}

/// `session.cycle_key()`.
pub fn cycle() -> Step {
    Step::Cycle
}

/// `session.set_owner(owner)`.
pub fn owner<'a>(owner: impl Into<Option<&'a str>>) -> Step {
    Step::Owner(owner.into().map(str::to_owned))
}

/// The response has this status.
pub fn status(status: u16) -> Step {
    Step::Status(status)
}

/// The response has this header.
pub fn header(name: &str, value: &str) -> Step {
    Step::Header(name.to_owned(), value.to_owned())
}

/// The view returns an error.
pub fn fail() -> Step {
    Step::Fail
}

/// The view panics.
pub fn panic() -> Step {
    Step::Panic
}

/// The request waits until the test opens the gate.
pub fn wait(gate: &str) -> Step {
    Step::Wait(gate.to_owned())
}

/// Carries out `steps`, and answers with all values that the session holds then.
pub(super) async fn run(
    steps: Vec<Step>,
    session: &SessionStore,
    gates: &Gates,
) -> Result<Response> {
    let mut status = StatusCode::OK;
    let mut headers = Vec::new();
    for step in steps {
        match step {
            Step::Set(name, value) => session.set(name.as_str(), value)?,
            Step::Remove(name) => drop(session.remove(&name)),
            Step::Pop(name) => drop(session.pop::<Value>(name.as_str())?),
            Step::SetDefault(name, value) => drop(session.setdefault(name.as_str(), value)?),
            Step::Extend(values) => session.extend(values)?,
            Step::AddOne(name) => session.update(name.as_str(), plus_one)?,
            Step::Clear => session.clear(),
            Step::Flush => session.flush(),
            Step::Cycle => session.cycle_key(),
            Step::Owner(owner) => session.set_owner(owner.as_deref())?,
            Step::Status(code) => status = StatusCode::from_u16(code)?,
            Step::Header(name, value) => headers.push((name, value)),
            Step::Fail => return Err(Error::internal("told to fail")),
            Step::Panic => panic!("told to panic"),
            Step::Wait(gate) => gates.pass(&gate).await,
        }
    }
    let mut response = answer(session)?.with_status(status);
    for (name, value) in headers {
        let name: header::HeaderName = name.parse()?;
        response
            .headers_mut()
            .append(name, HeaderValue::try_from(value)?);
    }
    Ok(response)
}

/// All values of `session`, as JSON.
pub(super) fn answer(session: &SessionStore) -> Result<Response> {
    let values: Map<String, Value> = session.items().into_iter().collect();
    Response::json(&values)
}

fn plus_one(number: Option<i64>) -> i64 {
    number.unwrap_or(0) + 1
}
