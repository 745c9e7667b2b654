//! Requests that two readers of one connection could understand differently (RFC 9112 section 11.2),
//! and bytes that belong in no request.

use super::peer::Peer;
use super::*;
use crate::http::{Cookie, Event, HeaderValue, header};

/// What the server says to `bytes` until it closes the connection, and what comes of a request that
/// follows them.
fn refusal(server: &TestServer, bytes: &str) -> (u16, String) {
    let mut peer = Peer::connect(server.address());
    peer.send(bytes);
    let answer = peer.answer();
    (answer.status(), peer.rest())
}

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn a_request_whose_end_is_doubtful_is_refused_and_nothing_behind_it_is_read() {
    let server = server();
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Content-Length: 0, 5\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: 0x0\r\n",
        "Content-Length : 0\r\n",
        "Content-Length:\r\n 0\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "X: y\r\n folded\r\n",
        "X: y\n",
        "X: y\rz\r\n",
        "X: y\0z\r\n",
        "X\0: y\r\n",
        "X y: z\r\n",
        ": y\r\n",
        "X\r\n",
    ] {
        let request = format!("POST /read HTTP/1.1\r\nHost: a\r\n{fields}\r\n0\r\n\r\n{SMUGGLED}");
        let found = refusal(&server, &request);
        assert_eq!(found, (400, String::new()), "{fields:?}");
    }
    for line in [
        "GET / HTTP/1.1\n",
        "GET / HTTP/1.1 \r\n",
        "GET  / HTTP/1.1\r\n",
        "GET /\0 HTTP/1.1\r\n",
        "GET / HTTP/1.1\rX: y\r\n",
        "GET / HTTP/9.9\r\n",
        "G\u{e4}T / HTTP/1.1\r\n",
    ] {
        let found = refusal(&server, &format!("{line}Host: a\r\n\r\n{SMUGGLED}"));
        assert_eq!(found, (400, String::new()), "{line:?}");
    }
    let old = "POST /read HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(refusal(&server, old).0, 400);
}

#[test]
fn a_body_in_wrong_chunks_is_refused_and_nothing_behind_it_is_read() {
    let server = server();
    for body in [
        "x\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n",
        "4\r\nhello\r\n0\r\n\r\n",
        "6\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5;x\nhello\r\n0\r\n\r\n",
        "0\r\nX: y\n\r\n",
        "5 \r\nhello\r\nx\r\n",
    ] {
        let request = format!(
            "POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}{SMUGGLED}"
        );
        let found = refusal(&server, &request);
        assert_eq!(found, (400, String::new()), "{body:?}");
    }
}

#[test]
fn an_answer_that_is_under_way_is_not_disturbed_by_what_is_wrong_behind_it() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    peer.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\nHost: a\r\n\r\n");
    assert_eq!(peer.answer().body, "/first");
    assert_eq!(peer.answer().status(), 400);
    assert_eq!(peer.rest(), "");
}

#[test]
fn a_coding_that_is_not_known_is_said_to_be_so() {
    let server = server();
    let request = "POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n\
        0\r\n\r\n";
    let mut peer = Peer::connect(server.address());
    peer.send(request);
    assert_eq!(peer.answer().status(), 501);
}

/// Puts what a visitor sent wherever a view can put it, as far as that is not refused.
async fn careless(request: http::Request<Body>, _: Connection) -> Response {
    const HOSTILE: &str = "a\r\nX-Injected: yes\r\n\r\n<script>\0";
    let mut response = match request.uri().path() {
        "/redirect" => Response::redirect(HOSTILE),
        "/permanent" => Response::permanent_redirect(HOSTILE),
        "/download" => Response::text("").download_as(HOSTILE),
        "/events" => {
            let event = Event::new("data").with_name(HOSTILE).with_id(HOSTILE);
            return Response::events(futures_util::stream::iter([event]));
        }
        _ => Response::text(""),
    };
    assert!(HeaderValue::try_from(HOSTILE).is_err());
    assert!(response.set_cookie(("a", HOSTILE)).is_err());
    assert!(response.set_cookie((HOSTILE, "a")).is_err());
    assert!(
        response
            .set_cookie(Cookie::build(("a", "b")).path(HOSTILE))
            .is_err()
    );
    assert!(
        response
            .set_cookie(Cookie::build(("a", "b")).domain(HOSTILE))
            .is_err()
    );
    assert!(response.delete_cookie(HOSTILE).is_err());
    response
}

#[test]
fn nothing_that_a_view_puts_into_a_header_can_end_it() {
    let server = TestServer::start(careless);
    for path in ["/", "/redirect", "/permanent", "/download", "/events"] {
        let mut peer = Peer::connect(server.address());
        peer.send(format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ));
        let answer = peer.rest();
        assert!(answer.starts_with("HTTP/1.1 "), "{answer:?}");
        assert!(!answer.contains("\nX-Injected"), "{path}: {answer:?}");
        assert!(!answer.contains("500 Internal"), "{path}: {answer:?}");
    }
}

#[test]
fn a_length_that_a_view_claims_is_not_believed() {
    let server = TestServer::start(async |_: http::Request<Body>, _: Connection| {
        let wrong = HeaderValue::from_static("2");
        Response::text("HTTP/1.1 200 OK\r\n\r\n").with_header(header::CONTENT_LENGTH, wrong)
    });
    let mut peer = Peer::connect(server.address());
    for _ in 0..2 {
        let answer = peer.get("/");
        assert_eq!(answer.header("content-length"), Some("19"));
        assert_eq!(answer.body.len(), 19);
    }
}
