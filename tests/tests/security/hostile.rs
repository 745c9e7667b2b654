//! Input that is made to cost much: each is answered, and with little.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use plain::http::{Request, Response, Result};
use plain::test::TestServer;
use plain::views::View;
use plain_tests::sessions::{Site, set, values};
use serde_json::json;

struct Echo;

impl View for Echo {
    async fn post(&self, request: &Request) -> Result<Response> {
        let form: HashMap<String, String> = request.form().await?;
        Ok(Response::text(form.len().to_string()))
    }
}

/// JSON of `depth` lists in each other.
fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

#[tokio::test]
async fn a_hundred_thousand_levels_of_json_are_refused_wherever_they_come_from() {
    let site = Site::new().await;
    let visitor = site.visitor_with("name", "Ada").await;
    // In the body of a request.
    let body = format!("[{{\"Set\": [\"name\", {}]}}]", nested(100_000));
    let refused = visitor
        .post("/run")
        .header("content-type", "application/json");
    let refused = refused
        .header("accept", "application/json")
        .body(body)
        .await;
    assert_eq!(refused.status(), 400);
    assert!(
        refused.text().contains("recursion limit exceeded"),
        "{refused:?}"
    );
    // In a row of the session table, as someone else may have left it there.
    let data = format!("{{\"name\":{}}}", nested(100_000));
    let update = site
        .db()
        .query("UPDATE plainsessions_session SET session_data = $1");
    assert_eq!(update.bind(data).execute().await.unwrap(), 1);
    let page = visitor.look().await;
    assert_eq!(values(&page), json!({}));
    visitor.run([set("name", "Grace")]).await;
    assert_eq!(values(&visitor.look().await), json!({ "name": "Grace" }));
}

#[tokio::test]
async fn a_compressed_body_is_never_unpacked() {
    let site = Site::builder().view("echo", Echo).start().await;
    for (path, content_type) in [
        ("/echo", "application/x-www-form-urlencoded"),
        ("/echo", "multipart/form-data; boundary=XX"),
        ("/run", "application/json"),
    ] {
        let request = site.visitor().post(path);
        let request = request.header("content-type", content_type);
        // The first bytes of a gzip file.
        let packed: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0];
        let packed = request.header("content-encoding", "gzip").body(packed);
        let answer = packed.await;
        assert_eq!(answer.status(), 415, "{path}");
        assert_eq!(answer.header("accept-encoding"), Some("identity"));
    }
}

#[tokio::test]
async fn a_form_has_as_many_fields_as_the_setting_allows_whatever_their_names() {
    let site = Site::builder().view("echo", Echo).start().await;
    let form = |count: usize| {
        let fields = (0..count)
            .map(|number| format!("{number}="))
            .collect::<Vec<_>>();
        let request = site.visitor().post("/echo");
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields.join("&"))
    };
    let answer = form(1000).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text(), "1000");
    assert_eq!(form(1001).await.status(), 413);
}

#[test]
fn a_request_has_a_hundred_headers_at_most_so_that_none_of_them_need_collide() {
    let server = TestServer::start(async |_, _| Response::text("read"));
    let status = |count: usize| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let headers: String = (1..count)
            .map(|number| format!("a{number}: b\r\n"))
            .collect();
        write!(stream, "GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n").unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        String::from_utf8(status.to_vec()).unwrap()
    };
    assert_eq!(status(100), "HTTP/1.1 200");
    assert_eq!(status(101), "HTTP/1.1 431");
}
