//! The commands of an application, as processes, on both databases.

use chrono::{TimeDelta, Utc};
use plain::db::Kind;
use plain::test::both;
use plain_tests::on_postgres;
use plain_tests::setup::Setup;
use serde_json::Value;

use crate::{SITE, either};

both![
    migrate_makes_the_tables_once_and_says_what_it_did,
    migrations_are_planned_checked_recorded_and_listed,
    chores_run_and_what_became_of_them_is_listed,
    a_worker_runs_what_is_due,
    a_request_without_a_server_reads_and_writes,
    preflight_sees_what_is_not_migrated,
];

on_postgres![what_a_session_holds_is_jsonb_and_its_times_have_a_zone];

const ALL: [&str; 3] = [
    "plain 0001_chores",
    "plain.sessions 0001_initial",
    "site 0001_notes",
];

fn lines(prefix: &str) -> String {
    ALL.map(|id| format!("{prefix}{id}\n")).concat()
}

async fn setup(kind: Kind) -> Setup {
    Setup::new(SITE, kind, "").await
}

async fn migrate_makes_the_tables_once_and_says_what_it_did(kind: Kind) {
    let setup = setup(kind).await;
    assert_eq!(setup.project.done("migrate"), lines("Applied "));
    assert_eq!(
        setup.project.done("migrate"),
        "Nothing to migrate: every installed package is up to date.\n"
    );
    let database = setup.database().await;
    let count =
        "SELECT (SELECT count(*) FROM plainsessions_session) + (SELECT count(*) FROM site_note)";
    let rows: i64 = database.query(count).scalar().await.unwrap();
    assert_eq!(rows, 0);
    let one = setup.project.done("migrate plain.sessions");
    assert_eq!(one, "Nothing to migrate: plain.sessions is up to date.\n");
}

async fn what_a_session_holds_is_jsonb_and_its_times_have_a_zone() {
    let setup = setup(Kind::Postgres).await.migrated();
    let database = setup.database().await;
    let columns = "SELECT string_agg(column_name || ': ' || data_type, E'\\n' ORDER BY ordinal_position) \
                   FROM information_schema.columns WHERE table_name = 'plainsessions_session'";
    let columns: String = database.query(columns).scalar().await.unwrap();
    insta::assert_snapshot!(columns, @"
    id: bigint
    key_hash: text
    session_data: jsonb
    created_at: timestamp with time zone
    expires_at: timestamp with time zone
    owner: text
    ");
}

async fn migrations_are_planned_checked_recorded_and_listed(kind: Kind) {
    let setup = setup(kind).await;
    if kind == Kind::Postgres {
        assert_eq!(setup.project.done("migrate --plan"), lines("Would apply "));
        assert_eq!(
            setup.project.run("migrate --check").expect(1).out,
            lines("Not applied: ")
        );
    }
    let one = setup.project.done("migrate plain.sessions 0001");
    assert_eq!(one, "Applied plain.sessions 0001_initial\n");
    let faked = setup.project.done("migrate site --fake");
    assert_eq!(
        faked,
        "Recorded site 0001_notes as applied, without running it\n"
    );
    assert_eq!(setup.project.done("migrate"), "Applied plain 0001_chores\n");
    setup.project.done("migrate --check");
    let list: Value = serde_json::from_str(&setup.project.done("migrations list --json")).unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), ALL.len());
    for migration in list {
        assert_eq!(migration["state"], "applied", "{migration}");
    }
}

async fn chores_run_and_what_became_of_them_is_listed(kind: Kind) {
    let setup = setup(kind).await.migrated();
    let database = setup.database().await;
    let now = Utc::now();
    for (number, hours) in [(1, -2), (2, -1), (3, 2)] {
        let insert = "INSERT INTO plainsessions_session \
                      (key_hash, session_data, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        let insert = database.query(insert).bind(format!("hash {number}"));
        let insert = insert.bind(plain::db::Value::Json(serde_json::json!({ "a": 1 })));
        let insert = insert.bind(now).bind(now + TimeDelta::hours(hours));
        insert.execute().await.unwrap();
    }
    assert_eq!(
        setup
            .project
            .done("chores run plain.sessions.chores.ClearExpired"),
        "plain.sessions.chores.ClearExpired: 2 expired sessions deleted\n"
    );
    setup
        .project
        .run("chores run site.chores.Count site.chores.Fail")
        .expect(1);
    let list: Value = serde_json::from_str(&setup.project.done("chores list --json")).unwrap();
    let last = |name: &str| {
        let mut chores = list.as_array().unwrap().iter();
        chores.find(|chore| chore["name"] == name).unwrap()["last"].clone()
    };
    let cleared = last("plain.sessions.chores.ClearExpired");
    assert_eq!(cleared["last_result"], "2 expired sessions deleted");
    assert_eq!(cleared["leased_by"], Value::Null);
    assert_eq!(last("site.chores.Count")["last_result"], "0 notes");
    assert_eq!(
        last("site.chores.Fail")["last_error"],
        "the printer is out of paper"
    );
}

async fn a_worker_runs_what_is_due(kind: Kind) {
    let schedule = "[CHORES_SCHEDULE]\n\
                    \"plain.sessions.chores.ClearExpired\" = \"never\"\n\
                    \"site.chores.Count\" = \"@yearly\"\n";
    let setup = Setup::new(SITE, kind, schedule).await.migrated();
    let long_ago = Utc::now() - TimeDelta::days(800);
    let sql = "INSERT INTO plain_chores (name, slot) VALUES ('site.chores.Count', $1)";
    let database = setup.database().await;
    database.query(sql).bind(long_ago).execute().await.unwrap();
    let mut worker = setup.project.start("worker");
    worker.wait_for("0 notes");
    worker.stop().expect(0);
}

async fn a_request_without_a_server_reads_and_writes(kind: Kind) {
    let setup = setup(kind).await.migrated();
    let written = setup.project.done("request /notes --method POST");
    assert!(written.starts_with("200 OK\n"), "{written}");
    let read = setup.project.done("request /notes");
    assert!(read.ends_with("\n1"), "{read}");
    let visit = setup.project.done("request /visits --method POST");
    let (_, cookie) = visit.split_once("set-cookie: ").unwrap();
    let (cookie, _) = cookie.split_once(';').unwrap();
    let seen = setup
        .project
        .done(&format!("request /visits --header Cookie:{cookie}"));
    assert!(seen.ends_with("\n1"), "{seen}");
}

async fn preflight_sees_what_is_not_migrated(kind: Kind) {
    let setup = setup(kind).await;
    let pending = setup.project.run("preflight").expect(1).out;
    let missing = either(
        kind,
        "there is no database file",
        "migrations are not applied",
    );
    assert!(pending.contains(missing), "{pending}");
    setup.project.done("migrate");
    let ready = setup.project.done("preflight");
    assert!(
        ready.contains("  ok       database.connection\n"),
        "{ready}"
    );
    assert!(
        ready.contains("  ok       database.migrations\n"),
        "{ready}"
    );
}
