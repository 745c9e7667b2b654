//! What a subject needs: memory, time to its first answer, room on disk.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::cell::{Cell, Route, Store};
use crate::data::Data;
use crate::load::Load;
use crate::options::Options;
use crate::subject::{Setup, Subject};
use crate::usage;

/// Connections that are held open at once.
const MANY: usize = 1000;

/// What a subject needs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Resources {
    pub(crate) subject: &'static str,
    /// From the start of its process to its first answer, in milliseconds; the median of starts.
    pub(crate) first_answer: f64,
    /// KiB after its first answers.
    pub(crate) memory_at_rest: u64,
    /// KiB with 1,000 open connections, each of which has read its session once.
    pub(crate) memory_with_connections: u64,
    /// KiB after these connections have been under load.
    pub(crate) memory_after_load: u64,
    /// Bytes of its program.
    pub(crate) program: u64,
}

/// Looks at what `subject` needs.
pub(crate) fn look(subject: Subject, data: &mut Data<'_>, options: &Options) -> Result<Resources> {
    eprintln!("resources of {}", subject.name);
    let cell = Cell {
        name: "resources".to_owned(),
        route: Route::Read,
        store: Store::SqliteFull,
        connections: MANY,
        session_bytes: 0,
    };
    let copy = data.copy(subject, &cell)?;
    let setup = Setup::of(&cell, &copy, options);
    let starts = if options.quick { 1 } else { 9 };
    let mut first_answers: Vec<f64> = Vec::new();
    for _ in 0..starts {
        let running = subject.start(&setup)?;
        first_answers.push(running.first_answer.as_secs_f64() * 1e3);
    }
    first_answers.sort_by(f64::total_cmp);
    let running = subject.start(&setup)?;
    let cookies = fs::read_to_string(&copy.cookies)?;
    let client = running.client();
    for cookie in cookies.lines().take(20) {
        client.get("/page", None)?;
        client.get("/session", Some(cookie))?;
    }
    thread::sleep(Duration::from_secs(1));
    let memory_at_rest = usage::memory(running.pid())?;
    let address = running.url.trim_start_matches("http://");
    let held = cookies.lines().cycle().take(MANY);
    let held: Vec<TcpStream> = held
        .map(|cookie| hold(address, cookie))
        .collect::<Result<_>>()?;
    let memory_with_connections = usage::memory(running.pid())?;
    drop(held);
    let load = Load {
        connections: MANY,
        threads: options.wrk_threads,
        duration: options.duration(MANY),
        ..Load::of(Route::Read, &running.url, &copy.cookies)
    };
    load.run()?;
    Ok(Resources {
        subject: subject.name,
        first_answer: first_answers[first_answers.len() / 2],
        memory_at_rest,
        memory_with_connections,
        memory_after_load: usage::memory(running.pid())?,
        program: fs::metadata(subject.program())?.len(),
    })
}

/// A connection that has read its session once, and stays open.
fn hold(address: &str, cookie: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address)
        .context("1,000 connections can't be opened; see `ulimit -n`")?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET /session HTTP/1.1\r\nHost: {address}\r\nX-Forwarded-Proto: https\r\n\
         X-Forwarded-For: 192.0.2.7\r\nCookie: {cookie}\r\n\r\n"
    )?;
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer)?;
    ensure!(
        answer[..read].starts_with(b"HTTP/1.1 200"),
        "a connection of many was answered: {}",
        String::from_utf8_lossy(&answer[..read])
    );
    Ok(stream)
}
