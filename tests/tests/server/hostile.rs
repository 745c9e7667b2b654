//! Bad input, and what an application's own pages answer.

use std::io::Write;

use plain_tests::command_line::Answer;
use plain_tests::siege::Target;

use crate::pressed;

fn answer(target: &Target, request: &str) -> Answer {
    let mut stream = target.connect().unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    Answer::read(stream)
}

#[test]
fn who_floods_a_connection_of_http_2_is_let_go_and_named_in_the_log() {
    let project = pressed("");
    let mut server = project.serve();
    let target = Target::of(&mut server);
    let mut flood = target.connect().unwrap();
    let start = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    flood.write_all(start).unwrap();
    // One after the other, until the connection is closed.
    while flood.write_all(b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01").is_ok() {}
    assert!(target.ask().is_some());
    let log = server.stop().expect(0).err;
    let line = log.lines().find(|line| line.contains("flood"));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("127.0.0.1"), "{log}");
    let text = "a client sends a flood of frames that ask for nothing; its connection is closed";
    assert!(line.contains(text), "{log}");
}

#[test]
fn each_kind_of_bad_input_has_its_status_and_ordinary_requests_go_on() {
    let project = pressed(
        "SERVER_BODY_TIMEOUT = 1\nSERVER_HEADER_TIMEOUT = 1\nSERVER_REQUEST_TIMEOUT = 1\n\
         SERVER_KEEP_ALIVE_TIMEOUT = 1\n",
    );
    let mut server = project.serve();
    let target = Target::of(&mut server);
    let host = "Host: 127.0.0.1\r\n";
    let json = "Accept: application/json\r\n";
    let large = "x".repeat(40_000);
    for (status, request) in [
        (408, format!("GET / HTTP/1.1\r\n{host}X-Slow: ")),
        (
            431,
            format!("GET / HTTP/1.1\r\n{host}X-Large: {large}\r\n\r\n"),
        ),
        (
            408,
            format!("POST /upload HTTP/1.1\r\n{host}{json}Content-Length: 10\r\n\r\nhalf"),
        ),
        (
            408,
            format!(
                "POST /form HTTP/1.1\r\n{host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\na=b"
            ),
        ),
        (
            408,
            format!(
                "POST /form HTTP/1.1\r\n{host}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100\r\n\r\n--b\r\n"
            ),
        ),
        (
            413,
            format!("POST /upload HTTP/1.1\r\n{host}Content-Length: 20971520\r\n\r\n"),
        ),
        (
            400,
            format!(
                "POST /upload HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n5\r\nhi\r\n0\r\n\r\n"
            ),
        ),
        (
            400,
            format!("POST /upload HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nnone\r\n"),
        ),
        (
            400,
            format!(
                "POST /upload HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
            ),
        ),
        (
            400,
            format!(
                "POST /upload HTTP/1.1\r\n{host}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"
            ),
        ),
        (400, format!("GET / HTTP/1.1\r\n{host}X: a\r\n b\r\n\r\n")),
        (400, format!("GET / HTTP/1.1\n{host}\r\n")),
        (400, format!("GET / HTTP/1.1\r\n{host}X: a\0b\r\n\r\n")),
        (400, "GET / HTTP/1.1\r\n\r\n".to_owned()),
        (400, format!("GET / HTTP/1.1\r\n{host}{host}\r\n")),
        (
            400,
            "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(),
        ),
        (
            501,
            format!(
                "POST /upload HTTP/1.1\r\n{host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
            ),
        ),
        (
            503,
            format!("GET /never HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        ),
    ] {
        let found = answer(&target, &request);
        let shown: String = request.chars().take(120).collect();
        assert_eq!(found.status, status, "{shown:?}: {found:?}");
        assert!(target.ask().is_some(), "{shown:?}");
    }
    server.stop().expect(0);
}

#[test]
fn a_client_that_sent_too_slowly_is_told_what_to_do() {
    let project = pressed("SERVER_BODY_TIMEOUT = 0.3\n");
    let mut server = project.serve();
    let target = Target::of(&mut server);
    let request = "POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\
        Content-Length: 10\r\n\r\nhalf";
    let found = answer(&target, request);
    assert_eq!(found.header("connection"), Some("close"));
    assert!(
        found.body.contains(
            "body of the request came too slowly: send it again over a better connection"
        ),
        "{}",
        found.body
    );
    server.stop().expect(0);
}

#[test]
fn a_page_that_takes_too_long_is_answered_as_other_errors_are() {
    let project = pressed("SERVER_REQUEST_TIMEOUT = 0.2\n");
    let mut server = project.serve();
    let target = Target::of(&mut server);
    for (accept, content_type, expected) in [
        (
            "text/html",
            "text/html; charset=utf-8",
            "<h1>Back in a moment</h1>",
        ),
        (
            "application/json",
            "application/json",
            r#"{"error":{"message":"This page takes too long; please try again later.","status":503}}"#,
        ),
        (
            "text/plain",
            "text/plain; charset=utf-8",
            "503 Back in a moment",
        ),
    ] {
        let request = format!(
            "GET /never HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
        );
        let found = answer(&target, &request);
        assert_eq!(found.status, 503, "{found:?}");
        assert_eq!(found.header("retry-after"), Some("10"));
        assert_eq!(found.header("content-type"), Some(content_type));
        assert_eq!(found.header("x-frame-options"), Some("DENY"));
        assert!(found.body.contains(expected), "{}", found.body);
    }
    let log = server.stop().expect(0).err;
    let reason = "the view did not answer within SERVER_REQUEST_TIMEOUT, and was dropped";
    assert_eq!(log.matches(reason).count(), 3, "{log}");
}
