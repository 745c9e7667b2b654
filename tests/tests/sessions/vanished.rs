//! A row that another request or an administrator ended while a request used it.

use plain::db::Kind;
use plain::test::both;
use plain_tests::log;
use plain_tests::sessions::{
    Site, Step, Visitor, add_one, clear, costs, cycle, flush, owner, remove, set, status,
};

use crate::concurrency::{interleaved, interleaved_with};
use crate::{UNKNOWN, cookie, vary};

both![
    a_session_that_ended_meanwhile_is_not_brought_back_by_a_slow_request,
    finding_out_that_a_session_ended_costs_two_statements_at_most,
    the_response_of_a_slow_request_goes_out_as_it_is,
    signing_in_during_a_slow_request_is_not_undone_in_the_browser,
    a_session_that_ended_is_logged_by_its_fingerprint,
    a_session_that_ended_is_not_renewed_by_a_request_that_only_looked_at_it,
    signing_out_ends_a_session_whose_key_was_cycled_meanwhile,
    signing_out_of_a_session_that_ended_meanwhile_ends_no_other,
    what_is_set_after_flushing_a_session_that_ended_meanwhile_is_a_new_one,
];

/// What a slow request may want to save.
fn changes() -> [Step; 6] {
    [
        set("name", "Grace"),
        add_one("n"),
        owner("grace"),
        cycle(),
        remove("name"),
        clear(),
    ]
}

/// How a session ends under a slow request.
async fn end(site: &Site, visitor: &Visitor, how: &str) {
    match how {
        "flushed" => drop(visitor.run([flush()]).await),
        "cycled" => drop(visitor.run([cycle()]).await),
        "emptied" => drop(visitor.run([clear()]).await),
        "deleted by an administrator" => site.sql("DELETE FROM plainsessions_session").await,
        "expired" => site.expire().await,
        _ => unreachable!(),
    }
}

const ENDS: [&str; 5] = [
    "flushed",
    "cycled",
    "emptied",
    "deleted by an administrator",
    "expired",
];

async fn a_session_that_ended_meanwhile_is_not_brought_back_by_a_slow_request(kind: Kind) {
    let site = Site::on(kind).start().await;
    for how in ENDS {
        for change in changes() {
            site.sql("DELETE FROM plainsessions_session").await;
            let visitor = site.visitor_with("name", "Ada").await;
            let (slow, before) = (site.twin_of(&visitor), visitor.key());
            let case = format!("{how}, {change:?}");
            let (response, rows) = interleaved_with(
                &site,
                &slow,
                [change],
                async {
                    end(&site, &visitor, how).await;
                    site.rows().await
                },
                [],
            )
            .await;
            assert_eq!(response.status(), 200, "{case}");
            assert_eq!(vary(&response), Some("Cookie"), "{case}");
            assert_eq!(site.rows().await, rows, "{case}");
            assert_eq!(cookie(&response), None, "{case}");
            assert_eq!(slow.key(), before, "{case}");
        }
    }
}

async fn finding_out_that_a_session_ended_costs_two_statements_at_most(kind: Kind) {
    let site = Site::on(kind).start().await;
    for change in [set("name", "Grace"), add_one("n"), owner("grace"), cycle()] {
        let visitor = site.visitor_with("name", "Ada").await;
        let slow = site.twin_of(&visitor);
        let meanwhile = visitor.run([flush()]);
        let response = interleaved(&site, &slow, [change.clone()], meanwhile, []).await;
        let expected = match change == cycle() {
            true => "SELECT SELECT",
            false => "SELECT UPDATE SELECT",
        };
        assert_eq!(costs(&response), expected, "{change:?}");
    }
}

async fn the_response_of_a_slow_request_goes_out_as_it_is(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let slow = site.twin_of(&visitor);
    let response = interleaved(
        &site,
        &slow,
        [set("name", "Grace")],
        visitor.run([flush()]),
        [status(201)],
    )
    .await;
    assert_eq!(response.status(), 201);
    assert_eq!(response.text(), r#"{"name":"Grace"}"#);
    assert_eq!(response.header("cache-control"), None);
}

async fn signing_in_during_a_slow_request_is_not_undone_in_the_browser(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("cart", 1).await;
    interleaved(
        &site,
        &visitor,
        [set("cart", 2)],
        async {
            visitor
                .run([flush(), set("name", "Ada"), owner("ada")])
                .await;
        },
        [],
    )
    .await;
    let response = visitor.look().await;
    assert_eq!(response.text(), r#"{"name":"Ada"}"#);
}

async fn a_session_that_ended_is_logged_by_its_fingerprint(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let slow = site.twin_of(&visitor);
    let fingerprint = site.row().await.key_hash[..8].to_owned();
    interleaved(
        &site,
        &slow,
        [set("name", "Grace")],
        visitor.run([flush()]),
        [],
    )
    .await;
    let lines = log::lines_with(&fingerprint);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(
        "the session ended or changed its key while a request used it; its changes are dropped"
    ));
}

async fn a_session_that_ended_is_not_renewed_by_a_request_that_only_looked_at_it(kind: Kind) {
    for setting in ["SESSION_SAVE_EVERY_REQUEST", "SESSION_TOUCH_INTERVAL"] {
        let site = match setting {
            "SESSION_TOUCH_INTERVAL" => Site::on(kind).with(setting, 60),
            _ => Site::on(kind).with(setting, true),
        };
        let site = site.start().await;
        for how in ENDS {
            site.sql("DELETE FROM plainsessions_session").await;
            let visitor = site.visitor_with("name", "Ada").await;
            site.age(chrono::TimeDelta::seconds(100)).await;
            let slow = site.twin_of(&visitor);
            let (response, rows) = interleaved_with(
                &site,
                &slow,
                [],
                async {
                    end(&site, &visitor, how).await;
                    site.rows().await
                },
                [],
            )
            .await;
            assert_eq!(response.status(), 200, "{how}");
            assert_eq!(costs(&response), "SELECT UPDATE", "{how}");
            assert_eq!(cookie(&response), None, "{how}");
            assert_eq!(site.rows().await, rows, "{how}");
        }
    }
}

async fn signing_out_ends_a_session_whose_key_was_cycled_meanwhile(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    interleaved(&site, &visitor, [flush()], visitor.run([cycle()]), []).await;
    assert_eq!((site.count().await, visitor.key()), (0, None));
}

async fn signing_out_of_a_session_that_ended_meanwhile_ends_no_other(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let slow = site.twin_of(&visitor);
    let number = site.row().await.id;
    interleaved(
        &site,
        &slow,
        [flush()],
        async {
            visitor.run([flush()]).await;
            site.visitor_with("name", "Grace").await;
            // SQLite gives the number to the next row by itself.
            let update = site.db().query("UPDATE plainsessions_session SET id = $1");
            update.bind(number).execute().await.unwrap();
        },
        [],
    )
    .await;
    assert_eq!(
        site.row().await.values(),
        serde_json::json!({ "name": "Grace" })
    );
}

async fn what_is_set_after_flushing_a_session_that_ended_meanwhile_is_a_new_one(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let slow = site.twin_of(&visitor);
    interleaved(
        &site,
        &slow,
        [flush(), set("a", 1)],
        visitor.run([flush()]),
        [],
    )
    .await;
    assert_eq!(site.row().await.values(), serde_json::json!({ "a": 1 }));
    assert_ne!(slow.key(), Some(UNKNOWN.to_owned()));
    assert_eq!(slow.look().await.text(), r#"{"a":1}"#);
}
