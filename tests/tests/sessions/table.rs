//! The table of section 6, row by row, each with what it costs and what the browser is told.

use chrono::TimeDelta;
use plain::db::Kind;
use plain::test::both;
use plain_tests::sessions::{
    Site, add_one, clear, costs, cycle, extend, fail, flush, owner, panic, pop, remove, set,
    setdefault, status, values,
};
use serde_json::json;

use crate::{FORGET, UNKNOWN, cookie, vary};

both![
    a_request_that_never_asks_for_its_session_costs_nothing,
    saving_on_every_request_costs_a_request_without_its_session_nothing,
    a_page_that_is_not_there_asks_for_no_session,
    a_session_that_is_asked_for_is_loaded_once,
    a_session_that_is_asked_for_without_a_cookie_costs_no_query,
    an_unknown_key_is_an_empty_session_whose_cookie_is_removed,
    an_expired_key_is_an_empty_session_whose_cookie_is_removed,
    what_is_set_under_an_unknown_or_expired_key_gets_a_new_key,
    a_change_without_a_row_is_one_insert_under_a_new_key,
    every_way_to_change_a_row_costs_two_statements_at_most_besides_loading_it,
    many_changes_in_one_request_cost_as_much_as_one,
    a_change_moves_the_end_of_the_session_and_leaves_its_beginning,
    removing_what_is_not_there_is_no_change,
    a_default_for_what_is_there_is_no_change,
    a_cycled_key_is_the_same_row_under_a_new_key,
    cycling_the_key_of_a_session_without_a_row_gives_what_is_set_a_key,
    flushing_deletes_the_row_and_the_cookie,
    what_is_set_after_flushing_begins_a_new_session_under_a_new_key,
    flushing_a_session_without_a_row_costs_nothing,
    flushing_twice_still_deletes_the_row,
    a_session_in_which_nothing_is_left_goes_with_its_cookie,
    an_owner_keeps_a_session_without_values,
    a_session_that_stays_empty_is_never_stored,
    what_is_set_after_clearing_stays_under_the_same_key,
    saving_on_every_request_moves_the_end_of_a_session_that_is_only_looked_at,
    saving_on_every_request_makes_no_row_of_an_unknown_expired_or_malformed_key,
    by_default_a_session_that_is_only_looked_at_is_not_renewed,
    a_session_that_is_looked_at_is_renewed_at_most_once_an_interval,
    a_change_begins_the_interval_anew,
    a_failed_request_saves_nothing_and_sets_no_cookie,
    a_failed_request_leaves_an_unknown_cookie_alone,
    a_rotation_in_a_failed_request_leaves_the_old_key_alive,
    a_flush_in_a_failed_request_is_carried_out,
    a_refused_request_is_no_failed_one,
];

async fn a_request_that_never_asks_for_its_session_costs_nothing(kind: Kind) {
    let site = Site::on(kind).start().await;
    let known = site.visitor_with("name", "Ada").await;
    for visitor in [site.visitor(), known, site.visitor_who_sends(UNKNOWN)] {
        let response = visitor.pass_by().await;
        assert_eq!(response.status(), 200);
        assert_eq!(costs(&response), "");
        assert_eq!((cookie(&response), vary(&response)), (None, None));
    }
}

async fn saving_on_every_request_costs_a_request_without_its_session_nothing(kind: Kind) {
    let site = Site::on(kind).with("SESSION_SAVE_EVERY_REQUEST", true);
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.pass_by().await;
    assert_eq!(costs(&response), "");
    assert_eq!((cookie(&response), vary(&response)), (None, None));
}

async fn a_page_that_is_not_there_asks_for_no_session(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.get("/nowhere").await;
    assert_eq!(response.status(), 404);
    assert_eq!(costs(&response), "");
    assert_eq!((cookie(&response), vary(&response)), (None, Some("Accept")));
}

async fn a_session_that_is_asked_for_is_loaded_once(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.look().await;
    assert_eq!(values(&response), json!({ "name": "Ada" }));
    assert_eq!(costs(&response), "SELECT");
    assert_eq!((cookie(&response), vary(&response)), (None, Some("Cookie")));
    assert_eq!(response.header("cache-control"), None);
}

async fn a_session_that_is_asked_for_without_a_cookie_costs_no_query(kind: Kind) {
    let site = Site::on(kind).start().await;
    let response = site.visitor().look().await;
    assert_eq!(values(&response), json!({}));
    assert_eq!(costs(&response), "");
    assert_eq!((cookie(&response), vary(&response)), (None, Some("Cookie")));
    assert_eq!(site.count().await, 0);
}

async fn an_unknown_key_is_an_empty_session_whose_cookie_is_removed(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_who_sends(UNKNOWN);
    let response = visitor.look().await;
    assert_eq!(values(&response), json!({}));
    assert_eq!(costs(&response), "SELECT");
    assert_eq!(cookie(&response), Some(FORGET));
    assert_eq!(vary(&response), Some("Cookie"));
    assert_eq!((visitor.key(), site.count().await), (None, 0));
}

async fn an_expired_key_is_an_empty_session_whose_cookie_is_removed(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    site.expire().await;
    let response = visitor.look().await;
    assert_eq!(values(&response), json!({}));
    assert_eq!(costs(&response), "SELECT");
    assert_eq!(cookie(&response), Some(FORGET));
}

async fn what_is_set_under_an_unknown_or_expired_key_gets_a_new_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let expired = site.visitor_with("name", "Ada").await;
    site.expire().await;
    for visitor in [expired, site.visitor_who_sends(UNKNOWN)] {
        let sent = visitor.key().unwrap();
        let response = visitor.run([set("name", "Grace")]).await;
        assert_eq!(costs(&response), "SELECT INSERT");
        assert_ne!(visitor.key().unwrap(), sent);
        let again = visitor.look().await;
        assert_eq!(values(&again), json!({ "name": "Grace" }));
    }
}

async fn a_change_without_a_row_is_one_insert_under_a_new_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor();
    let response = visitor.run([set("name", "Ada"), set("age", 36)]).await;
    assert_eq!(costs(&response), "INSERT");
    assert_eq!(vary(&response), Some("Cookie"));
    assert_eq!(response.header("cache-control"), Some("private"));
    let key = visitor.key().unwrap();
    assert_eq!(key.len(), 32);
    let known = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    assert!(key.bytes().all(known), "{key}");
    let row = site.row().await;
    assert_eq!(row.values(), json!({ "name": "Ada", "age": 36 }));
    assert_eq!((row.owner, row.key_hash.len()), (None, 64));
}

async fn every_way_to_change_a_row_costs_two_statements_at_most_besides_loading_it(kind: Kind) {
    let site = Site::on(kind).start().await;
    let steps = [
        set("name", "Grace"),
        remove("name"),
        pop("name"),
        setdefault("age", 36),
        extend("age", 36),
        add_one("visits"),
        owner("ada"),
        cycle(),
    ];
    for step in steps {
        let visitor = site.visitor_with("name", "Ada").await;
        visitor.run([set("kept", true)]).await;
        let response = visitor.run([step.clone()]).await;
        // A new key must be one that nobody has.
        let expected = match step == cycle() {
            true => "SELECT SELECT UPDATE",
            false => "SELECT UPDATE",
        };
        assert_eq!(costs(&response), expected, "{step:?}");
        assert!(cookie(&response).is_some(), "{step:?}");
        assert_eq!(vary(&response), Some("Cookie"));
        assert_eq!(response.header("cache-control"), Some("private"));
        let again = visitor.look().await;
        assert_eq!(values(&again), values(&response), "{step:?}");
    }
}

async fn many_changes_in_one_request_cost_as_much_as_one(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let steps = [
        set("a", 1),
        add_one("a"),
        remove("name"),
        extend("b", json!([1, 2])),
        add_one("c"),
        cycle(),
        owner("ada"),
    ];
    let response = visitor.run(steps).await;
    assert_eq!(costs(&response), "SELECT SELECT UPDATE");
    let again = visitor.look().await;
    assert_eq!(values(&again), json!({ "a": 2, "b": [1, 2], "c": 1 }));
}

async fn a_change_moves_the_end_of_the_session_and_leaves_its_beginning(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let fresh = site.row().await;
    site.age(TimeDelta::days(3)).await;
    visitor.run([set("name", "Grace")]).await;
    let row = site.row().await;
    assert_eq!(row.created_at, fresh.created_at - TimeDelta::days(3));
    assert!(row.expires_at >= fresh.expires_at);
    assert_eq!((row.id, row.key_hash), (fresh.id, fresh.key_hash));
    assert_eq!(row.owner, None);
}

async fn removing_what_is_not_there_is_no_change(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.run([remove("other"), pop("another")]).await;
    assert_eq!(costs(&response), "SELECT");
    assert_eq!(cookie(&response), None);
}

async fn a_default_for_what_is_there_is_no_change(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.run([setdefault("name", "Grace")]).await;
    assert_eq!(values(&response), json!({ "name": "Ada" }));
    assert_eq!(costs(&response), "SELECT");
    assert_eq!(cookie(&response), None);
}

async fn a_cycled_key_is_the_same_row_under_a_new_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor();
    visitor.run([set("name", "Ada"), owner("ada")]).await;
    site.age(TimeDelta::days(3)).await;
    let (old, before) = (site.twin_of(&visitor), site.row().await);
    let response = visitor.run([cycle()]).await;
    assert_eq!(costs(&response), "SELECT SELECT UPDATE");
    let after = site.row().await;
    assert_ne!(after.key_hash, before.key_hash);
    assert_ne!(visitor.key(), old.key());
    assert_eq!(
        (after.id, after.created_at, &after.owner, after.values()),
        (before.id, before.created_at, &before.owner, before.values()),
    );
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
    assert_eq!(values(&old.look().await), json!({}));
}

async fn cycling_the_key_of_a_session_without_a_row_gives_what_is_set_a_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor();
    let response = visitor.run([cycle(), set("name", "Ada")]).await;
    assert_eq!(costs(&response), "INSERT");
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
    let empty = site.visitor().run([cycle()]).await;
    assert_eq!((costs(&empty).as_str(), cookie(&empty)), ("", None));
    assert_eq!(site.count().await, 1);
}

async fn flushing_deletes_the_row_and_the_cookie(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.run([flush()]).await;
    assert_eq!(values(&response), json!({}));
    assert_eq!(costs(&response), "SELECT DELETE");
    assert_eq!(cookie(&response), Some(FORGET));
    assert_eq!(vary(&response), Some("Cookie"));
    assert_eq!((visitor.key(), site.count().await), (None, 0));
}

async fn what_is_set_after_flushing_begins_a_new_session_under_a_new_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor();
    visitor.run([set("name", "Ada"), owner("ada")]).await;
    site.age(TimeDelta::days(3)).await;
    let (old, before) = (visitor.key(), site.row().await);
    let response = visitor.run([set("a", 1), flush(), set("b", 2)]).await;
    assert_eq!(costs(&response), "SELECT DELETE INSERT");
    assert_ne!(visitor.key(), old);
    let after = site.row().await;
    assert_eq!((after.values(), &after.owner), (json!({ "b": 2 }), &None));
    assert!(after.created_at > before.created_at);
    assert_ne!(after.key_hash, before.key_hash);
    assert_eq!(values(&visitor.look().await), json!({ "b": 2 }));
}

async fn flushing_a_session_without_a_row_costs_nothing(kind: Kind) {
    let site = Site::on(kind).start().await;
    let response = site.visitor().run([flush()]).await;
    assert_eq!((costs(&response).as_str(), cookie(&response)), ("", None));
    let unknown = site.visitor_who_sends(UNKNOWN);
    let response = unknown.run([flush()]).await;
    assert_eq!(costs(&response), "SELECT");
    assert_eq!(cookie(&response), Some(FORGET));
}

async fn flushing_twice_still_deletes_the_row(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.run([flush(), set("a", 1), flush()]).await;
    assert_eq!(costs(&response), "SELECT DELETE");
    assert_eq!(site.count().await, 0);
}

async fn a_session_in_which_nothing_is_left_goes_with_its_cookie(kind: Kind) {
    let site = Site::on(kind).start().await;
    for step in [remove("name"), pop("name"), clear()] {
        let visitor = site.visitor_with("name", "Ada").await;
        let response = visitor.run([step.clone()]).await;
        assert_eq!(costs(&response), "SELECT DELETE", "{step:?}");
        assert_eq!(cookie(&response), Some(FORGET), "{step:?}");
        assert_eq!(vary(&response), Some("Cookie"));
        assert_eq!(site.count().await, 0, "{step:?}");
    }
}

async fn an_owner_keeps_a_session_without_values(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    visitor.run([owner("ada")]).await;
    let key = visitor.key();
    let response = visitor.run([clear()]).await;
    assert_eq!(costs(&response), "SELECT UPDATE");
    assert_eq!(visitor.key(), key);
    let row = site.row().await;
    assert_eq!(
        (row.values(), row.owner.as_deref()),
        (json!({}), Some("ada"))
    );
    let response = visitor.look().await;
    assert_eq!(
        (costs(&response).as_str(), cookie(&response)),
        ("SELECT", None)
    );

    let response = visitor.run([owner(None)]).await;
    assert_eq!(costs(&response), "SELECT DELETE");
    assert_eq!(cookie(&response), Some(FORGET));
}

async fn a_session_that_stays_empty_is_never_stored(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor();
    let response = visitor.run([set("a", 1), remove("a"), clear()]).await;
    assert_eq!((costs(&response).as_str(), cookie(&response)), ("", None));
    assert_eq!(site.count().await, 0);
}

async fn what_is_set_after_clearing_stays_under_the_same_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let key = visitor.key();
    let response = visitor.run([clear(), set("a", 1)]).await;
    assert_eq!(costs(&response), "SELECT UPDATE");
    assert_eq!(visitor.key(), key);
    assert_eq!(values(&visitor.look().await), json!({ "a": 1 }));
}

async fn saving_on_every_request_moves_the_end_of_a_session_that_is_only_looked_at(kind: Kind) {
    let site = Site::on(kind).with("SESSION_SAVE_EVERY_REQUEST", true);
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let fresh = site.row().await;
    site.age(TimeDelta::days(3)).await;
    let response = visitor.look().await;
    assert_eq!(costs(&response), "SELECT UPDATE");
    assert!(cookie(&response).is_some_and(|cookie| cookie.contains(&visitor.key().unwrap())));
    assert_eq!(vary(&response), Some("Cookie"));
    assert_eq!(response.header("cache-control"), Some("private"));
    let row = site.row().await;
    assert!(row.expires_at >= fresh.expires_at);
    assert_eq!(row.created_at, fresh.created_at - TimeDelta::days(3));
    assert_eq!(row.data, fresh.data);
}

async fn saving_on_every_request_makes_no_row_of_an_unknown_expired_or_malformed_key(kind: Kind) {
    let site = Site::on(kind).with("SESSION_SAVE_EVERY_REQUEST", true);
    let site = site.start().await;
    let expired = site.visitor_with("name", "Ada").await;
    site.expire().await;
    let unknown = site.visitor_who_sends(UNKNOWN);
    for visitor in [expired, unknown, site.visitor_who_sends("malformed")] {
        let response = visitor.look().await;
        assert_eq!(cookie(&response), Some(FORGET));
        assert_eq!(site.count().await, 1, "the expired one only");
    }
    let response = site.visitor().look().await;
    assert_eq!((costs(&response).as_str(), cookie(&response)), ("", None));
    assert_eq!(site.count().await, 1);
}

async fn by_default_a_session_that_is_only_looked_at_is_not_renewed(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    site.age(TimeDelta::days(13)).await;
    let before = site.row().await;
    let response = visitor.look().await;
    assert_eq!(
        (costs(&response).as_str(), cookie(&response)),
        ("SELECT", None)
    );
    assert_eq!(site.row().await, before);
}

async fn a_session_that_is_looked_at_is_renewed_at_most_once_an_interval(kind: Kind) {
    let site = Site::on(kind).with("SESSION_TOUCH_INTERVAL", 600);
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    site.age(TimeDelta::seconds(590)).await;
    let response = visitor.look().await;
    assert_eq!(
        (costs(&response).as_str(), cookie(&response)),
        ("SELECT", None)
    );

    site.age(TimeDelta::seconds(10)).await;
    let before = site.row().await;
    let response = visitor.look().await;
    assert_eq!(costs(&response), "SELECT UPDATE");
    assert!(cookie(&response).is_some());
    let after = site.row().await;
    assert!(after.expires_at >= before.expires_at + TimeDelta::seconds(600));
    assert_eq!(
        (after.created_at, after.data),
        (before.created_at, before.data)
    );

    let response = visitor.look().await;
    assert_eq!(
        (costs(&response).as_str(), cookie(&response)),
        ("SELECT", None)
    );
}

async fn a_change_begins_the_interval_anew(kind: Kind) {
    let site = Site::on(kind).with("SESSION_TOUCH_INTERVAL", 600);
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    site.age(TimeDelta::seconds(700)).await;
    visitor.run([set("name", "Grace")]).await;
    let response = visitor.look().await;
    assert_eq!(costs(&response), "SELECT");
}

async fn a_failed_request_saves_nothing_and_sets_no_cookie(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor();
    visitor.run([set("name", "Ada"), owner("ada")]).await;
    let before = site.row().await;
    for failure in [status(500), status(503), status(599), fail(), panic()] {
        let steps = [
            set("name", "Grace"),
            add_one("n"),
            owner("grace"),
            cycle(),
            failure.clone(),
        ];
        let response = visitor.run(steps).await;
        assert!(response.status().is_server_error(), "{failure:?}");
        assert_eq!(costs(&response), "SELECT", "{failure:?}");
        assert_eq!(cookie(&response), None, "{failure:?}");
        let names = vary(&response).unwrap();
        assert!(names.contains("Cookie"), "{failure:?}: {names}");
        assert_eq!(site.row().await, before, "{failure:?}");

        let response = site.visitor().run([set("a", 1), failure.clone()]).await;
        assert_eq!((costs(&response).as_str(), cookie(&response)), ("", None));
        assert_eq!(site.count().await, 1, "{failure:?}");
    }
}

async fn a_failed_request_leaves_an_unknown_cookie_alone(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_who_sends(UNKNOWN);
    let response = visitor.run([set("a", 1), status(500)]).await;
    assert_eq!(cookie(&response), None);
    assert_eq!(site.count().await, 0);
}

async fn a_rotation_in_a_failed_request_leaves_the_old_key_alive(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    for failure in [status(500), fail(), panic()] {
        visitor.run([cycle(), failure]).await;
        assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
    }
    assert_eq!(site.count().await, 1);
}

async fn a_flush_in_a_failed_request_is_carried_out(kind: Kind) {
    let site = Site::on(kind).start().await;
    for failure in [status(500), fail(), panic()] {
        let visitor = site.visitor_with("name", "Ada").await;
        let steps = [flush(), set("name", "Grace"), failure.clone()];
        let response = visitor.run(steps).await;
        assert!(response.status().is_server_error());
        assert_eq!(costs(&response), "SELECT DELETE", "{failure:?}");
        assert_eq!(site.count().await, 0, "{failure:?}");
        let key = visitor.key();
        assert_eq!(key, None, "{failure:?}");
    }
}

async fn a_refused_request_is_no_failed_one(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor();
    let response = visitor.run([set("name", "Ada"), status(403)]).await;
    assert_eq!(response.status(), 403);
    assert_eq!(costs(&response), "INSERT");
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}
