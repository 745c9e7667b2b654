//! Unix sockets, and sockets that the service manager passes.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use plain_tests::command_line::Answer;

use crate::pressed;

fn ask(path: &Path, headers: &str) -> Answer {
    let mut stream = UnixStream::connect(path).unwrap();
    let request =
        format!("GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    Answer::read(stream)
}

const FORWARDED: &str = "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n";

#[test]
fn behind_a_unix_socket_the_client_is_who_a_trusted_proxy_says() {
    let mut project = pressed("");
    let path = project.path("app.sock");
    project.set("PLAIN_SERVER_BIND", format!("unix:{}", path.display()));
    let mut server = project.start("server");
    assert_eq!(
        server.wait_for("Listening on "),
        format!("Listening on unix:{}", path.display())
    );
    assert_eq!(ask(&path, FORWARDED).body, "http None");
    server.stop().expect(0);
    assert!(!path.exists());

    project.set("PLAIN_TRUSTED_PROXIES", "[\"unix\"]");
    let mut server = project.start("server");
    server.wait_for("Listening on ");
    assert_eq!(ask(&path, FORWARDED).body, "https Some(192.0.2.7)");
    server.stop().expect(0);
}

#[test]
fn a_socket_that_is_passed_is_served_instead_of_what_the_settings_say() {
    let project = pressed("SERVER_BIND = \"127.0.0.1:1\"\n");
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    // Who connects before it runs waits for it.
    let early = std::net::TcpStream::connect(&address).unwrap();
    let mut server = project.serve_on(socket);
    assert_eq!(server.address(), address);
    assert_eq!(server.get("/").body, "home");
    drop(early);
    server.stop().expect(0);

    let path = project.path("passed.sock");
    let socket = UnixListener::bind(&path).unwrap();
    let server = project.serve_on(socket);
    assert_eq!(ask(&path, "").body, "http None");
    server.stop().expect(0);
    assert!(path.exists(), "the socket is not the server's to remove");
}
