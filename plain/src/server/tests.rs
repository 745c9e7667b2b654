use super::*;
use crate::http::{Body, Connection, Response, StatusCode, TooSlow};
use crate::test::TestServer;
use http_body_util::BodyExt;
use peer::Peer;

mod floods;
mod http2;
mod isolation;
mod limits;
mod peer;
mod share;
mod smuggling;
mod stop;
mod tls;
#[cfg(unix)]
mod unix;

/// Answers with the path; `/read` with the size of the body, `/refuse` before the body is read,
/// `/who` with what is known of the client.
async fn app(request: http::Request<Body>, connection: Connection) -> Response {
    let (parts, body) = request.into_parts();
    match parts.uri.path() {
        "/panic" => panic!("the view has a defect"),
        "/never" => std::future::pending().await,
        "/who" => {
            let peer = connection.peer.map(|peer| peer.ip());
            Response::text(format!("{} {peer:?}", connection.scheme.as_str()))
        }
        "/refuse" => Response::text("too large").with_status(StatusCode::PAYLOAD_TOO_LARGE),
        "/read" => match body.collect().await {
            Ok(body) => Response::text(body.to_bytes().len().to_string()),
            Err(error) if error.is::<TooSlow>() => {
                Response::text("slow").with_status(StatusCode::REQUEST_TIMEOUT)
            }
            Err(_) => Response::text("broken").with_status(StatusCode::BAD_REQUEST),
        },
        path => Response::text(path.to_owned()),
    }
}

fn quick(change: impl FnOnce(&mut ServerSettings)) -> TestServer {
    let mut settings = ServerSettings {
        server_threads: 1,
        ..ServerSettings::default()
    };
    change(&mut settings);
    TestServer::start_with(app, settings)
}

fn server() -> TestServer {
    TestServer::start(app)
}

#[test]
fn a_connection_is_kept_for_further_requests() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    for path in ["/a", "/b", "/c"] {
        let answer = peer.get(path);
        assert_eq!((answer.status(), answer.body.as_str()), (200, path));
        assert!(
            answer
                .header("date")
                .is_some_and(|date| date.ends_with(" GMT"))
        );
        assert_eq!(answer.header("content-length"), Some("2"));
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    let request = |path| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    peer.send(request("/1") + &request("/2") + &request("/3"));
    let bodies = [(); 3].map(|()| peer.answer().body);
    assert_eq!(bodies, ["/1", "/2", "/3"]);
}

#[test]
fn head_is_answered_without_the_body_and_the_connection_goes_on() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    peer.ask("HEAD", "/five");
    assert_eq!(peer.answer_to("HEAD").header("content-length"), Some("5"));
    assert_eq!(peer.get("/next").body, "/next");
}

#[test]
fn http_1_0_is_answered_without_a_host_and_closed() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    peer.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(peer.answer().status(), 200);
    assert_eq!(peer.rest(), "");
}

#[test]
fn a_client_that_knows_that_it_is_http_2_gets_http_2() {
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    let server = server();
    let mut peer = Peer::connect(server.address());
    // In two pieces, as a slow network might deliver it.
    peer.send("PRI * HT");
    peer.send("TP/2.0\r\n\r\nSM\r\n\r\n");
    peer.send(SETTINGS);
    // HEADERS of stream 1, the end of it: GET, http, /, and the authority "a" (RFC 7541 appendix A).
    let fields = [0x82, 0x86, 0x84, 0x01, 0x01, b'a'];
    peer.send([&[0, 0, 6, 1, 0x5, 0, 0, 0, 1][..], &fields].concat());
    let (mut status, mut body) = (None, Vec::new());
    loop {
        let frame = peer.take(9);
        let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]);
        let payload = peer.take(length as usize);
        match frame[3] {
            // The first field of HEADERS is the status; 8 is ":status: 200" in the static table.
            1 => status = Some(payload[0]),
            0 => body.extend(payload),
            _ => continue,
        }
        if frame[4] & 1 == 1 {
            break;
        }
    }
    assert_eq!((status, body.as_slice()), (Some(0x88), &b"/"[..]));
}

#[test]
fn a_panic_is_a_500_and_the_connection_goes_on() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    assert_eq!(peer.get("/panic").status(), 500);
    assert_eq!(peer.get("/next").status(), 200);
}

#[test]
fn what_is_no_http_is_answered_with_400_and_closed() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    peer.send("what is this\r\n\r\n");
    assert_eq!(peer.answer().status(), 400);
    assert_eq!(peer.rest(), "");
}

#[test]
fn a_head_that_is_too_large_is_answered_with_431_while_it_is_still_sent() {
    let server = quick(|settings| settings.server_max_header_size = 8192);
    let mut peer = Peer::connect(server.address());
    peer.send("GET / HTTP/1.1\r\nHost: a\r\nX-Long: ");
    for _ in 0..256 {
        peer.send([b'x'; 4096]);
    }
    peer.send("\r\n\r\n");
    assert_eq!(peer.answer().status(), 431);
    let mut peer = Peer::connect(server.address());
    peer.send(format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n",
        "x".repeat(8000)
    ));
    assert_eq!(peer.answer().status(), 200);
}

#[test]
fn a_client_that_does_not_finish_its_head_is_answered_with_408() {
    let server = quick(|settings| settings.server_header_timeout = 1.0);
    let mut peer = Peer::connect(server.address());
    peer.send("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    assert_eq!(peer.answer().status(), 408);
    assert_eq!(peer.rest(), "");
}

#[test]
fn a_client_that_says_nothing_is_let_go_without_a_word() {
    let server = quick(|settings| {
        settings.server_header_timeout = 1.0;
        settings.server_keep_alive_timeout = 0.1;
    });
    let mut idle = Peer::connect(server.address());
    assert_eq!(idle.get("/").status(), 200);
    let mut silent = Peer::connect(server.address());
    let mut undecided = Peer::connect(server.address());
    undecided.send("PRI * ");
    assert_eq!((silent.rest(), idle.rest()), (String::new(), String::new()));
    assert_eq!(undecided.rest(), "");
}

#[test]
fn a_client_that_is_refused_while_it_sends_gets_to_see_the_answer() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    let size = 8 * 1024 * 1024;
    peer.send(format!(
        "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n"
    ));
    for _ in 0..size / 65_536 {
        peer.send([0; 65_536]);
    }
    let answer = peer.answer();
    assert_eq!((answer.status(), answer.body.as_str()), (413, "too large"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(peer.rest(), "");
}

#[test]
fn a_body_is_asked_for_when_it_is_read_and_not_before() {
    let server = server();
    let head = |path| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
    };
    let mut peer = Peer::connect(server.address());
    peer.send(head("/read"));
    assert_eq!(peer.answer().status(), 100);
    peer.send("body");
    assert_eq!(peer.answer().body, "4");
    assert_eq!(peer.get("/next").status(), 200);
    let mut refused = Peer::connect(server.address());
    refused.send(head("/refuse"));
    assert_eq!(refused.answer().status(), 413);
}

#[test]
fn a_body_that_was_read_leaves_the_connection_to_the_next_request() {
    let server = server();
    let mut peer = Peer::connect(server.address());
    peer.send("POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(peer.answer().body, "5");
    assert_eq!(peer.get("/next").body, "/next");
}

#[test]
fn the_health_path_is_answered_by_the_server() {
    let server = quick(|settings| settings.healthcheck_path = "/up".to_owned());
    let answer = Peer::connect(server.address()).get("/up");
    assert_eq!((answer.status(), answer.body.as_str()), (200, "ok"));
}

#[test]
fn a_server_that_listens_everywhere_is_opened_as_localhost() {
    let settings = ServerSettings {
        server_bind: "0.0.0.0:0".to_owned(),
        ..ServerSettings::default()
    };
    let server = Server::bind(&settings).unwrap();
    assert_eq!(
        server.url(),
        format!("http://localhost:{}", server.address().unwrap().port())
    );
}

#[tokio::test]
async fn a_server_whose_future_is_dropped_ends() {
    let settings = ServerSettings {
        server_bind: "127.0.0.1:0".to_owned(),
        ..ServerSettings::default()
    };
    let server = Server::bind(&settings).unwrap();
    let mut watch = server.shutdown().watch();
    let address = server.address().unwrap();
    drop(timeout(Duration::from_millis(1), server.run(app)).await);
    watch.ending().await;
    let refused = || std::net::TcpStream::connect(address).is_err();
    let started = std::time::Instant::now();
    while !refused() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "still accepting"
        );
    }
}
