//! Requests of one session at the same time.

use plain::db::Kind;
use plain::test::both;
use std::future::IntoFuture;
use std::sync::Barrier;

use futures_util::future::join_all;
use plain::App;
use plain::test::{ClientRequest, TestResponse};
use plain_tests::sessions::{
    Site, Step, Visitor, add_one, costs, cycle, extend, flush, owner, remove, set, setdefault,
    values, wait,
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::cookie;

both![
    fifty_requests_that_each_set_another_key_keep_all_fifty,
    fifty_updates_of_one_number_make_fifty,
    requests_in_several_runtimes_keep_what_each_of_them_set,
    new_sessions_in_several_runtimes_are_all_different,
    changes_of_another_request_to_other_keys_stay,
    what_another_request_removed_stays_removed,
    of_two_requests_that_set_one_key_the_last_to_be_answered_wins,
    a_default_gives_way_to_what_another_request_set_meanwhile,
    an_update_runs_on_the_value_as_it_is_when_the_session_is_saved,
    a_session_that_one_request_empties_while_another_fills_it_goes_on,
    two_rotations_at_once_leave_one_row_and_the_key_of_the_first,
    two_rotations_at_once_in_one_browser_leave_it_signed_in,
    of_fifty_rotations_at_once_one_wins,
    fifty_flushes_at_once_are_one,
];

const MANY: usize = 50;

/// Lets `MANY` requests of one session stand at a gate together, each with its session loaded, and
/// then finish on as many threads as there are.
async fn all_at_once(site: &Site, visitor: &Visitor, step: impl Fn(usize) -> Step) {
    let mut requests = JoinSet::new();
    for number in 0..MANY {
        let request = visitor.run([step(number), wait("together")]);
        requests.spawn(request.into_future());
    }
    for _ in 0..MANY {
        site.gates().arrived("together").await;
    }
    for _ in 0..MANY {
        site.gates().open("together");
    }
    for response in requests.join_all().await {
        assert_eq!(response.status(), 200, "{response:?}");
    }
}

async fn fifty_requests_that_each_set_another_key_keep_all_fifty(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("first", true).await;
    all_at_once(&site, &visitor, |number| {
        set(&format!("key {number}"), number)
    })
    .await;
    let values = values(&visitor.look().await);
    assert_eq!(values.as_object().unwrap().len(), MANY + 1);
    for number in 0..MANY {
        assert_eq!(values[&format!("key {number}")], number);
    }
    assert_eq!(site.count().await, 1);
}

async fn fifty_updates_of_one_number_make_fifty(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("first", true).await;
    all_at_once(&site, &visitor, |_| add_one("visits")).await;
    let values = values(&visitor.look().await);
    assert_eq!(values, json!({ "first": true, "visits": MANY }));
}

/// Runs `work` in threads with runtimes of their own, as the server does.
fn in_several_runtimes(work: impl Fn(usize) -> Vec<ClientFuture> + Send + Sync) {
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (start, work) = (&start, &work);
            scope.spawn(move || {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = runtime.enable_all().build().unwrap();
                start.wait();
                for response in runtime.block_on(join_all(work(thread))) {
                    assert_eq!(response.status(), 200, "{response:?}");
                }
            });
        }
    });
}

const THREADS: usize = 5;

type ClientFuture = <ClientRequest<App> as IntoFuture>::IntoFuture;

async fn requests_in_several_runtimes_keep_what_each_of_them_set(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("first", true).await;
    in_several_runtimes(|thread| {
        let requests = (0..MANY / THREADS).map(|number| {
            let key = format!("key {thread} {number}");
            visitor.run([set(&key, number), add_one("visits")])
        });
        requests.map(IntoFuture::into_future).collect()
    });
    let values = values(&visitor.look().await);
    assert_eq!(values.as_object().unwrap().len(), MANY + 2);
    assert_eq!(values["visits"], MANY);
    for thread in 0..THREADS {
        for number in 0..MANY / THREADS {
            assert_eq!(values[&format!("key {thread} {number}")], number);
        }
    }
}

async fn new_sessions_in_several_runtimes_are_all_different(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitors: Vec<_> = (0..MANY).map(|_| site.visitor()).collect();
    in_several_runtimes(|thread| {
        let mine = visitors.iter().enumerate().skip(thread).step_by(THREADS);
        let requests = mine.map(|(number, visitor)| visitor.run([set("number", number)]));
        requests.map(IntoFuture::into_future).collect()
    });
    assert_eq!(site.count().await, i64::try_from(MANY).unwrap());
    for (number, visitor) in visitors.iter().enumerate() {
        let response = visitor.look().await;
        assert_eq!(values(&response), json!({ "number": number }));
    }
}

/// Sends a request that does `first`, waits for `meanwhile`, and then does `then`.
pub(crate) async fn interleaved<const F: usize, const T: usize>(
    site: &Site,
    visitor: &Visitor,
    first: [Step; F],
    meanwhile: impl IntoFuture,
    then: [Step; T],
) -> TestResponse {
    interleaved_with(site, visitor, first, meanwhile, then)
        .await
        .0
}

/// The same, with what `meanwhile` returns.
pub(crate) async fn interleaved_with<const F: usize, const T: usize, M: IntoFuture>(
    site: &Site,
    visitor: &Visitor,
    first: [Step; F],
    meanwhile: M,
    then: [Step; T],
) -> (TestResponse, M::Output) {
    let steps: Vec<Step> = first
        .into_iter()
        .chain([wait("slow")])
        .chain(then)
        .collect();
    let request = visitor.post_json("/run", &steps);
    let slow = tokio::spawn(request.into_future());
    site.gates().arrived("slow").await;
    let output = meanwhile.await;
    site.gates().open("slow");
    (slow.await.unwrap(), output)
}

async fn changes_of_another_request_to_other_keys_stay(kind: Kind) {
    let site = Site::on(kind).start().await;
    let steps = [
        set("mine", 2),
        add_one("mine"),
        extend("mine", 2),
        remove("mine"),
        owner("ada"),
        cycle(),
    ];
    for step in steps {
        let visitor = site.visitor();
        visitor.run([set("mine", 1), set("theirs", 1)]).await;
        let meanwhile = site.twin_of(&visitor);
        let response = interleaved(
            &site,
            &visitor,
            [step.clone()],
            meanwhile.run([set("theirs", 2), set("new", 3)]),
            [],
        )
        .await;
        let expected = match step == cycle() {
            true => "SELECT SELECT UPDATE",
            false => "SELECT UPDATE SELECT UPDATE",
        };
        assert_eq!(costs(&response), expected, "{step:?}");
        let after = values(&visitor.look().await);
        assert_eq!(
            (&after["theirs"], &after["new"]),
            (&json!(2), &json!(3)),
            "{step:?}"
        );
    }
}

async fn what_another_request_removed_stays_removed(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor();
    visitor.run([set("mine", 1), set("theirs", 1)]).await;
    let meanwhile = site.twin_of(&visitor);
    interleaved(
        &site,
        &visitor,
        [set("mine", 2)],
        meanwhile.run([remove("theirs")]),
        [],
    )
    .await;
    assert_eq!(values(&visitor.look().await), json!({ "mine": 2 }));
}

async fn of_two_requests_that_set_one_key_the_last_to_be_answered_wins(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let meanwhile = site.twin_of(&visitor);
    interleaved(
        &site,
        &visitor,
        [set("name", "last")],
        meanwhile.run([set("name", "first")]),
        [],
    )
    .await;
    assert_eq!(values(&visitor.look().await), json!({ "name": "last" }));
}

async fn a_default_gives_way_to_what_another_request_set_meanwhile(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("first", true).await;
    let meanwhile = site.twin_of(&visitor);
    interleaved(
        &site,
        &visitor,
        [setdefault("name", "default")],
        meanwhile.run([set("name", "Ada")]),
        [],
    )
    .await;
    let after = values(&visitor.look().await);
    assert_eq!(after, json!({ "first": true, "name": "Ada" }));
}

async fn an_update_runs_on_the_value_as_it_is_when_the_session_is_saved(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("n", 1).await;
    let meanwhile = site.twin_of(&visitor);
    let response = interleaved(
        &site,
        &visitor,
        [add_one("n")],
        meanwhile.run([set("n", 100)]),
        [add_one("n")],
    )
    .await;
    assert_eq!(
        values(&response),
        json!({ "n": 3 }),
        "as this request saw it"
    );
    assert_eq!(values(&visitor.look().await), json!({ "n": 102 }));
}

async fn a_session_that_one_request_empties_while_another_fills_it_goes_on(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("mine", 1).await;
    let meanwhile = site.twin_of(&visitor);
    let key = visitor.key();
    let response = interleaved(
        &site,
        &visitor,
        [remove("mine")],
        meanwhile.run([set("theirs", 2)]),
        [],
    )
    .await;
    assert!(cookie(&response).is_some_and(|it| it.contains(key.as_deref().unwrap())));
    assert_eq!(values(&visitor.look().await), json!({ "theirs": 2 }));
    assert_eq!(visitor.key(), key);
}

async fn two_rotations_at_once_leave_one_row_and_the_key_of_the_first(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let loser = site.twin_of(&visitor);
    let response = interleaved(&site, &loser, [cycle()], visitor.run([cycle()]), []).await;
    assert_eq!(response.status(), 200);
    assert_eq!(cookie(&response), None);
    assert_eq!(site.count().await, 1);
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

async fn two_rotations_at_once_in_one_browser_leave_it_signed_in(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    interleaved(
        &site,
        &visitor,
        [cycle(), set("n", 1)],
        visitor.run([cycle()]),
        [],
    )
    .await;
    assert_eq!(site.count().await, 1);
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

async fn of_fifty_rotations_at_once_one_wins(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    all_at_once(&site, &visitor, |_| cycle()).await;
    assert_eq!(site.count().await, 1);
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
}

async fn fifty_flushes_at_once_are_one(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    all_at_once(&site, &visitor, |_| flush()).await;
    assert_eq!(site.count().await, 0);
    assert_eq!(visitor.key(), None);
}
