//! HTTP/2 and clients that misuse it.

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;

use super::peer::Peer;
use super::*;

/// A client, and what its connection comes to.
async fn connect(
    server: &TestServer,
) -> (
    SendRequest<Bytes>,
    tokio::task::JoinHandle<Result<(), h2::Error>>,
) {
    let tcp = tokio::net::TcpStream::connect(server.address())
        .await
        .unwrap();
    let (requests, connection) = h2::client::handshake(tcp).await.unwrap();
    (requests, tokio::spawn(connection))
}

fn get(path: &str) -> Request<()> {
    Request::get(format!("http://a{path}")).body(()).unwrap()
}

#[tokio::test]
async fn a_handler_that_never_returns_is_answered_for_and_the_others_are_not_disturbed() {
    let server = quick(|settings| settings.server_request_timeout = 0.1);
    let (mut requests, _) = connect(&server).await;
    let (never, _) = requests.send_request(get("/never"), true).unwrap();
    let (other, _) = requests.send_request(get("/other"), true).unwrap();
    assert_eq!(other.await.unwrap().status(), 200);
    assert_eq!(never.await.unwrap().status(), 503);
}

#[tokio::test]
async fn an_upload_that_stops_half_way_is_answered_with_408() {
    let server = quick(|settings| settings.server_body_timeout = 0.1);
    let (mut requests, _) = connect(&server).await;
    let request = Request::post("http://a/read").body(()).unwrap();
    let (answer, mut body) = requests.send_request(request, false).unwrap();
    body.send_data(Bytes::from_static(b"half"), false).unwrap();
    assert_eq!(answer.await.unwrap().status(), 408);
}

#[tokio::test]
async fn a_client_that_does_not_make_room_for_its_answer_is_let_go() {
    let page = async |_: Request<Body>, _: Connection| {
        let pieces = futures_util::stream::repeat_with(|| {
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 65_536]))
        });
        Response::text(Body::stream(pieces))
    };
    let settings = ServerSettings {
        server_write_timeout: 0.2,
        server_threads: 1,
        ..ServerSettings::default()
    };
    let server = TestServer::start_with(page, settings);
    let (mut requests, connection) = connect(&server).await;
    let (answer, _) = requests.send_request(get("/"), true).unwrap();
    // The window of the stream is full soon, and nothing of it is ever released.
    let answer = answer.await.unwrap();
    assert!(timeout(peer::PATIENCE, connection).await.is_ok());
    drop(answer);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time() {
    let server = quick(|settings| settings.server_keep_alive_timeout = 1.0);
    let (mut requests, connection) = connect(&server).await;
    let (answer, _) = requests.send_request(get("/"), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    assert!(
        timeout(peer::PATIENCE, connection)
            .await
            .unwrap()
            .unwrap()
            .is_ok()
    );
}

#[tokio::test]
async fn who_begins_requests_only_to_cancel_them_is_let_go() {
    let server = quick(|settings| settings.server_request_timeout = 0.0);
    let (requests, connection) = connect(&server).await;
    let flood = async {
        loop {
            let mut requests = requests.clone().ready().await?;
            let (answer, mut stream) = requests.send_request(get("/never"), true)?;
            // Waits until the server has it, so that it is none that was cancelled on the way.
            let (other, _) = requests
                .clone()
                .ready()
                .await?
                .send_request(get("/"), true)?;
            drop(other);
            tokio::task::yield_now().await;
            stream.send_reset(h2::Reason::CANCEL);
            drop(answer);
        }
        #[allow(unreachable_code, reason = "names the type of the error")]
        Ok::<(), h2::Error>(())
    };
    assert!(timeout(peer::PATIENCE, flood).await.unwrap().is_err());
    assert!(timeout(peer::PATIENCE, connection).await.is_ok());
    let (mut requests, _) = connect(&server).await;
    let (answer, _) = requests.send_request(get("/"), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
}

#[tokio::test]
async fn only_so_many_requests_at_once_are_taken_from_one_client() {
    let server = quick(|settings| {
        settings.server_http2_max_streams = 3;
        settings.server_request_timeout = 0.0;
    });
    let (mut requests, _connection) = connect(&server).await;
    // The first answer shows that the server's settings have arrived.
    let (answer, _) = requests.send_request(get("/"), true).unwrap();
    answer.await.unwrap();
    assert_eq!(requests.current_max_send_streams(), 3);
}

#[tokio::test]
async fn headers_that_belong_to_http_1_and_those_that_are_too_large_are_refused() {
    let server = quick(|settings| settings.server_max_header_size = 8192);
    let (mut requests, _connection) = connect(&server).await;
    let mut chunked = get("/");
    let value = http::HeaderValue::from_static("chunked");
    chunked.headers_mut().insert("transfer-encoding", value);
    // The client of this test refuses such a request itself.
    assert!(requests.send_request(chunked, true).is_err());
    let mut large = get("/");
    let value = http::HeaderValue::try_from("x".repeat(10_000)).unwrap();
    large.headers_mut().insert("x-large", value);
    let (answer, _) = requests.send_request(large, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 431);
    let (mut requests, _connection) = connect(&server).await;
    let (answer, _) = requests.send_request(get("/"), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
}

/// A client that writes frames by hand.
pub(super) fn raw(server: &TestServer) -> Peer {
    let mut peer = Peer::connect(server.address());
    peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    peer.send([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    peer
}

/// The type, the flags and the payload of the next frame.
pub(super) fn next_frame(peer: &mut Peer) -> (u8, u8, Vec<u8>) {
    let head = peer.take(9);
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    (head[3], head[4], peer.take(length as usize))
}

#[test]
fn a_length_and_chunks_in_http_2_reset_the_request() {
    let server = server();
    let mut peer = raw(&server);
    // GET, http, /, authority "a", and "transfer-encoding: chunked" as a literal with its name (RFC
    // 7541 section 6.2.2; entry 57 of appendix A is its name).
    let mut fields = vec![0x82, 0x86, 0x84, 0x01, 0x01, b'a', 0x0f, 42, 7];
    fields.extend_from_slice(b"chunked");
    let length = u8::try_from(fields.len()).unwrap();
    peer.send([&[0, 0, length, 1, 0x5, 0, 0, 0, 1][..], &fields].concat());
    loop {
        let (kind, _, payload) = next_frame(&mut peer);
        match kind {
            // RST_STREAM, for PROTOCOL_ERROR.
            3 => {
                assert_eq!(payload, [0, 0, 0, 1]);
                break;
            }
            1 => panic!("it was answered"),
            _ => {}
        }
    }
}
