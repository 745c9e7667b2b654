//! TLS from start to reload.

use std::net::TcpStream;
use std::sync::Arc;

use insta::assert_snapshot;
use plain_tests::command_line::{Answer, Project};
use plain_tests::siege::PRESSED;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::pressed;

/// Makes a certificate and its key, in files of the project.
fn make(project: &Project) -> CertificateDer<'static> {
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    project.write("tls/cert.pem", cert.pem());
    project.write("tls/key.pem", key.serialize_pem());
    cert.der().clone()
}

/// What a page says to a client that trusts `certificate` alone.
fn get(address: &str, path: &str, certificate: &CertificateDer<'static>) -> Answer {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    Answer::read(stream)
}

const FILES: &str = "SERVER_TLS_CERT = \"tls/cert.pem\"\nSERVER_TLS_KEY = \"tls/key.pem\"\n";

#[test]
fn a_server_with_a_certificate_speaks_https_and_reads_a_new_one_when_it_is_told() {
    let mut project = pressed(FILES);
    // With TLS of its own, a redirect to HTTPS leads nowhere else.
    project.set("PLAIN_HTTPS_REDIRECT_ENABLED", "true");
    let old = make(&project);
    let mut server = project.serve();
    assert!(
        server
            .wait_for("Listening on ")
            .contains("https://127.0.0.1:")
    );
    let address = server.address();
    let answer = get(&address, "/who", &old);
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, "https Some(127.0.0.1)")
    );

    let new = make(&project);
    server.signal("HUP");
    server.wait_for("the TLS certificate was read again");
    assert_eq!(get(&address, "/", &new).status, 200);

    project.write("tls/cert.pem", "nothing");
    server.signal("HUP");
    let line = server.wait_for("the one before stays in use");
    assert!(line.contains("holds no certificate in PEM"), "{line}");
    assert_eq!(get(&address, "/", &new).status, 200);
    server.stop().expect(0);
}

#[test]
fn a_certificate_that_can_not_be_used_stops_the_start() {
    let project = pressed(FILES);
    let folder = project.path("").display().to_string();
    let refused = project.run("server --bind 127.0.0.1:0").expect(1);
    assert_snapshot!(refused.err.replace(&folder, "/project/"), @"error: the file /project/tls/cert.pem that SERVER_TLS_CERT names can't be read; check its path and its rights: No such file or directory (os error 2)");
    let settings = format!("{PRESSED}SERVER_TLS_CERT = \"tls/cert.pem\"\n");
    let project = Project::new(env!("CARGO_BIN_EXE_pressed"), &settings);
    let refused = project.run("server --bind 127.0.0.1:0").expect(1);
    assert!(
        refused
            .err
            .contains("goes with SERVER_TLS_KEY: set both for HTTPS, or neither"),
        "{}",
        refused.err
    );
}
