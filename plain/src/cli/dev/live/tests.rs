use super::*;
use crate::http::Scheme;

const CONNECTION: Connection = Connection {
    peer: None,
    scheme: Scheme::Http,
};

async fn page(_: http::Request<Body>, _: Connection) -> Response {
    Response::html("<body><p>Hello</p></body>").with_header(
        http::HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static("script-src 'nonce-abc123'"),
    )
}

fn get(path: &str, host: &str) -> http::Request<Body> {
    let mut request = http::Request::new(Body::empty());
    *request.uri_mut() = path.parse().unwrap();
    request.headers_mut().insert(HOST, host.parse().unwrap());
    request
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body().as_bytes().unwrap().to_vec()).unwrap()
}

/// What a page with this policy would be told next.
async fn next(response: &mut Response) -> String {
    use http_body_util::BodyExt;
    let mut body = response.take_body();
    let frame = body.frame().await.unwrap().unwrap();
    let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
    response.set_body(body);
    text
}

#[tokio::test]
async fn a_page_has_the_script_with_its_nonce_and_others_have_none() {
    let live = Live::new(page, Pages::new(), &[]);
    let id = live.pages.id();
    let response = live.handle(get("/", "localhost"), CONNECTION).await;
    assert_eq!(
        text(&response),
        format!(
            "<body><p>Hello</p>\
             <script src=\"/__plain_dev__/reload.js?id={id}\" nonce=\"abc123\"></script>\n</body>"
        )
    );
    let plain = async |_: http::Request<Body>, _: Connection| Response::text("<body></body>");
    let plain = move |request, connection| plain(request, connection);
    let response = Live::new(plain, Pages::new(), &[])
        .handle(get("/", "localhost"), CONNECTION)
        .await;
    assert_eq!(text(&response), "<body></body>");
}

#[tokio::test]
async fn a_page_is_told_of_changes_and_problems_until_the_server_stops() {
    let pages = Pages::new();
    let live = Live::new(page, pages.clone(), &[]);
    let request = get(EVENTS_PATH, "127.0.0.1:8000");
    let mut events = live.handle(request, CONNECTION).await;
    let first = next(&mut events).await;
    assert!(
        first.contains(&pages.id()) && first.contains(r#""status":"fine""#),
        "{first}"
    );
    let before = pages.id();
    pages.reload();
    assert_ne!(pages.id(), before);
    assert!(next(&mut events).await.contains(&pages.id()));
    pages.tell(Status::Failed {
        title: "No".to_owned(),
        problems: vec![Problem {
            place: Some("src/main.rs:1:2".to_owned()),
            text: "expected `;`".to_owned(),
        }],
    });
    let failed = next(&mut events).await;
    assert!(
        failed.contains("src/main.rs:1:2") && failed.contains("expected `;`"),
        "{failed}"
    );
    pages.end();
    use http_body_util::BodyExt;
    assert!(events.take_body().frame().await.is_none());
}

#[tokio::test]
async fn code_is_not_told_to_a_name_that_was_made_to_lead_here() {
    let live = Live::new(page, Pages::new(), &[".shop.test".to_owned()]);
    for (host, status) in [
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("[::1]:8000", 200),
        ("192.168.0.7:8000", 200),
        ("app.localhost:8000", 200),
        ("www.shop.test", 200),
    ] {
        let response = live.handle(get(EVENTS_PATH, host), CONNECTION).await;
        assert_eq!(response.status().as_u16(), status, "{host}");
    }
}
