//! What a developer looks for around an error: the code, the request, its queries, the settings.

use std::env;
use std::fs;
use std::path::Path;

use http::HeaderName;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use minijinja::{Value, context};

use crate::db::{Queries, shown, so_far};
use crate::http::{Error, Request};
use crate::panicked::{Panicked, Place};
use crate::settings::Settings;

/// How many lines of code are shown before and after the one at fault.
const AROUND: usize = 4;

/// What stands in place of a secret.
const MASK: &str = "********";

/// All of it, for the page.
pub(super) fn of(request: &Request, error: &Error) -> Value {
    context! {
        code => place(error).map(code),
        queries => queries(),
        request => asked(request),
        settings => request.services().get::<Settings>().map(settings),
    }
}

/// Where in the application's own code it happened.
fn place(error: &Error) -> Option<Place> {
    if let Some(panicked) = error.find::<Panicked>() {
        return panicked.place().cloned();
    }
    let place = error.place();
    // Deep inside of the framework is no place that a developer of an application can change.
    let here = file!().replace('\\', "/");
    let framework = here.trim_end_matches("templates/error_page/facts.rs");
    let file = place.file().replace('\\', "/");
    (!file.starts_with(framework)).then(|| Place {
        file,
        line: place.line(),
    })
}

/// The lines around a place, where the code is at hand.
fn code(place: Place) -> Value {
    let text = source(&place.file).unwrap_or_default();
    let line = place.line as usize;
    let first = line.saturating_sub(AROUND).max(1);
    let lines = text.lines().enumerate().skip(first - 1);
    let lines = lines.take(line + AROUND + 1 - first);
    let excerpt: Vec<Value> = lines
        .map(|(index, text)| {
            context! { number => index + 1, text, marked => index + 1 == line }
        })
        .collect();
    context! { file => place.file, line, excerpt }
}

/// The text of a file as the compiler named it: from the folder in which cargo was called, which is
/// this one or one above it.
fn source(file: &str) -> Option<String> {
    let current = env::current_dir().ok()?;
    let mut folders = current.ancestors();
    folders.find_map(|folder: &Path| fs::read_to_string(folder.join(file)).ok())
}

fn queries() -> Value {
    let statements = so_far();
    let queries = Queries::of(&statements);
    let alike: Vec<Value> = queries
        .alike
        .iter()
        .map(|alike| {
            context! {
                sql => alike.sql,
                times => alike.times,
                rows => alike.rows,
                elapsed => shown(alike.elapsed),
            }
        })
        .collect();
    context! { count => queries.count, elapsed => shown(queries.elapsed), alike }
}

fn asked(request: &Request) -> Value {
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = match is_secret(name) {
                true => MASK.to_owned(),
                false => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            };
            (name.to_string(), value)
        })
        .collect();
    let params = request.params().iter();
    let params: Vec<(String, String)> = params
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    context! {
        route => request.route().map(str::to_owned),
        params,
        headers,
        client => request.client_address().map(|address| address.to_string()),
    }
}

/// Whether a header may hold what lets somebody in.
fn is_secret(name: &HeaderName) -> bool {
    let words = ["token", "key", "secret", "auth", "password", "session"];
    [COOKIE, AUTHORIZATION, PROXY_AUTHORIZATION].contains(name)
        || words.iter().any(|word| name.as_str().contains(word))
}

/// What differs from the defaults; secrets are masked by the settings themselves.
fn settings(settings: &Settings) -> Vec<(String, String)> {
    let entries = settings.entries().iter().filter(|entry| entry.changed);
    entries
        .map(|entry| (entry.name.clone(), entry.value_text()))
        .collect()
}
