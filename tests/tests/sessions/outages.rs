//! A database that does not answer, or refuses to save.

use std::future::IntoFuture;

use plain::db::Kind;
use plain::http::Response;
use plain::test::both;
use plain_sessions::SessionStore;
use plain_tests::sessions::{
    Site, Step, Visitor, add_one, clear, costs, cycle, flush, header, owner, set, status, values,
    wait,
};
use serde_json::json;

use crate::{UNKNOWN, cookie};

both![
    a_database_that_is_away_is_a_503_for_pages_that_ask_for_the_session_only,
    a_database_that_is_away_is_never_taken_for_no_session,
    a_commit_that_fails_is_the_503_page_of_the_application_and_nothing_of_the_handler,
    a_renewal_that_fails_is_a_503,
    a_sign_out_of_a_failed_request_that_can_not_be_carried_out_is_a_503,
    an_update_that_can_not_be_applied_to_what_is_there_now_is_a_503,
    an_update_that_panics_on_what_is_there_now_saves_nothing_and_harms_nobody,
    a_request_that_its_client_gave_up_saves_nothing_and_holds_nobody_up,
];

/// Ways in which a database is away. Each site is used once.
const AWAY: [&str; 3] = ["closed", "without its table", "with another table"];

async fn take_away(site: &Site, how: &str) {
    match how {
        "closed" => site.db().close().await,
        "without its table" => site.sql("DROP TABLE plainsessions_session").await,
        _ => {
            site.sql("DROP TABLE plainsessions_session").await;
            site.sql("CREATE TABLE plainsessions_session (odd TEXT)")
                .await;
        }
    }
}

async fn a_database_that_is_away_is_a_503_for_pages_that_ask_for_the_session_only(kind: Kind) {
    for how in AWAY {
        let site = Site::on(kind).start().await;
        let visitor = site.visitor_with("name", "Ada").await;
        take_away(&site, how).await;
        for steps in [
            [set("a", 1)],
            [flush()],
            [clear()],
            [cycle()],
            [status(404)],
        ] {
            let response = visitor.run(steps).await;
            assert_eq!(response.status(), 503, "{how}");
            assert_eq!(cookie(&response), None, "{how}");
            assert_eq!(response.header("retry-after"), Some("5"), "{how}");
            let names = response.header("vary").unwrap();
            assert!(names.contains("Cookie"), "{how}: {names}");
        }
        assert_eq!(visitor.look().await.status(), 503, "{how}");
        let unknown = site.visitor_who_sends(UNKNOWN);
        assert_eq!(unknown.look().await.status(), 503, "{how}");
        assert_eq!(unknown.key().as_deref(), Some(UNKNOWN), "{how}");

        let response = visitor.pass_by().await;
        assert_eq!(response.status(), 200, "{how}");
        let response = visitor.get("/nowhere").await;
        assert_eq!(response.status(), 404, "{how}");
        let response = site.visitor().look().await;
        assert_eq!(response.status(), 200, "nothing is to be loaded; {how}");
        let response = site.visitor().run([set("a", 1)]).await;
        assert_eq!(response.status(), 503, "{how}");
        assert_eq!(cookie(&response), None, "{how}");
    }
}

async fn a_database_that_is_away_is_never_taken_for_no_session(kind: Kind) {
    let site = Site::on(kind).page("greet", |session: SessionStore| async move {
        let name: Option<String> = session.get("name")?;
        Ok(Response::text(
            name.unwrap_or_else(|| "stranger".to_owned()),
        ))
    });
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    site.sql("ALTER TABLE plainsessions_session RENAME TO away")
        .await;
    let response = visitor.get("/greet").await;
    assert_eq!(response.status(), 503);
    assert!(!response.text().contains("stranger"));
    assert!(visitor.key().is_some());

    site.sql("ALTER TABLE away RENAME TO plainsessions_session")
        .await;
    let response = visitor.get("/greet").await;
    assert_eq!((response.status().as_u16(), response.text()), (200, "Ada"));
}

/// Statements that make SQLite refuse to save.
const REFUSALS: [(&str, &[&str]); 4] = [
    (
        "no insert",
        &[
            "CREATE TRIGGER refuse BEFORE INSERT ON plainsessions_session \
           BEGIN SELECT RAISE(ABORT, 'refused'); END",
        ],
    ),
    (
        "no update",
        &[
            "CREATE TRIGGER refuse BEFORE UPDATE ON plainsessions_session \
           BEGIN SELECT RAISE(ABORT, 'refused'); END",
        ],
    ),
    (
        "no delete",
        &[
            "CREATE TRIGGER refuse BEFORE DELETE ON plainsessions_session \
           BEGIN SELECT RAISE(ABORT, 'refused'); END",
        ],
    ),
    (
        "no commit",
        &[
            "CREATE TABLE IF NOT EXISTS parent (id INTEGER PRIMARY KEY)",
            "CREATE TABLE IF NOT EXISTS child \
             (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TRIGGER refuse AFTER UPDATE ON plainsessions_session \
             BEGIN INSERT INTO child VALUES (1); END",
        ],
    ),
];

const REFUSE: &str = "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                      $$ BEGIN RAISE EXCEPTION 'refused'; END $$";

/// Statements that make PostgreSQL refuse to save.
const POSTGRES_REFUSALS: [(&str, &[&str]); 4] = [
    (
        "no insert",
        &[
            REFUSE,
            "CREATE TRIGGER refuse BEFORE INSERT ON plainsessions_session \
             FOR EACH ROW EXECUTE FUNCTION refuse()",
        ],
    ),
    (
        "no update",
        &[
            REFUSE,
            "CREATE TRIGGER refuse BEFORE UPDATE ON plainsessions_session \
             FOR EACH ROW EXECUTE FUNCTION refuse()",
        ],
    ),
    (
        "no delete",
        &[
            REFUSE,
            "CREATE TRIGGER refuse BEFORE DELETE ON plainsessions_session \
             FOR EACH ROW EXECUTE FUNCTION refuse()",
        ],
    ),
    (
        "no commit",
        &[
            REFUSE,
            "CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON plainsessions_session \
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
        ],
    ),
];

async fn refuse(site: &Site, how: &str) {
    let refusals = match site.db().kind() {
        Kind::Sqlite => REFUSALS,
        Kind::Postgres => POSTGRES_REFUSALS,
    };
    let (_, statements) = refusals.iter().find(|(name, _)| *name == how).unwrap();
    for sql in *statements {
        site.sql(sql).await;
    }
}

async fn accept(site: &Site) {
    let sql = match site.db().kind() {
        Kind::Sqlite => "DROP TRIGGER refuse",
        Kind::Postgres => "DROP TRIGGER refuse ON plainsessions_session",
    };
    site.sql(sql).await;
}

/// Sends `steps`, whose commit fails, and states that nothing pretends to have been saved.
async fn assert_not_saved<const N: usize>(site: &Site, visitor: &Visitor, steps: [Step; N]) {
    let (before, key) = (site.rows().await, visitor.key());
    let list: Vec<Step> = [set("n", 0)]
        .into_iter()
        .chain(steps)
        .chain([
            header("set-cookie", "theme=dark"),
            header("x-own", "of the handler"),
            status(201),
        ])
        .collect();
    let response = visitor.post_json("/run", &list).await;
    assert_eq!(response.status(), 503, "{list:?}");
    assert!(
        response.text().contains("our own page for 503"),
        "{response:?}"
    );
    assert!(!response.text().contains(r#""n""#), "{response:?}");
    assert_eq!(response.set_cookies().count(), 0, "{response:?}");
    assert_eq!(response.header("x-own"), None);
    assert_eq!(response.header("retry-after"), Some("5"));
    assert!(response.header("vary").unwrap().contains("Cookie"));
    assert_eq!((site.rows().await, visitor.key()), (before, key));
}

async fn site(kind: Kind) -> Site {
    let site = Site::on(kind).template("503.html", "our own page for 503");
    site.start().await
}

async fn a_commit_that_fails_is_the_503_page_of_the_application_and_nothing_of_the_handler(
    kind: Kind,
) {
    let site = site(kind).await;
    let visitor = site.visitor_with("name", "Ada").await;

    refuse(&site, "no insert").await;
    assert_not_saved(&site, &site.visitor(), [set("a", 1)]).await;
    assert_not_saved(&site, &visitor, [flush(), set("a", 1)]).await;
    accept(&site).await;

    for how in ["no update", "no commit"] {
        refuse(&site, how).await;
        for step in [set("a", 1), add_one("a"), owner("ada"), cycle()] {
            assert_not_saved(&site, &visitor, [step]).await;
        }
        accept(&site).await;
    }

    refuse(&site, "no delete").await;
    assert_not_saved(&site, &visitor, [clear()]).await;
    assert_not_saved(&site, &visitor, [flush()]).await;
    assert_not_saved(&site, &visitor, [flush(), set("a", 1)]).await;
    accept(&site).await;

    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
    visitor.run([set("name", "Grace")]).await;
    assert_eq!(values(&visitor.look().await), json!({ "name": "Grace" }));
}

async fn a_renewal_that_fails_is_a_503(kind: Kind) {
    let site = Site::on(kind).with("SESSION_SAVE_EVERY_REQUEST", true);
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    refuse(&site, "no update").await;
    let response = visitor.look().await;
    assert_eq!((response.status().as_u16(), cookie(&response)), (503, None));
}

async fn a_sign_out_of_a_failed_request_that_can_not_be_carried_out_is_a_503(kind: Kind) {
    let site = site(kind).await;
    let visitor = site.visitor_with("name", "Ada").await;
    refuse(&site, "no delete").await;
    let response = visitor.run([flush(), status(500)]).await;
    assert_eq!((response.status().as_u16(), cookie(&response)), (503, None));
    accept(&site).await;
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

async fn an_update_that_can_not_be_applied_to_what_is_there_now_is_a_503(kind: Kind) {
    use crate::concurrency::interleaved;

    let site = site(kind).await;
    let visitor = site.visitor_with("n", 1).await;
    let meanwhile = site.twin_of(&visitor);
    let response = interleaved(
        &site,
        &visitor,
        [set("a", 1), add_one("n")],
        meanwhile.run([set("n", "no number")]),
        [],
    )
    .await;
    assert_eq!((response.status().as_u16(), cookie(&response)), (503, None));
    assert_eq!(values(&visitor.look().await), json!({ "n": "no number" }));
}

async fn an_update_that_panics_on_what_is_there_now_saves_nothing_and_harms_nobody(kind: Kind) {
    use crate::concurrency::interleaved;

    let site = Site::on(kind).page("careful", |session: SessionStore| async move {
        session.set("a", 1)?;
        session.update("n", |n: Option<i64>| match n {
            Some(1) => 2,
            _ => panic!("told to panic"),
        })?;
        Ok(Response::text("done"))
    });
    let site = site.start().await;
    let visitor = site.visitor_with("n", 1).await;
    assert_eq!(visitor.get("/careful").await.text(), "done");
    let response = visitor.get("/careful").await;
    assert_eq!((response.status().as_u16(), cookie(&response)), (500, None));
    assert_eq!(values(&visitor.look().await), json!({ "a": 1, "n": 2 }));

    let meanwhile = site.twin_of(&visitor);
    interleaved(
        &site,
        &visitor,
        [add_one("n")],
        meanwhile.get("/careful"),
        [],
    )
    .await;
    assert_eq!(values(&visitor.look().await), json!({ "a": 1, "n": 3 }));
}

#[tokio::test]
async fn while_a_writer_is_stuck_pages_that_only_read_are_served() {
    let site = Site::on(Kind::Sqlite)
        .with("DATABASE_TIMEOUT", 2)
        .start()
        .await;
    let visitor = site.visitor_with("name", "Ada").await;
    let stuck = site.db().begin().await.unwrap();
    let response = visitor.look().await;
    assert_eq!(values(&response), json!({ "name": "Ada" }));
    for steps in [[set("a", 1)], [flush()]] {
        let response = visitor.run(steps).await;
        assert_eq!((response.status().as_u16(), cookie(&response)), (503, None));
    }
    stuck.rollback();
    let response = visitor.run([set("a", 1)]).await;
    assert_eq!(costs(&response), "SELECT UPDATE");
}

async fn a_request_that_its_client_gave_up_saves_nothing_and_holds_nobody_up(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let before = site.row().await;
    for steps in [
        [set("name", "Grace"), wait("slow")],
        [flush(), wait("slow")],
    ] {
        let request = tokio::spawn(visitor.run(steps).into_future());
        site.gates().arrived("slow").await;
        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());
        assert_eq!(site.row().await, before);
    }
    let response = visitor.run([set("n", 1)]).await;
    assert_eq!(costs(&response), "SELECT UPDATE");
}
