//! The table of sessions is not there.

use plain::db::Kind;
use plain::test::both;
use plain_tests::command_line::Client;

use crate::figures::tell;
use crate::site;

both![a_missing_table_is_503_for_pages_with_a_session_until_it_is_there];

async fn a_missing_table_is_503_for_pages_with_a_session_until_it_is_there(kind: Kind) {
    let setup = site(kind, "").await;
    let mut server = setup.project.serve();
    let address = server.address();
    let mut visitor = Client::default();
    assert_eq!(visitor.timed(&address, "POST", "/visits").0.status, 200);
    let database = setup.database().await;
    let rename = "ALTER TABLE plainsessions_session RENAME TO away";
    database.query(rename).execute().await.unwrap();
    for method in ["GET", "POST"] {
        let (answer, _) = visitor.timed(&address, method, "/visits");
        let retry = answer.header("retry-after");
        assert_eq!(
            (answer.status, retry, answer.cookie()),
            (503, Some("5"), None)
        );
    }
    assert_eq!(
        Client::default()
            .timed(&address, "POST", "/visits")
            .0
            .status,
        503
    );
    for (target, body) in [("/", "home"), ("/notes", "0")] {
        let (answer, _) = visitor.timed(&address, "GET", target);
        assert_eq!((answer.status, &*answer.body), (200, body));
    }
    let rename = "ALTER TABLE away RENAME TO plainsessions_session";
    database.query(rename).execute().await.unwrap();
    let (answer, time) = visitor.timed(&address, "POST", "/visits");
    assert_eq!(answer.status, 200, "{answer:?}");
    let fault = format!("{kind:?}: the table of sessions is missing");
    tell(fault, 1, "none lost", time);
    assert_eq!(visitor.timed(&address, "GET", "/visits").0.body, "2");
    let log = server.stop().expect(0).err;
    assert!(
        log.contains("the table `plainsessions_session` does not exist; run `plain migrate`"),
        "{log}"
    );
}
