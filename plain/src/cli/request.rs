//! `plain request`

use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::{Arg, ArgAction, ArgMatches, Command};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderName, HeaderValue};
use http::{Method, Uri};
use http_body_util::BodyExt;
use serde_json::json;

use super::console::{Console, Paint};
use super::{Call, USAGE, json_option};
use crate::app::App;
use crate::db::{Create, Queries, observe, shown};
use crate::http::{Body, Connection, Error, Response, Result, Scheme, StatusCode};
use crate::middleware::HostSettings;
use crate::packages::{SignInEntry, SignedIn};

pub(super) fn definition() -> Command {
    Command::new("request")
        .about("Makes one request to this application, without a server")
        .arg(
            Arg::new("PATH")
                .required(true)
                .value_parser(parse_path)
                .help("The path, and a query if there is one"),
        )
        .arg(
            Arg::new("method")
                .long("method")
                .short('X')
                .value_parser(|text: &str| text.to_uppercase().parse::<Method>())
                .help("The method; GET unless there is data, then POST"),
        )
        .arg(
            Arg::new("data").long("data").short('d').help(
                "The body; @FILE reads it from a file. JSON if it begins like it, else a form",
            ),
        )
        .arg(
            Arg::new("header")
                .long("header")
                .short('H')
                .value_name("NAME: VALUE")
                .value_parser(parse_header)
                .action(ArgAction::Append)
                .help("A header; may be given several times"),
        )
        .arg(Arg::new("user").long("user").value_name("USER").help(
            "Make it as this user, by e-mail address; needs a package that knows users, such as \
             plain.auth",
        ))
        .arg(json_option().help(
            "Write all of it as JSON, for programs: status, headers, body, queries, milliseconds",
        ))
        .after_help(
            "The request passes all middleware, comes over HTTPS unless DEBUG is on, and names a \
             host of ALLOWED_HOSTS. Status and headers are shown above the body; how long it took, \
             and its queries, go to standard error. The exit status is 1 if the response is an \
             error (400 and above).\n\n\
             Example: plain request /cart --data 'item=3' --header 'Accept: application/json'",
        )
}

fn parse_path(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    match text.starts_with('/') {
        true => Ok(uri),
        false => Err("write a path that begins with `/`, such as /cart?page=2".to_owned()),
    }
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `Name: value`")?;
    let name = name
        .trim()
        .parse::<HeaderName>()
        .map_err(|error| error.to_string())?;
    let value = value
        .trim()
        .parse::<HeaderValue>()
        .map_err(|error| error.to_string())?;
    Ok((name, value))
}

pub(super) async fn run(call: Call<'_>) -> Result<ExitCode> {
    let Call {
        arguments,
        app,
        console,
    } = call;
    if let Err(error) = app.connect(Create::Never).await {
        console.warn(error);
    }
    let data = match arguments
        .get_one::<String>("data")
        .map(|data| read(data))
        .transpose()
    {
        Ok(data) => data,
        Err(problem) => {
            console.error(problem);
            return Ok(ExitCode::from(USAGE));
        }
    };
    let scheme = if app.mode().is_debug() {
        Scheme::Http
    } else {
        Scheme::Https
    };
    let mut request = build(arguments, data, host(app))?;
    let signed_in = match arguments.get_one::<String>("user") {
        Some(user) => Some(sign_in(app, user).await?),
        None => None,
    };
    if let Some(signed_in) = &signed_in {
        let headers = request.headers_mut();
        headers.append(COOKIE, signed_in.cookie.clone());
    }
    let started = Instant::now();
    let connection = Connection { peer: None, scheme };
    let (response, statements) = observe(app.handle(request, connection)).await;
    let elapsed = started.elapsed();
    let status = response.status();
    let queries = Queries::of(&statements);
    let written = match arguments.get_flag("json") {
        true => write_json(response, &queries, elapsed, console).await,
        false => write(response, console)
            .await
            .map(|()| tell(&queries, elapsed, console)),
    };
    if let Some(signed_in) = signed_in {
        signed_in.sign_out.await?;
    }
    written?;
    Ok(if status.as_u16() < 400 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Signs `user` in by the package that knows users.
async fn sign_in(app: &App, user: &str) -> Result<SignedIn> {
    let brought = app.services().get::<Vec<SignInEntry>>();
    match brought.and_then(|brought| brought.first()) {
        Some(package) => package.sign_in(user, app.services()).await,
        None => Err(Error::internal(
            "no installed package knows users; install plain.auth, or leave --user out",
        )),
    }
}

/// Says what the request cost.
fn tell(queries: &Queries<'_>, elapsed: Duration, console: &mut Console) {
    let number = match queries.count {
        1 => "1 query".to_owned(),
        count => format!("{count} queries"),
    };
    console.note(format_args!(
        "\n{number}, {} of {}",
        shown(queries.elapsed),
        shown(elapsed)
    ));
    for alike in &queries.alike {
        console.note(alike);
    }
}

/// The data itself, or that of the file that is named.
fn read(data: &str) -> Result<Bytes, String> {
    let Some(path) = data.strip_prefix('@') else {
        return Ok(Bytes::from(data.to_owned()));
    };
    let contents = std::fs::read(path);
    contents
        .map(Bytes::from)
        .map_err(|error| format!("{path} can't be read: {error}"))
}

fn build(
    arguments: &ArgMatches,
    data: Option<Bytes>,
    host: HeaderValue,
) -> Result<http::Request<Body>> {
    let method = arguments.get_one::<Method>("method").cloned();
    let method = method.unwrap_or(if data.is_some() {
        Method::POST
    } else {
        Method::GET
    });
    let uri: &Uri = arguments.get_one("PATH").expect("clap requires it");
    let mut request = http::Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = uri.clone();
    request.headers_mut().insert(HOST, host);
    if let Some(data) = data {
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(&data)));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(data.len()));
        *request.body_mut() = Body::from(data);
    }
    let given = arguments.get_many::<(HeaderName, HeaderValue)>("header");
    let given: Vec<_> = given.into_iter().flatten().cloned().collect();
    // What is given replaces what is assumed; given twice, it is sent twice.
    for (name, _) in &given {
        request.headers_mut().remove(name);
    }
    for (name, value) in given {
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

fn content_type(data: &[u8]) -> &'static str {
    match data.trim_ascii_start().first() {
        Some(b'{' | b'[') => "application/json",
        _ => "application/x-www-form-urlencoded",
    }
}

/// A host that the application answers for.
fn host(app: &App) -> HeaderValue {
    let settings = app.settings().get::<HostSettings>();
    let allowed = settings
        .into_iter()
        .flat_map(|settings| &settings.allowed_hosts);
    let is_name = |pattern: &&String| !pattern.contains(['*', '/']);
    let mut names = allowed
        .filter(is_name)
        .map(|pattern| pattern.trim_start_matches('.'));
    let host = names.find_map(|name| HeaderValue::from_str(name).ok());
    host.unwrap_or(HeaderValue::from_static("localhost"))
}

async fn write(mut response: Response, console: &mut Console) -> Result<()> {
    let status = response.status();
    console.line(console.paint(paint(status), &format!("{status}")))?;
    for (name, value) in response.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        console.line(format_args!(
            "{}: {value}",
            console.paint(Paint::Dim, name.as_str())
        ))?;
    }
    console.line("")?;
    let mut body = response.take_body();
    // Piece by piece, since a stream of events has no end.
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(Error::from_cause)?.into_data() {
            console.bytes(&data)?;
            console.flush()?;
        }
    }
    Ok(())
}

async fn write_json(
    mut response: Response,
    queries: &Queries<'_>,
    elapsed: Duration,
    console: &mut Console,
) -> Result<()> {
    let body = response.take_body().collect().await;
    let body = body.map_err(Error::from_cause)?.to_bytes();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = response.headers().iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| [name.as_str().to_owned(), text(value.as_bytes())])
        .collect();
    console.json(&json!({
        "status": response.status().as_u16(),
        "headers": headers,
        "body": text(&body),
        "milliseconds": elapsed.as_secs_f64() * 1000.0,
        "database": queries,
    }))?;
    Ok(())
}

fn paint(status: StatusCode) -> Paint {
    match status.as_u16() {
        0..300 => Paint::Good,
        300..400 => Paint::Warning,
        _ => Paint::Bad,
    }
}
