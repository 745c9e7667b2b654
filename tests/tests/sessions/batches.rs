//! Many visitors at once, whose requests are served together: each sees and keeps what is his.

use std::future::IntoFuture;

use futures_util::future::join_all;
use plain::db::Kind;
use plain::test::{TestResponse, both};
use plain_tests::sessions::{
    Site, Visitor, add_one, clear, costs, cycle, fail, flush, owner, remove, set, values, wait,
};
use serde_json::{Value, json};

both![
    a_thousand_visitors_at_once_each_keep_what_is_theirs,
    visitors_who_come_together_share_statements,
    requests_of_one_session_that_are_saved_together_all_count,
    of_rotations_that_are_saved_together_the_first_wins,
    a_flush_is_carried_out_among_others_of_its_session,
    a_request_that_fails_alone_does_not_harm_those_it_is_saved_with,
    visitors_who_leave_take_nothing_from_others,
];

const VISITORS: usize = 1000;

/// What a visitor's session should hold after `rounds` of visits.
fn expected(number: usize, rounds: usize) -> Value {
    json!({ "name": format!("visitor {number}"), "visits": rounds, "round": rounds })
}

async fn visit(visitor: &Visitor, number: usize, rounds: usize) {
    let steps = [
        set("name", format!("visitor {number}")),
        add_one("visits"),
        set("round", 1),
    ];
    let response = visitor.run(steps).await;
    assert_eq!(values(&response), expected(number, 1));
    for round in 2..=rounds {
        let steps = [add_one("visits"), set("round", round)];
        // Some change their key, as who signs in does.
        let response = match (number + round) % 7 {
            0 => {
                visitor
                    .run([add_one("visits"), set("round", round), cycle()])
                    .await
            }
            _ => visitor.run(steps).await,
        };
        assert_eq!(values(&response), expected(number, round));
        let response = visitor.look().await;
        assert_eq!(values(&response), expected(number, round));
    }
}

async fn a_thousand_visitors_at_once_each_keep_what_is_theirs(kind: Kind) {
    const THREADS: usize = 4;
    const ROUNDS: usize = 4;
    // All wait in one queue.
    let site = Site::on(kind).with("DATABASE_TIMEOUT", 60).start().await;
    let visitors: Vec<_> = (0..VISITORS).map(|_| site.visitor()).collect();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let visitors = &visitors;
            scope.spawn(move || {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = runtime.enable_all().build().unwrap();
                let mine = visitors.iter().enumerate().skip(thread).step_by(THREADS);
                let visits = mine.map(|(number, visitor)| visit(visitor, number, ROUNDS));
                runtime.block_on(join_all(visits));
            });
        }
    });
    assert_eq!(site.count().await, i64::try_from(VISITORS).unwrap());
    for (number, visitor) in visitors.iter().enumerate() {
        assert_eq!(values(&visitor.look().await), expected(number, ROUNDS));
    }
}

/// Has all of `requests` wait at a gate with their sessions loaded, and lets them go on together.
async fn together(
    site: &Site,
    requests: Vec<plain::test::ClientRequest<plain::App>>,
) -> Vec<TestResponse> {
    let count = requests.len();
    let running: Vec<_> = requests
        .into_iter()
        .map(|request| tokio::spawn(request.into_future()))
        .collect();
    for _ in 0..count {
        site.gates().arrived("together").await;
    }
    for _ in 0..count {
        site.gates().open("together");
    }
    let mut responses = Vec::new();
    for response in running {
        responses.push(response.await.unwrap());
    }
    responses
}

async fn visitors_who_come_together_share_statements(kind: Kind) {
    let site = Site::on(kind).start().await;
    let new: Vec<_> = (0..20).map(|_| site.visitor()).collect();
    let requests = new.iter().map(|it| it.run([set("n", 1), wait("together")]));
    let responses = together(&site, requests.collect()).await;
    let shared = |responses: &[TestResponse], words: &str| {
        let is_shared = |it: &&TestResponse| {
            let mut statements = it.statements().iter();
            let of_many = ["json_each", "jsonb_", "(VALUES"];
            costs(it) == words
                && statements.any(|it| of_many.iter().any(|sign| it.sql.contains(sign)))
        };
        responses.iter().filter(is_shared).count()
    };
    assert!(shared(&responses, "INSERT") >= 2, "{responses:?}");

    let looks = join_all(new.iter().map(|it| it.look().into_future())).await;
    assert!(shared(&looks, "SELECT") >= 2, "{looks:?}");
    let requests = new
        .iter()
        .map(|it| it.run([add_one("n"), wait("together")]));
    let responses = together(&site, requests.collect()).await;
    assert!(shared(&responses, "SELECT UPDATE") >= 10, "{responses:?}");
    for visitor in new {
        assert_eq!(values(&visitor.look().await), json!({ "n": 2 }));
    }
}

async fn requests_of_one_session_that_are_saved_together_all_count(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("n", 0).await;
    let requests = (0..40).map(|number| {
        let key = format!("key {number}");
        visitor.run([add_one("n"), set(&key, number), wait("together")])
    });
    for response in together(&site, requests.collect()).await {
        assert_eq!(response.status(), 200);
    }
    let after = values(&visitor.look().await);
    assert_eq!(after["n"], 40);
    assert_eq!(after.as_object().unwrap().len(), 41);
}

async fn of_rotations_that_are_saved_together_the_first_wins(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("n", 0).await;
    let others: Vec<_> = (0..10).map(|_| site.twin_of(&visitor)).collect();
    let requests = others
        .iter()
        .map(|it| it.run([add_one("n"), cycle(), wait("together")]));
    together(&site, requests.collect()).await;
    assert_eq!(site.count().await, 1);
    let mut living = 0;
    for other in &others {
        living += usize::from(values(&other.look().await) == json!({ "n": 1 }));
    }
    assert_eq!(living, 1);
}

async fn a_flush_is_carried_out_among_others_of_its_session(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("n", 0).await;
    let twins: Vec<_> = (0..9).map(|_| site.twin_of(&visitor)).collect();
    let requests = twins.iter().enumerate().map(|(number, twin)| match number {
        4 => twin.run([flush(), wait("together")]),
        _ => twin.run([add_one("n"), wait("together")]),
    });
    for response in together(&site, requests.collect()).await {
        assert_eq!(response.status(), 200);
    }
    assert_eq!(site.count().await, 0);
    assert_eq!(twins[4].key(), None);
}

async fn a_request_that_fails_alone_does_not_harm_those_it_is_saved_with(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitors: Vec<_> = join_all((0..12).map(|_| site.visitor_with("n", 0))).await;
    // The database refuses this owner.
    match kind {
        Kind::Sqlite => {
            site.sql(
                "CREATE TRIGGER refuse BEFORE UPDATE ON plainsessions_session \
                 WHEN NEW.owner = 'nobody' BEGIN SELECT RAISE(ABORT, 'refused'); END",
            )
            .await;
        }
        Kind::Postgres => {
            site.sql(
                "ALTER TABLE plainsessions_session ADD CONSTRAINT refuse CHECK (owner <> 'nobody')",
            )
            .await;
        }
    }
    let requests = visitors
        .iter()
        .enumerate()
        .map(|(number, visitor)| match number {
            3 | 8 => visitor.run([add_one("n"), owner("nobody"), wait("together")]),
            5 => visitor.run([add_one("n"), wait("together"), fail()]),
            _ => visitor.run([add_one("n"), owner("ada"), wait("together")]),
        });
    let responses = together(&site, requests.collect()).await;
    for (number, (visitor, response)) in visitors.iter().zip(responses).enumerate() {
        let (status, n) = match number {
            3 | 8 => (503, 0),
            5 => (500, 0),
            _ => (200, 1),
        };
        assert_eq!(response.status(), status, "{number}");
        assert_eq!(values(&visitor.look().await), json!({ "n": n }), "{number}");
    }
}

async fn visitors_who_leave_take_nothing_from_others(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitors: Vec<_> = join_all((0..60).map(|_| site.visitor_with("n", 0))).await;
    for round in 1..=5 {
        let running: Vec<_> = visitors
            .iter()
            .map(|it| tokio::spawn(it.run([add_one("n"), remove("no")]).into_future()))
            .collect();
        // Somewhere on their way.
        for _ in 0..round * 3 {
            tokio::task::yield_now().await;
        }
        for leaver in running.iter().step_by(3) {
            leaver.abort();
        }
        let ended = join_all(running).await;
        for (number, response) in ended.into_iter().enumerate() {
            match response {
                Ok(response) => assert_eq!(response.status(), 200),
                Err(error) => assert!(error.is_cancelled() && number % 3 == 0),
            }
        }
    }
    for (number, visitor) in visitors.iter().enumerate() {
        let n = values(&visitor.look().await)["n"].as_i64().unwrap();
        match number % 3 {
            0 => assert!((0..=5).contains(&n), "{number}: {n}"),
            _ => assert_eq!(n, 5, "{number}"),
        }
    }
    // Nobody waits for what the leavers began.
    let response = visitors[0].run([clear()]).await;
    assert_eq!(response.status(), 200);
}
