use http::header;
use http_body_util::BodyExt;

use super::*;
use crate::http::{Body, Connection, Response, StatusCode};

/// Answers with what it was sent; `/redirect/STATUS` leads to `/final`.
async fn echo(request: http::Request<Body>, connection: Connection) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    if let Some(status) = parts.uri.path().strip_prefix("/redirect/") {
        return Response::redirect("../final?a=1#b").with_status(status.parse().unwrap());
    }
    if parts.uri.path() == "/loop" {
        return Response::redirect("/loop");
    }
    let header = |name| {
        parts
            .headers
            .get(name)
            .map(|value: &HeaderValue| value.to_str().unwrap())
    };
    let said = [
        parts.method.as_str(),
        &parts.uri.to_string(),
        header(header::HOST).unwrap_or("-"),
        header(header::COOKIE).unwrap_or("-"),
        header(header::CONTENT_TYPE).unwrap_or("-"),
        connection.scheme.as_str(),
        &connection.peer.unwrap().ip().to_string(),
        std::str::from_utf8(&body).unwrap(),
    ]
    .join(" ");
    let mut response = Response::text(said);
    for pair in parts.uri.query().unwrap_or_default().split('&') {
        if let Some(set) = pair.strip_prefix("set=") {
            let value = HeaderValue::try_from(set.replace('+', " ")).unwrap();
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

#[tokio::test]
async fn a_request_says_where_it_goes_and_from_whom() {
    let client = Client::new(echo)
        .https()
        .host("shop.test:444")
        .peer([10, 0, 0, 7]);
    let response = client.get("/a?b=c").await;
    assert_eq!(
        response.text(),
        "GET /a?b=c shop.test:444 - - https 10.0.0.7 "
    );
    assert_eq!(response.url(), "/a?b=c");
}

#[tokio::test]
async fn forms_and_json_carry_their_content_type() {
    let client = Client::new(echo);
    let form = client.post_form("/", &[("a", "1 2"), ("b", "ä")]).await;
    assert_eq!(
        form.text(),
        "POST / localhost - application/x-www-form-urlencoded http 127.0.0.1 a=1+2&b=%C3%A4"
    );
    let json = client.post_json("/", &serde_json::json!({"a": 1})).await;
    assert_eq!(
        json.text(),
        "POST / localhost - application/json http 127.0.0.1 {\"a\":1}"
    );
    let upload = client.post_multipart("/", [Part::text("a", "b")]).await;
    assert!(
        upload
            .text()
            .contains("multipart/form-data; boundary=----plain")
    );
}

#[tokio::test]
async fn cookies_come_back_and_are_shared_by_clones_only() {
    let client = Client::new(echo);
    client.get("/?set=a=1&set=b=2;+Path=/deep").await;
    assert_eq!(client.cookie("a").as_deref(), Some("1"));
    assert_eq!(client.cookie("b"), None);
    assert!(
        client
            .clone()
            .get("/deep")
            .await
            .text()
            .contains(" b=2; a=1 ")
    );
    assert!(Client::new(echo).get("/").await.text().contains(" - - "));
    let other_host = client.clone().host("other.test");
    assert!(other_host.get("/").await.text().contains(" - - "));
    let response = client.get("/?set=a=;+Max-Age=0").await;
    assert_eq!(response.set_cookie("a"), Some("a=; Max-Age=0"));
    assert_eq!(client.cookie("a"), None);
}

#[tokio::test]
async fn a_closed_browser_and_a_later_day_lose_their_cookies() {
    let client = Client::new(echo);
    client.get("/?set=a=1&set=b=2;+Max-Age=60").await;
    client.restart();
    assert_eq!(
        (client.cookie("a"), client.cookie("b").as_deref()),
        (None, Some("2"))
    );
    client.advance(Duration::from_secs(61));
    assert_eq!(client.cookie("b"), None);
    assert!(client.cookies().is_empty());
}

#[tokio::test]
async fn another_site_gets_no_lax_cookie_sent_with_its_form() {
    let client = Client::new(echo);
    client.get("/?set=a=1").await;
    assert!(client.post("/").cross_site().await.text().contains(" - - "));
    assert!(client.get("/").cross_site().await.text().contains(" a=1 "));
}

#[tokio::test]
async fn redirects_are_followed_on_demand_with_the_method_that_the_status_asks_for() {
    let client = Client::new(echo);
    let response = client.post("/redirect/303").await;
    assert_eq!(
        (response.status(), response.location()),
        (StatusCode::SEE_OTHER, Some("../final?a=1#b"))
    );
    for (status, expected) in [
        (301, "GET /final?a=1 localhost - - http 127.0.0.1 "),
        (303, "GET /final?a=1 localhost - - http 127.0.0.1 "),
        (
            307,
            "POST /final?a=1 localhost - application/x-www-form-urlencoded http 127.0.0.1 x=y",
        ),
        (
            308,
            "POST /final?a=1 localhost - application/x-www-form-urlencoded http 127.0.0.1 x=y",
        ),
    ] {
        let url = format!("/redirect/{status}");
        let response = client
            .post_form(&url, &[("x", "y")])
            .follow_redirects(1)
            .await;
        assert_eq!(response.text(), expected, "{status}");
    }
}

#[tokio::test]
#[should_panic(expected = "more redirects than allowed")]
async fn a_loop_of_redirects_fails_the_test() {
    Client::new(echo).get("/loop").follow_redirects(5).await;
}

#[tokio::test]
async fn head_has_no_body_and_the_scheme_of_a_url_counts() {
    let client = Client::new(echo);
    assert!(client.head("/").await.bytes().is_empty());
    let response = client.get("https://shop.test/x").await;
    assert_eq!(response.text(), "GET /x shop.test - - https 127.0.0.1 ");
}

#[tokio::test]
async fn a_failed_assertion_shows_status_headers_and_body() {
    let response = Client::new(echo).get("/a").await;
    assert_eq!(
        format!("{response:?}"),
        "200 OK from /a\ncontent-type: text/plain; charset=utf-8\n\n\
         GET /a localhost - - http 127.0.0.1 "
    );
}

#[tokio::test]
async fn a_response_carries_the_statements_that_it_cost() {
    use crate::db::{ConnectOptions, Database};
    let folder = tempfile::tempdir().unwrap();
    let options = ConnectOptions::sqlite_file(folder.path().join("db"));
    let database = Database::connect(options).await.unwrap();
    let client = Client::new(move |request: http::Request<Body>, _| {
        let database = database.clone();
        async move {
            if request.uri().path() == "/query" {
                database.query("SELECT 1").scalar::<i64>().await.unwrap();
            }
            Response::text("")
        }
    });
    let response = client.get("/query").await;
    assert_eq!(response.statements().len(), 1);
    assert_eq!(response.statements()[0].sql, "SELECT 1");
    assert!(client.get("/").await.statements().is_empty());
}
