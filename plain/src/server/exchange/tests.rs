use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Request;
use http_body_util::BodyExt;

use super::*;
use crate::http::Scheme;
use crate::logging::LogFormat;
use crate::logging::tests::Captured;

async fn app(request: Request<Body>, _: Connection) -> Response {
    match request.uri().path() {
        "/panic" => panic!("the view has a defect"),
        "/stream" => {
            let pieces = ["ab", "cde"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
            Response::text(Body::stream(stream::iter(pieces)))
        }
        "/broken" => {
            let pieces = [
                Ok(Bytes::from("ab")),
                Err(std::io::Error::other("no more tea")),
            ];
            Response::text(Body::stream(stream::iter(pieces)))
        }
        "/panicking" => {
            let pieces = stream::iter(0..).map(|piece| match piece {
                0 => Ok::<_, std::io::Error>(Bytes::from("ab")),
                _ => {
                    tracing::error!("from the stream");
                    panic!("the stream has a defect")
                }
            });
            Response::text(Body::stream(pieces))
        }
        "/switch" => Response::new(StatusCode::SWITCHING_PROTOCOLS),
        "/never" => std::future::pending().await,
        _ => {
            tracing::warn!("from the view");
            Response::text("hello")
        }
    }
}

fn exchange(change: impl FnOnce(&mut ServerSettings)) -> Exchange<impl Handler> {
    let mut settings = ServerSettings::default();
    change(&mut settings);
    Exchange::new(app, &settings)
}

fn request(method: &str, target: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(target);
    request
        .header("host", "shop.test")
        .body(Body::empty())
        .unwrap()
}

fn connection() -> Connection {
    Connection {
        peer: Some(([10, 0, 0, 7], 50_000).into()),
        scheme: Scheme::Http,
    }
}

async fn text(response: http::Response<ResponseBody>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.into()).unwrap()
}

#[tokio::test]
async fn every_request_is_one_line_of_the_log_without_its_query() {
    let (captured, _guard) = Captured::start(LogFormat::Json, "info,plain=info");
    let exchange = exchange(|_| {});
    let response = exchange
        .answer(
            request("GET", "/a/b?token=secret"),
            connection(),
            TimeLimit::None,
        )
        .await;
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    drop(text(response).await);
    let lines = captured.json();
    let access: Vec<_> = lines
        .iter()
        .filter(|line| line["target"] == "plain::access")
        .collect();
    assert_eq!(access.len(), 1, "{lines:?}");
    let line = access[0];
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/a/b");
    assert_eq!(line["status"], 200);
    assert_eq!(line["bytes"], 5);
    assert_eq!(line["client"], "10.0.0.7");
    assert!(line["duration_ms"].is_number());
    assert_eq!(line["span"]["id"], id.as_str());
    assert!(!captured.text().contains("secret"));
}

#[tokio::test]
async fn what_a_view_logs_carries_the_id_of_its_request() {
    let (captured, _guard) = Captured::start(LogFormat::Json, "info");
    let response = exchange(|_| {})
        .answer(request("GET", "/"), connection(), TimeLimit::None)
        .await;
    let lines = captured.json();
    let line = lines
        .iter()
        .find(|line| line["message"] == "from the view")
        .unwrap();
    let id = &response.headers()["x-request-id"];
    assert_eq!(line["span"]["id"], id.to_str().unwrap());
    assert_eq!(id.len(), 16);
}

#[tokio::test]
async fn the_line_of_a_stream_is_written_at_its_end_with_all_its_bytes() {
    let (captured, _guard) = Captured::start(LogFormat::Json, "plain::access=info");
    let response = exchange(|_| {})
        .answer(request("GET", "/stream"), connection(), TimeLimit::None)
        .await;
    assert_eq!(captured.text(), "");
    assert_eq!(text(response).await, "abcde");
    assert_eq!(captured.json()[0]["bytes"], 5);
}

#[tokio::test]
async fn a_client_that_left_before_the_answer_is_logged_as_such() {
    let (captured, _guard) = Captured::start(LogFormat::Json, "plain::access=info");
    let exchange = exchange(|_| {});
    assert!(
        exchange
            .answer(request("GET", "/never"), connection(), TimeLimit::None)
            .now_or_never()
            .is_none()
    );
    assert_eq!(captured.json()[0]["status"], 499);
}

#[tokio::test]
async fn without_access_log_nothing_is_written_of_a_request() {
    let (captured, _guard) = Captured::start(LogFormat::Json, "plain=info");
    let exchange = exchange(|settings| settings.access_log = false);
    exchange
        .answer(request("GET", "/stream"), connection(), TimeLimit::None)
        .await;
    assert_eq!(captured.text(), "");
}

#[tokio::test]
async fn the_health_path_answers_before_the_application_and_outside_the_log() {
    let (captured, _guard) = Captured::start(LogFormat::Json, "plain=info");
    let exchange = exchange(|settings| settings.healthcheck_path = "/panic".to_owned());
    let response = exchange
        .answer(request("GET", "/panic"), connection(), TimeLimit::None)
        .await;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response).await, "ok");
    assert_eq!(captured.text(), "");
}

#[tokio::test]
async fn a_panic_is_a_500_that_says_nothing_of_it() {
    let (captured, _guard) = Captured::start(LogFormat::Json, "info");
    let response = exchange(|_| {})
        .answer(request("GET", "/panic"), connection(), TimeLimit::None)
        .await;
    assert_eq!(response.status(), 500);
    assert_eq!(text(response).await, "Internal Server Error\n");
    assert!(captured.text().contains("the view has a defect"));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told_to_the_log_with_the_reason() {
    for (path, reason) in [
        ("/broken", "no more tea"),
        ("/panicking", "panicked: the stream has a defect"),
    ] {
        let (captured, _guard) = Captured::start(LogFormat::Json, "error");
        let exchange = exchange(|settings| settings.access_log = false);
        let response = exchange
            .answer(request("GET", path), connection(), TimeLimit::None)
            .await;
        let id = response.headers()["x-request-id"].clone();
        let mut body = response.into_body();
        assert_eq!(
            body.frame().await.unwrap().unwrap().into_data().unwrap(),
            "ab"
        );
        assert_eq!(body.frame().await.unwrap().unwrap_err().to_string(), reason);
        let lines = captured.json();
        assert_eq!(
            lines.last().unwrap()["message"],
            format!("the body of a response broke off: {reason}")
        );
        let request = id.to_str().unwrap();
        assert!(lines.iter().all(|line| line["span"]["id"] == request));
    }
}

#[tokio::test]
async fn a_status_that_only_announces_an_answer_is_a_500() {
    let (captured, _guard) = Captured::start(LogFormat::Json, "info");
    let exchange = exchange(|_| {});
    let response = exchange
        .answer(request("GET", "/switch"), connection(), TimeLimit::None)
        .await;
    assert_eq!(response.status(), 500);
    let reason = "the application answered with 101 Switching Protocols, which is no final status";
    assert!(captured.json().iter().any(|line| line["message"] == reason));
}

#[tokio::test]
async fn head_has_the_length_but_not_the_body() {
    let response = exchange(|_| {})
        .answer(request("HEAD", "/"), connection(), TimeLimit::None)
        .await;
    assert_eq!(response.headers()["content-length"], "5");
    assert_eq!(text(response).await, "");
}

#[tokio::test]
async fn a_request_for_no_host_or_two_is_refused_and_so_is_a_tunnel() {
    let exchange = exchange(|_| {});
    let mut none = request("GET", "/");
    none.headers_mut().clear();
    assert_eq!(
        exchange
            .answer(none, connection(), TimeLimit::None)
            .await
            .status(),
        400
    );
    let mut two = request("GET", "/");
    two.headers_mut()
        .append("host", HeaderValue::from_static("other.test"));
    assert_eq!(
        exchange
            .answer(two, connection(), TimeLimit::None)
            .await
            .status(),
        400
    );
    let tunnel = request("CONNECT", "shop.test:443");
    assert_eq!(
        exchange
            .answer(tunnel, connection(), TimeLimit::None)
            .await
            .status(),
        501
    );
}

#[test]
fn ids_differ() {
    let ids: std::collections::HashSet<_> = (0..1000).map(|_| request_id()).collect();
    assert_eq!(ids.len(), 1000);
}
