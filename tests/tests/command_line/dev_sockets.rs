//! `plain dev` on each kind of socket: a new build takes over, and no request fails.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use plain_tests::command_line::{Answer, Process, Project};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::dev::{builds, project};
use crate::support::READY;

/// A connection of some kind.
trait Wire: Read + Write {}

impl<T: Read + Write> Wire for T {}

/// Makes a connection to the server.
type Connect<'a> = &'a (dyn Fn() -> Box<dyn Wire> + Sync);

/// How long is waited for an answer, which only a test that fails does.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn on_a_port_no_request_fails_while_builds_take_over() {
    let project = project();
    let mut server = project.start("dev --bind 127.0.0.1:0");
    let address = server.address();
    state(&project, server, &|| Box::new(connect(&address)));
}

#[test]
fn on_a_unix_socket_no_request_fails_while_builds_take_over() {
    let project = project();
    let socket = project.path("app.sock");
    let bind = format!("SERVER_BIND = \"unix:{}\"", socket.display());
    project.write("settings.toml", format!("DEBUG = true\n{bind}\n{READY}"));
    let mut server = project.start("dev");
    server.wait_for("Listening on unix:");
    state(&project, server, &|| {
        let stream = UnixStream::connect(&socket).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Box::new(stream)
    });
    assert!(!socket.exists(), "it takes its socket along");
}

#[test]
fn over_tls_no_request_fails_while_builds_take_over() {
    let project = project();
    let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    project.write("tls.pem", issued.cert.pem());
    project.write("tls.key", issued.signing_key.serialize_pem());
    let settings = "DEBUG = true\nSERVER_TLS_CERT = \"tls.pem\"\nSERVER_TLS_KEY = \"tls.key\"\n";
    project.write("settings.toml", format!("{settings}{READY}"));
    let mut trusted = RootCertStore::empty();
    trusted.add(issued.cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let config = Arc::new(config);
    let mut server = project.start("dev --bind 127.0.0.1:0");
    assert!(server.wait_for("Listening on ").contains("https://"));
    let address = server.address();
    state(&project, server, &|| {
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let session = ClientConnection::new(Arc::clone(&config), name).unwrap();
        Box::new(StreamOwned::new(session, connect(&address)))
    });
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// A flag that is raised when this is dropped.
struct Raised<'a>(&'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// States it of `server`, to which `connect` leads.
fn state(project: &Project, mut server: Process, connect: Connect<'_>) {
    server.wait_for("Ready after");
    let done = AtomicBool::new(false);
    let answered = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut answered = 0;
            while !done.load(Ordering::Relaxed) {
                assert_eq!(Answer::read(ask(connect, "/visits")).status, 200);
                answered += 1;
            }
            answered
        });
        // Also where something below fails, or the one who asks would go on for ever.
        let raised = Raised(&done);
        let mut serving = None;
        for build in 2..=4 {
            // The server of before may take one more connection, and end it with nothing said.
            let (before, mut pages) = loop {
                let mut pages = events(connect);
                match pages.next() {
                    Some(news) if serving.as_ref().is_none_or(|it| *it == news) => {
                        break (news, pages);
                    }
                    _ => {}
                }
            };
            project.write("src/main.rs", format!("// {build}"));
            // The one that is open is told to ask again, and finds another server.
            assert!(
                pages.all(|news| news.contains("building")),
                "the old server ends its events"
            );
            let after = loop {
                if let Some(news) = events(connect).next() {
                    break news;
                }
            };
            assert_ne!(before, after);
            serving = Some(after);
        }
        drop(raised);
        asking.join().unwrap()
    });
    assert!(answered > 10, "{answered}");
    server.signal("INT");
    server.finish().expect(0);
    assert_eq!(builds(project), 4);
}

/// Sends a GET of `target`; the answer is read from the connection.
fn ask(connect: Connect<'_>, target: &str) -> Box<dyn Wire> {
    let mut stream = connect();
    let request = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// The events that an open page gets.
fn events(connect: Connect<'_>) -> impl Iterator<Item = String> + use<> {
    let stream = ask(connect, "/__plain_dev__/events");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    std::iter::from_fn(move || lines.find(|line| line.starts_with("data:")))
}
