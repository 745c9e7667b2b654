//! Rows that can't be read.

use plain::db::{Database, Kind};
use plain::test::both;
use plain_tests::log;
use plain_tests::sessions::{
    Site, Visitor, clear, costs, cycle, extend, flush, owner, set, setdefault, values,
};
use serde_json::json;

use crate::{FORGET, cookie};

both![
    a_damaged_row_counts_as_empty,
    a_damaged_row_is_nobodys,
    a_damaged_row_is_replaced_by_the_next_write,
    signing_out_of_a_damaged_row_deletes_it,
    a_damaged_row_can_be_cleared_cycled_and_begun_anew,
    a_damaged_row_is_logged_once_by_its_fingerprint,
    damage_that_happens_during_a_request_is_replaced_by_what_it_saves,
];

/// Statements that damage all rows, each in another way.
const DAMAGES: &[&str] = &[
    "UPDATE plainsessions_session SET session_data = 'not JSON'",
    "UPDATE plainsessions_session SET session_data = ''",
    "UPDATE plainsessions_session SET session_data = '[1, 2]'",
    "UPDATE plainsessions_session SET session_data = '\"text\"'",
    "UPDATE plainsessions_session SET session_data = '42'",
    "UPDATE plainsessions_session SET session_data = 'null'",
    "UPDATE plainsessions_session SET session_data = '{\"a\":1}{\"b\":2}'",
    "UPDATE plainsessions_session SET session_data = '{\"a\":1e999}'",
    "UPDATE plainsessions_session SET session_data = '{\"a\":'",
    "UPDATE plainsessions_session SET session_data = x'ff00fe'",
    "UPDATE plainsessions_session SET session_data = CAST(x'7bff7d' AS TEXT)",
    "UPDATE plainsessions_session SET session_data = 5",
    "UPDATE plainsessions_session SET expires_at = 'garbage'",
    "UPDATE plainsessions_session SET expires_at = ''",
    "UPDATE plainsessions_session SET expires_at = '0000-99-99'",
    "UPDATE plainsessions_session SET expires_at = x'00'",
    "UPDATE plainsessions_session SET expires_at = '+50000-01-01T00:00:00.000000Z'",
    "UPDATE plainsessions_session SET created_at = 'garbage'",
    "UPDATE plainsessions_session SET created_at = ''",
    "UPDATE plainsessions_session SET created_at = x'ffff'",
    "UPDATE plainsessions_session SET created_at = '+200000-01-01T00:00:00.000000Z'",
    "UPDATE plainsessions_session SET session_data = 'x', created_at = 'y', expires_at = 'z'",
];

/// The same for PostgreSQL, which takes nothing but JSON and dates; what remains odd of these.
const POSTGRES_DAMAGES: &[&str] = &[
    "UPDATE plainsessions_session SET session_data = '[1, 2]'",
    "UPDATE plainsessions_session SET session_data = '\"text\"'",
    "UPDATE plainsessions_session SET session_data = '42'",
    "UPDATE plainsessions_session SET session_data = 'null'",
    "UPDATE plainsessions_session SET session_data = '{\"a\":1e999}'",
    "UPDATE plainsessions_session SET expires_at = 'infinity'",
    "UPDATE plainsessions_session SET expires_at = '-infinity'",
    "UPDATE plainsessions_session SET expires_at = '0044-03-15 12:00:00 BC'",
    "UPDATE plainsessions_session SET expires_at = '50000-01-01'",
    "UPDATE plainsessions_session SET expires_at = '294276-12-31'",
    "UPDATE plainsessions_session SET created_at = 'infinity'",
    "UPDATE plainsessions_session SET created_at = '-infinity'",
    "UPDATE plainsessions_session SET created_at = '4713-01-01 00:00:00 BC'",
    "UPDATE plainsessions_session SET created_at = '200000-01-01'",
    "UPDATE plainsessions_session SET session_data = '[]', created_at = 'infinity', \
     expires_at = '-infinity'",
];

fn damages(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Sqlite => DAMAGES,
        Kind::Postgres => POSTGRES_DAMAGES,
    }
}

/// A visitor whose row is damaged by `how`.
async fn damaged(site: &Site, how: &'static str) -> Visitor {
    site.sql("DELETE FROM plainsessions_session").await;
    let visitor = site.visitor_with("name", "Ada").await;
    visitor.run([owner("ada")]).await;
    site.sql(how).await;
    visitor
}

async fn key_hash(db: &Database) -> String {
    let select = db.query("SELECT key_hash FROM plainsessions_session");
    select.scalar().await.unwrap()
}

/// All kinds of settings that look at dates.
async fn sites(kind: Kind) -> [Site; 3] {
    let max_age = Site::on(kind).with("SESSION_MAX_AGE", 3600);
    let renewed = Site::on(kind)
        .with("SESSION_SAVE_EVERY_REQUEST", true)
        .with("SESSION_TOUCH_INTERVAL", 1)
        .with("SESSION_MAX_AGE", 31_536_000_000_u64 - 1);
    [
        Site::on(kind).start().await,
        max_age.start().await,
        renewed.start().await,
    ]
}

async fn a_damaged_row_counts_as_empty(kind: Kind) {
    for site in sites(kind).await {
        for how in damages(kind) {
            let visitor = damaged(&site, how).await;
            let response = visitor.look().await;
            assert_eq!(values(&response), json!({}), "{how}");
            assert_eq!(costs(&response), "SELECT", "{how}");
            assert_eq!(site.count().await, 1, "{how}");
        }
    }
}

async fn a_damaged_row_is_nobodys(kind: Kind) {
    let site = Site::on(kind).page(
        "owner",
        |session: plain_sessions::SessionStore| async move {
            plain::http::Response::json(&session.owner())
        },
    );
    let site = site.start().await;
    for how in damages(kind) {
        let visitor = damaged(&site, how).await;
        assert_eq!(visitor.get("/owner").await.text(), "null", "{how}");
    }
}

async fn a_damaged_row_is_replaced_by_the_next_write(kind: Kind) {
    for site in sites(kind).await {
        for how in damages(kind) {
            for step in [set("a", 1), extend("a", 1), setdefault("a", 1)] {
                let visitor = damaged(&site, how).await;
                let (hash, key) = (key_hash(site.db()).await, visitor.key());
                let response = visitor.run([step]).await;
                assert_eq!(costs(&response), "SELECT SELECT UPDATE", "{how}");
                assert_eq!(visitor.key(), key, "{how}");
                let row = site.row().await;
                assert_eq!((row.values(), row.key_hash), (json!({ "a": 1 }), hash));
                assert_eq!(row.owner, None, "{how}");
                assert!(row.expires_at > chrono::Utc::now(), "{how}");
                assert_eq!(values(&visitor.look().await), json!({ "a": 1 }), "{how}");
            }
        }
    }
}

async fn signing_out_of_a_damaged_row_deletes_it(kind: Kind) {
    for site in sites(kind).await {
        for how in damages(kind) {
            let visitor = damaged(&site, how).await;
            let response = visitor.run([flush()]).await;
            assert_eq!(response.status(), 200, "{how}");
            assert_eq!(costs(&response), "SELECT DELETE", "{how}");
            assert_eq!(cookie(&response), Some(FORGET), "{how}");
            assert_eq!(site.count().await, 0, "{how}");
        }
    }
}

async fn a_damaged_row_can_be_cleared_cycled_and_begun_anew(kind: Kind) {
    let site = Site::on(kind).start().await;
    for how in damages(kind) {
        let visitor = damaged(&site, how).await;
        let response = visitor.run([clear()]).await;
        assert_eq!(cookie(&response), Some(FORGET), "{how}");
        assert_eq!(site.count().await, 0, "{how}");

        let visitor = damaged(&site, how).await;
        let old = visitor.key();
        visitor.run([set("a", 1), cycle()]).await;
        assert_ne!(visitor.key(), old, "{how}");
        assert_eq!(values(&visitor.look().await), json!({ "a": 1 }), "{how}");

        let visitor = damaged(&site, how).await;
        visitor.run([flush(), set("b", 2)]).await;
        assert_eq!(site.row().await.values(), json!({ "b": 2 }), "{how}");
    }
}

async fn a_damaged_row_is_logged_once_by_its_fingerprint(kind: Kind) {
    let site = Site::on(kind).start().await;
    for how in damages(kind) {
        let visitor = damaged(&site, how).await;
        let fingerprint = key_hash(site.db()).await[..8].to_owned();
        visitor.run([set("a", 1), set("b", 2)]).await;
        visitor.look().await;
        let lines = log::lines_with(&fingerprint);
        assert_eq!(lines.len(), 1, "{how}: {lines:?}");
        let said = "the stored session can't be read and counts as empty; the next change replaces \
                    it";
        assert!(
            lines[0].contains(said) && lines[0].contains("WARN"),
            "{lines:?}"
        );
    }
}

async fn damage_that_happens_during_a_request_is_replaced_by_what_it_saves(kind: Kind) {
    use crate::concurrency::interleaved;

    let site = Site::on(kind).start().await;
    for how in damages(kind) {
        let visitor = site.visitor_with("name", "Ada").await;
        let response = interleaved(&site, &visitor, [set("a", 1)], site.sql(how), []).await;
        assert_eq!(response.status(), 200, "{how}");
        assert_eq!(values(&visitor.look().await), json!({ "a": 1 }), "{how}");
        site.sql("DELETE FROM plainsessions_session").await;
    }
}
