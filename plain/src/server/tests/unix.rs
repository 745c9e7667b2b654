//! Unix sockets.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};

use super::peer::Peer;
use super::stop::Coming;
use super::*;

#[tokio::test]
async fn a_unix_socket_is_served_and_removed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    // One that was left by a process that was killed is replaced.
    drop(UnixListener::bind(&path).unwrap());
    let settings = ServerSettings {
        server_bind: format!("unix:{}", path.display()),
        server_socket_mode: "640".to_owned(),
        server_threads: 1,
        ..ServerSettings::default()
    };
    let server = Server::bind(&settings).unwrap();
    assert_eq!(
        (server.address(), server.url()),
        (None, settings.server_bind.clone())
    );
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(
        Server::bind(&settings).unwrap_err().to_string(),
        format!(
            "{} is in use: another program listens there, perhaps this one, started twice; \
             stop it, or choose another port with --bind or SERVER_BIND",
            settings.server_bind
        )
    );
    let shutdown = server.shutdown();
    let client = std::thread::spawn({
        let path = path.clone();
        move || {
            let mut peer = Peer::over(UnixStream::connect(path).unwrap());
            let answer = peer.get("/who").body;
            shutdown.finish();
            (answer, peer.rest())
        }
    });
    assert_eq!(server.run(app).await.unwrap(), Stopped::Finished);
    assert_eq!(
        client.join().unwrap(),
        ("http None".to_owned(), String::new())
    );
    assert!(!path.exists());
}

#[tokio::test]
async fn whoever_could_still_connect_to_the_file_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let settings = ServerSettings {
        server_bind: format!("unix:{}", path.display()),
        ..ServerSettings::default()
    };
    for _ in 0..25 {
        let server = Server::bind(&settings).unwrap();
        let path = path.clone();
        let coming = Coming::start(move || UnixStream::connect(&path));
        server.shutdown().finish();
        assert_eq!(server.run(app).await.unwrap(), Stopped::Finished);
        coming.end();
    }
}

#[test]
fn a_socket_that_another_process_put_in_place_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let settings = ServerSettings {
        server_bind: format!("unix:{}", path.display()),
        ..ServerSettings::default()
    };
    let server = Server::bind(&settings).unwrap();
    std::fs::remove_file(&path).unwrap();
    let next = UnixListener::bind(&path).unwrap();
    drop(server);
    assert!(path.exists());
    drop(next);
}

#[test]
fn a_file_that_is_no_socket_and_a_folder_that_is_not_there_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let bind = |path: &std::path::Path| {
        let settings = ServerSettings {
            server_bind: format!("unix:{}", path.display()),
            ..ServerSettings::default()
        };
        Server::bind(&settings).unwrap_err().to_string()
    };
    assert!(bind(&file).contains("is in use"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let nowhere = folder.path().join("none/app.sock");
    assert_eq!(
        bind(&nowhere),
        format!(
            "unix:{} can't be listened on; check that its folder exists and that this user may \
             write there",
            nowhere.display()
        )
    );
}
