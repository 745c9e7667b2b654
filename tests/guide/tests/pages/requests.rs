//! `plain request` where users are known, as the page on the development loop describes it.

use plain::db::{ConnectOptions, Database};

use crate::support::{run, shop};

#[tokio::test]
async fn a_request_is_made_as_a_user_and_leaves_no_session() {
    let folder = shop();
    let done = |line: &str| {
        let (done, printed, complaint) = run(folder.path(), line);
        assert!(done, "{line}: {printed}{complaint}");
        printed
    };
    done("plain migrate");
    done("plain users create you@example.com --admin");
    let stranger = done("plain request /admin");
    assert!(
        stranger.contains("location: /account/sign-in"),
        "{stranger}"
    );
    let admin = done("plain request /admin --user you@example.com");
    assert!(admin.starts_with("200 OK\n"), "{admin}");
    assert!(admin.contains("you@example.com"), "{admin}");

    let path = folder.path().join("db.sqlite3");
    let database = Database::connect(ConnectOptions::sqlite_file(path)).await;
    let count = "SELECT COUNT(*) FROM plainsessions_session";
    let sessions: i64 = database.unwrap().query(count).scalar().await.unwrap();
    assert_eq!(sessions, 0);

    let (done, _, complaint) = run(
        folder.path(),
        "plain request /admin --user nobody@example.com",
    );
    assert!(!done);
    assert_eq!(
        complaint,
        "error: no user has the email address nobody@example.com: `plain users list` shows all\n"
    );
}
