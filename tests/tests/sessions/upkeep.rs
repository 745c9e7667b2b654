//! What looks after sessions: the owner's functions, the chore, the checks.

use chrono::{TimeDelta, Utc};
use plain::db::{ConnectOptions, Database, Kind, observe};
use plain::preflight::{Stage, run_checks};
use plain::test::both;
use plain_sessions::{Session, SessionStore};
use plain_tests::sessions::{Site, SiteBuilder, Visitor, cycle, owner, set, values};
use serde_json::json;

use crate::FORGET;
use crate::concurrency::interleaved;

both![
    the_sessions_of_an_owner_are_the_live_ones_the_newest_first,
    all_sessions_of_an_owner_can_be_ended,
    all_sessions_of_an_owner_but_the_current_one_can_be_ended,
    a_session_that_was_ended_for_its_owner_is_not_brought_back_by_a_slow_request,
    signing_in_keeps_the_row_and_gives_it_an_owner_and_a_new_key,
    an_owner_that_another_request_set_meanwhile_stays,
    the_chore_deletes_expired_sessions_and_says_how_many,
    ten_thousand_expired_sessions_are_deleted_in_batches_between_which_others_write,
    a_session_that_is_renewed_while_the_chore_runs_stays,
    the_chore_runs_daily_unless_it_is_told_otherwise,
    a_site_with_default_settings_passes_the_checks,
    a_cookie_that_other_hosts_can_set_is_warned_of_before_a_deployment,
    a_cookie_that_travels_in_clear_text_is_found_before_a_deployment,
    a_cookie_that_scripts_can_read_is_found_before_a_deployment,
    a_middleware_that_is_not_listed_is_found,
    expired_sessions_that_nobody_clears_are_found,
    an_expired_session_is_over_before_it_is_cleared,
];

/// A visitor who is signed in as `name`.
async fn signed_in(site: &Site, name: &str) -> Visitor {
    let visitor = site.visitor();
    visitor.run([set("name", name), owner(name)]).await;
    visitor
}

async fn is_signed_in(visitor: &Visitor) -> bool {
    values(&visitor.look().await) != json!({})
}

async fn the_sessions_of_an_owner_are_the_live_ones_the_newest_first(kind: Kind) {
    let site = Site::on(kind).start().await;
    signed_in(&site, "ada").await;
    site.expire().await;
    for _ in 0..2 {
        signed_in(&site, "ada").await;
        site.sql(
            "UPDATE plainsessions_session SET created_at = '2026-01-01T00:00:00.000000Z' \
             WHERE id = 2",
        )
        .await;
    }
    signed_in(&site, "grace").await;
    site.visitor_with("name", "nobody").await;
    let sessions = Session::for_owner(site.db(), "ada").await.unwrap();
    let found: Vec<_> = sessions
        .iter()
        .map(|it| (it.id, it.owner.as_deref()))
        .collect();
    assert_eq!(found, [(3, Some("ada")), (2, Some("ada"))]);
    assert_eq!(sessions[0].fingerprint().len(), 8);
    for nobody in ["", "Ada", "a%", "nobody"] {
        let sessions = Session::for_owner(site.db(), nobody).await.unwrap();
        assert!(sessions.is_empty(), "{nobody:?}");
    }
}

async fn all_sessions_of_an_owner_can_be_ended(kind: Kind) {
    let site = Site::on(kind).start().await;
    let (one, two) = (signed_in(&site, "ada").await, signed_in(&site, "ada").await);
    let grace = signed_in(&site, "grace").await;
    let anonymous = site.visitor_with("name", "Ada").await;
    assert_eq!(Session::end_all(site.db(), "ada").await.unwrap(), 2);
    for gone in [one, two] {
        assert!(!is_signed_in(&gone).await);
    }
    assert!(is_signed_in(&grace).await && is_signed_in(&anonymous).await);
    assert_eq!(Session::end_all(site.db(), "ada").await.unwrap(), 0);
}

async fn all_sessions_of_an_owner_but_the_current_one_can_be_ended(kind: Kind) {
    let site = Site::on(kind).start().await;
    let current = signed_in(&site, "ada").await;
    let other = signed_in(&site, "ada").await;
    let grace = signed_in(&site, "grace").await;
    let services = site.app().services();
    let key = current.key().unwrap();
    let session = SessionStore::load(services, &key).await.unwrap().unwrap();
    let ended = Session::end_others(site.db(), "ada", &session).await;
    assert_eq!(ended.unwrap(), 1);
    assert!(is_signed_in(&current).await && is_signed_in(&grace).await);
    assert!(!is_signed_in(&other).await);
}

async fn a_session_that_was_ended_for_its_owner_is_not_brought_back_by_a_slow_request(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = signed_in(&site, "ada").await;
    let end = Session::end_all(site.db(), "ada");
    let response = interleaved(&site, &visitor, [set("n", 1)], end, []).await;
    assert_eq!(response.status(), 200);
    assert_eq!(site.count().await, 0);
}

async fn signing_in_keeps_the_row_and_gives_it_an_owner_and_a_new_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("cart", 1).await;
    let (before, key) = (site.row().await, visitor.key());
    visitor.run([cycle(), owner("ada")]).await;
    let after = site.row().await;
    assert_eq!((after.id, after.created_at), (before.id, before.created_at));
    assert_eq!(after.owner.as_deref(), Some("ada"));
    assert_eq!(after.values(), json!({ "cart": 1 }));
    assert_ne!(visitor.key(), key);
    visitor.run([cycle()]).await;
    assert_eq!(site.row().await.owner.as_deref(), Some("ada"));
}

async fn an_owner_that_another_request_set_meanwhile_stays(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("cart", 1).await;
    let meanwhile = site.twin_of(&visitor);
    let sign_in = meanwhile.run([owner("ada")]);
    interleaved(&site, &visitor, [set("cart", 2)], sign_in, []).await;
    let row = site.row().await;
    assert_eq!(
        (row.owner.as_deref(), row.values()),
        (Some("ada"), json!({ "cart": 2 }))
    );
}

const CHORE: &str = "plain.sessions.chores.ClearExpired";

/// Runs the chore, and returns what it says.
async fn clear_expired(site: &Site) -> String {
    let mut chores = site.app().chores().iter();
    let chore = chores.find(|chore| chore.name() == CHORE).unwrap();
    chore.run(site.app().services()).await.unwrap()
}

async fn the_chore_deletes_expired_sessions_and_says_how_many(kind: Kind) {
    let site = Site::on(kind).start().await;
    let nothing = "0 expired sessions deleted";
    assert_eq!(clear_expired(&site).await, nothing);
    site.visitor_with("name", "Ada").await;
    site.expire().await;
    let live = site.visitor_with("name", "Grace").await;
    let one = "1 expired session deleted";
    assert_eq!(clear_expired(&site).await, one);
    assert_eq!(values(&live.look().await), json!({ "name": "Grace" }));
    assert_eq!(site.count().await, 1);
}

/// Puts `count` rows into the table that ended at `expires_at`.
async fn fill(site: &Site, count: i64, age: TimeDelta) {
    let insert = "WITH RECURSIVE numbers (n) AS \
                  (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1) \
                  INSERT INTO plainsessions_session \
                  (key_hash, session_data, created_at, expires_at) \
                  SELECT $2 || n, '{\"a\":1}', $3, $4 FROM numbers";
    let ended = Utc::now() - age;
    let insert = site.db().query(insert).bind(count);
    let insert = insert
        .bind(age.to_string())
        .bind(ended - TimeDelta::days(14));
    insert.bind(ended).execute().await.unwrap();
}

async fn ten_thousand_expired_sessions_are_deleted_in_batches_between_which_others_write(
    kind: Kind,
) {
    let site = Site::on(kind).start().await;
    fill(&site, 10_000, TimeDelta::hours(1)).await;
    fill(&site, 500, TimeDelta::hours(-1)).await;
    let visitor = site.visitor_with("name", "Ada").await;

    let mut chores = site.app().chores().iter();
    let chore = chores.find(|chore| chore.name() == CHORE).unwrap();
    let chore = observe(chore.run(site.app().services()));
    let mut served = 0;
    tokio::pin!(chore);
    let (said, statements) = loop {
        tokio::select! {
            biased;
            done = &mut chore => break done,
            response = visitor.run([set("n", served)]) => {
                assert_eq!(response.status(), 200);
                served += 1;
            }
        }
    };

    assert_eq!(said.unwrap(), "10000 expired sessions deleted");
    assert_eq!(site.count().await, 501);
    assert!(served >= 10, "{served} visitors were served meanwhile");
    let batches = statements.iter().filter(|it| it.sql.starts_with("DELETE"));
    let sizes: Vec<_> = batches.filter_map(|it| it.rows).collect();
    assert_eq!(sizes, [25; 400]);
    // The last time it looked there was nothing left: it went through ten full lists.
    let looks = statements.iter().filter(|it| it.sql.contains("ORDER BY"));
    assert_eq!(looks.count(), 11);
}

#[tokio::test]
async fn what_the_chore_deletes_is_moved_into_the_file_of_sqlite_meanwhile() {
    let site = Site::on(Kind::Sqlite).start().await;
    fill(&site, 100, TimeDelta::hours(1)).await;
    assert_eq!(clear_expired(&site).await, "100 expired sessions deleted");

    let list = site.db().query("SELECT file FROM pragma_database_list");
    let file: String = list.scalar().await.unwrap();
    let alone = site.folder().join("alone.sqlite3");
    std::fs::copy(file, &alone).unwrap();
    let alone = Database::connect(ConnectOptions::sqlite_file(alone)).await;
    let alone = alone.unwrap();
    let left = alone.query("SELECT count(*) FROM plainsessions_session");
    // It was moved after the first of four batches; the others are in the write-ahead log.
    assert_eq!(left.scalar::<i64>().await.unwrap(), 75);
}

async fn a_session_that_is_renewed_while_the_chore_runs_stays(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let clear = clear_expired(&site);
    interleaved(&site, &visitor, [set("n", 1)], clear, []).await;
    assert_eq!(site.count().await, 1);
}

async fn the_chore_runs_daily_unless_it_is_told_otherwise(kind: Kind) {
    let site = Site::on(kind).start().await;
    let mut chores = site.app().chores().iter();
    let chore = chores.find(|chore| chore.name() == CHORE).unwrap();
    assert_eq!(chore.package(), "plain.sessions");
    assert_eq!(chore.description(), "Deletes expired sessions.");
    let schedule = chore.schedule().unwrap();
    let fields: Vec<_> = schedule.split(' ').collect();
    assert_eq!(fields[2..], ["*", "*", "*"], "each day, once: {schedule}");
    assert!(fields[..2].iter().all(|field| field.parse::<u8>().is_ok()));
}

/// What the checks of the package find, as `check: problem; fix`.
async fn findings(site: SiteBuilder, stage: Stage) -> Vec<String> {
    findings_of(&site.start().await, stage).await
}

async fn findings_of(site: &Site, stage: Stage) -> Vec<String> {
    let app = site.app();
    let report = run_checks(app.services(), app.checks(), stage, &[]).await;
    let mut lines = Vec::new();
    for check in report.checks {
        for finding in check.findings {
            if check.package == "plain.sessions" {
                let (problem, fix) = (finding.problem, finding.fix);
                lines.push(format!(
                    "{:?} {}: {problem}; {fix}",
                    finding.level, check.name
                ));
            }
        }
    }
    lines
}

async fn a_site_with_default_settings_passes_the_checks(kind: Kind) {
    assert_eq!(findings(Site::on(kind), Stage::Always).await, [""; 0]);
}

async fn a_cookie_that_other_hosts_can_set_is_warned_of_before_a_deployment(kind: Kind) {
    let found = findings(Site::on(kind), Stage::Deploy).await;
    insta::allow_duplicates!(
        insta::assert_snapshot!(found.join("\n"), @r#"Warning sessions.cookie_name: the name of the session cookie has no prefix, so other hosts of this domain, and pages in clear http, can set one in its place; set SESSION_COOKIE_NAME = "__Host-sessionid"; it signs everybody out once"#)
    );
    let shared = Site::on(kind).with("SESSION_COOKIE_DOMAIN", "example.com");
    let found = findings(shared, Stage::Deploy).await;
    assert!(found[0].contains("\"__Secure-sessionid\""), "{found:?}");
    for name in ["__Host-id", "__secure-id"] {
        let site = Site::on(kind).with("SESSION_COOKIE_NAME", name);
        assert_eq!(findings(site, Stage::Deploy).await, [""; 0]);
    }
}

async fn a_cookie_that_travels_in_clear_text_is_found_before_a_deployment(kind: Kind) {
    let site = || Site::on(kind).with("SESSION_COOKIE_SECURE", false);
    let found = findings(site(), Stage::Deploy).await;
    insta::allow_duplicates!(
        insta::assert_snapshot!(found.join("\n"), @"Error sessions.cookie_secure: the session cookie is sent over plain http, where everyone on the way can read it; set SESSION_COOKIE_SECURE = true")
    );
    assert_eq!(findings(site(), Stage::Always).await, [""; 0]);
}

async fn a_cookie_that_scripts_can_read_is_found_before_a_deployment(kind: Kind) {
    let site = || {
        let site = Site::on(kind).with("SESSION_COOKIE_NAME", "__Host-id");
        site.with("SESSION_COOKIE_HTTPONLY", false)
    };
    let found = findings(site(), Stage::Deploy).await;
    insta::allow_duplicates!(
        insta::assert_snapshot!(found.join("\n"), @"Error sessions.cookie_httponly: scripts can read the session cookie, so one injected script takes over sessions; set SESSION_COOKIE_HTTPONLY = true")
    );
    assert_eq!(findings(site(), Stage::Always).await, [""; 0]);
}

async fn a_middleware_that_is_not_listed_is_found(kind: Kind) {
    let site = Site::on(kind).without_session_middleware();
    let found = findings(site, Stage::Always).await;
    insta::allow_duplicates!(
        insta::assert_snapshot!(found.join("\n"), @r#"Error sessions.middleware: plain.sessions is installed, but its middleware is not listed; add "plain.sessions.middleware.SessionMiddleware" to MIDDLEWARE in settings.toml"#)
    );
}

async fn expired_sessions_that_nobody_clears_are_found(kind: Kind) {
    let site = Site::on(kind).start().await;
    fill(&site, 10_000, TimeDelta::days(3)).await;
    fill(&site, 1_000, TimeDelta::days(1)).await;
    assert_eq!(findings_of(&site, Stage::Always).await, [""; 0]);
    fill(&site, 1, TimeDelta::days(4)).await;
    let found = findings_of(&site, Stage::Always).await;
    insta::allow_duplicates!(
        insta::assert_snapshot!(found.join("\n"), @"Warning sessions.expired: more than 10000 sessions expired over two days ago and are still stored; run `plain chores run plain.sessions.chores.ClearExpired`, and see that `plain worker` runs or CHORES_IN_SERVER is on")
    );
}

async fn an_expired_session_is_over_before_it_is_cleared(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = signed_in(&site, "ada").await;
    site.expire().await;
    let response = visitor.look().await;
    assert_eq!(crate::cookie(&response), Some(FORGET));
    assert!(
        Session::for_owner(site.db(), "ada")
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(site.count().await, 1);
}
