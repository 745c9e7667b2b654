//! TLS, over real sockets, with certificates that are made for the test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::peer::{Peer, socket};
use super::*;
use crate::server::tls::{Tls, TlsError};

/// A certificate and its key in files, and what trusts it.
struct Made {
    folder: tempfile::TempDir,
    der: CertificateDer<'static>,
}

impl Made {
    fn new(params: CertificateParams) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let der = write(folder.path(), params);
        Self { folder, der }
    }

    fn settings(&self) -> ServerSettings {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        ServerSettings {
            server_tls_cert: path("cert.pem"),
            server_tls_key: path("key.pem"),
            server_threads: 1,
            ..ServerSettings::default()
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn error(&self) -> TlsError {
        Tls::new(&self.settings()).unwrap_err()
    }
}

fn write(folder: &Path, params: CertificateParams) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    cert.der().clone()
}

fn localhost() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned()]).unwrap()
}

fn client(trusted: &[&CertificateDer<'static>], alpn: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for der in trusted {
        roots.add((*der).clone()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

type Secured = StreamOwned<ClientConnection, std::net::TcpStream>;

fn connect(server: &TestServer, config: Arc<ClientConfig>) -> Peer<Secured> {
    Peer::over(secured(server, config))
}

fn secured(server: &TestServer, config: Arc<ClientConfig>) -> Secured {
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(config, name).unwrap();
    StreamOwned::new(connection, socket(server.address()))
}

#[test]
fn who_has_only_just_agreed_on_the_keys_with_a_server_that_stops_may_still_ask() {
    let made = Made::new(localhost());
    for alpn in [&[][..], &["http/1.1"]] {
        let server = TestServer::start_with(app, made.settings());
        let mut stream = secured(&server, client(&[&made.der], alpn));
        stream.conn.complete_io(&mut stream.sock).unwrap();
        server.shutdown().finish();
        let mut peer = Peer::over(stream);
        assert_eq!(peer.get("/next").body, "/next");
        assert_eq!(server.wait(), Stopped::Finished);
    }
}

#[test]
fn https_is_spoken_and_the_application_knows_it() {
    let made = Made::new(localhost());
    let server = TestServer::start_with(app, made.settings());
    for alpn in [&[][..], &["http/1.1"], &["h3", "http/1.1"]] {
        let mut peer = connect(&server, client(&[&made.der], alpn));
        let answer = peer.get("/who");
        assert_eq!(
            (answer.status(), answer.body.as_str()),
            (200, "https Some(127.0.0.1)")
        );
        assert_eq!(peer.get("/next").body, "/next");
    }
}

#[tokio::test]
async fn a_client_that_offers_http_2_gets_it() {
    let made = Made::new(localhost());
    let server = TestServer::start_with(app, made.settings());
    let connector = tokio_rustls::TlsConnector::from(client(&[&made.der], &["h2", "http/1.1"]));
    let tcp = tokio::net::TcpStream::connect(server.address())
        .await
        .unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, tcp).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("https://localhost/who")
        .body(())
        .unwrap();
    let (answer, _) = requests.send_request(request, true).unwrap();
    let mut answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    let body = answer.body_mut().data().await.unwrap().unwrap();
    assert_eq!(body, "https Some(127.0.0.1)");
}

#[test]
fn a_client_that_speaks_http_where_https_is_spoken_is_told_so() {
    let made = Made::new(localhost());
    let server = TestServer::start_with(app, made.settings());
    let mut peer = Peer::connect(server.address());
    let answer = peer.get("/");
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.body, "This port speaks HTTPS. Open https://...\n");
    assert_eq!(peer.rest(), "");
}

#[test]
fn a_client_that_does_not_finish_to_set_up_tls_is_let_go() {
    let made = Made::new(localhost());
    let mut settings = made.settings();
    settings.server_tls_handshake_timeout = 0.1;
    let server = TestServer::start_with(app, settings);
    let mut peer = Peer::connect(server.address());
    peer.send([22, 3, 1]);
    assert_eq!(peer.rest(), "");
}

#[test]
fn a_large_answer_and_a_large_body_pass() {
    let made = Made::new(localhost());
    let server = TestServer::start_with(app, made.settings());
    let mut peer = connect(&server, client(&[&made.der], &[]));
    let size = 1_000_000;
    peer.send(format!(
        "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n"
    ));
    peer.send(vec![b'x'; size]);
    assert_eq!(peer.answer().body, size.to_string());
}

#[test]
fn a_new_certificate_is_for_new_connections_and_a_bad_one_for_none() {
    let made = Made::new(localhost());
    let settings = made.settings();
    let bound = ServerSettings {
        server_bind: "127.0.0.1:0".to_owned(),
        ..settings
    };
    let bound = Server::bind(&bound).unwrap();
    let tls = bound.tls.clone().unwrap();
    assert!(bound.url().starts_with("https://127.0.0.1:"));
    let server = TestServer::run(bound, app);
    let mut old = connect(&server, client(&[&made.der], &[]));
    assert_eq!(old.get("/").status(), 200);

    let new = write(made.folder.path(), localhost());
    tls.reload();
    assert_eq!(old.get("/").status(), 200);
    assert_eq!(
        connect(&server, client(&[&new], &[])).get("/").status(),
        200
    );

    std::fs::write(made.path("cert.pem"), "nothing").unwrap();
    tls.reload();
    assert_eq!(
        connect(&server, client(&[&new], &[])).get("/").status(),
        200
    );
}

#[test]
fn files_that_can_not_be_used_are_said_with_what_to_do() {
    let made = Made::new(localhost());
    let (cert, key) = (made.path("cert.pem"), made.path("key.pem"));
    let (good_cert, good_key) = (std::fs::read(&cert).unwrap(), std::fs::read(&key).unwrap());
    let shown = |path: &Path| path.display().to_string();

    let other = KeyPair::generate().unwrap().serialize_pem();
    std::fs::write(&key, other).unwrap();
    assert_eq!(
        made.error().to_string(),
        format!(
            "the key in {} is not the one of the certificate in {}; name a pair that was made \
             together in SERVER_TLS_CERT and SERVER_TLS_KEY",
            shown(&key),
            shown(&cert)
        )
    );

    for encrypted in [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n\
         -----END RSA PRIVATE KEY-----\n",
    ] {
        std::fs::write(&key, encrypted).unwrap();
        assert_eq!(
            made.error().to_string(),
            format!(
                "the key in {} is encrypted, and a server that starts by itself can't ask for the \
                 password; store it decrypted (`openssl pkey -in KEY -out NEW`), readable by the \
                 server alone",
                shown(&key)
            )
        );
    }

    std::fs::write(&key, &good_cert).unwrap();
    assert_eq!(
        made.error().to_string(),
        format!(
            "the file {} that SERVER_TLS_KEY names holds no private key in PEM, which begins with \
             `-----BEGIN PRIVATE KEY-----`; name the file that does",
            shown(&key)
        )
    );
    std::fs::write(
        &key,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    assert!(matches!(made.error(), TlsError::UnknownKey { .. }));
    std::fs::remove_file(&key).unwrap();
    assert_eq!(
        made.error().to_string(),
        format!(
            "the file {} that SERVER_TLS_KEY names can't be read; check its path and its rights",
            shown(&key)
        )
    );

    std::fs::write(&key, &good_key).unwrap();
    std::fs::write(&cert, &good_key).unwrap();
    assert_eq!(
        made.error().to_string(),
        format!(
            "the file {} that SERVER_TLS_CERT names holds no certificate in PEM, which begins with \
             `-----BEGIN CERTIFICATE-----`; name the file that does",
            shown(&cert)
        )
    );
    for damaged in [
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(&cert, damaged).unwrap();
        assert_eq!(
            made.error().to_string(),
            format!(
                "the file {} that SERVER_TLS_CERT names is damaged; write it anew",
                shown(&cert)
            )
        );
    }
}

#[test]
fn a_certificate_that_no_client_accepts_stops_the_start() {
    let mut params = localhost();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 2, 3);
    let made = Made::new(params);
    let text = made.error().to_string();
    let start = format!(
        "the certificate in {} is valid from 2020-01-01 00:00:00 UTC to 2021-02-03 00:00:00 UTC \
         only, and it is ",
        made.path("cert.pem").display()
    );
    assert!(text.starts_with(&start), "{text}");
    assert!(
        text.ends_with(" now; renew it, or set this machine's clock"),
        "{text}"
    );
}
