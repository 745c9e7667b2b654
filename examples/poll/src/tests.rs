//! The poll as its visitors see it.

use plain::App;
use plain::test::{Client, EventStream, TestApp};
use serde_json::Value;

use crate::package;

async fn poll() -> TestApp {
    let packages = [plain_sessions::package(), package()];
    TestApp::of(packages)
        .middleware([plain_sessions::middleware::NAME])
        .start()
        .await
}

async fn vote(client: &Client<App>, choice: &str) -> u16 {
    let answer = client.post_form("/", &[("choice", choice)]).await;
    answer.status().as_u16()
}

/// The next results: choices with their votes, the favourite first.
async fn next(results: &mut EventStream) -> Vec<(String, i64)> {
    let event = results.next().await.unwrap();
    assert_eq!(event.name(), Some("results"));
    let choices: Vec<Value> = serde_json::from_str(event.data()).unwrap();
    let votes = choices.iter().map(|choice| {
        let slug = choice["slug"].as_str().unwrap();
        (slug.to_owned(), choice["votes"].as_i64().unwrap())
    });
    votes.collect()
}

#[tokio::test]
async fn each_vote_shows_on_every_screen() {
    let app = poll().await;
    let mut screens = [
        app.client().get("/results").events().await,
        app.client().get("/results").events().await,
    ];
    for screen in &mut screens {
        assert!(next(screen).await.iter().all(|(_, votes)| *votes == 0));
    }
    for count in 1..=2 {
        assert_eq!(vote(&app.client(), "tea").await, 303);
        for screen in &mut screens {
            assert_eq!(next(screen).await[0], ("tea".to_owned(), count));
        }
    }
}

#[tokio::test]
async fn a_session_votes_once() {
    let app = poll().await;
    let ada = app.client();
    assert_eq!(vote(&ada, "tea").await, 303);
    assert!(ada.get("/").await.text().contains("You voted for Tea."));
    assert_eq!(vote(&ada, "water").await, 403);
    assert_eq!(vote(&app.client(), "water").await, 303);
    let mut results = app.client().get("/results").events().await;
    let votes: i64 = next(&mut results)
        .await
        .iter()
        .map(|(_, votes)| votes)
        .sum();
    assert_eq!(votes, 2);
}

#[tokio::test]
async fn what_is_not_on_the_list_can_not_be_voted_for() {
    let app = poll().await;
    let ada = app.client();
    assert_eq!(vote(&ada, "wine").await, 400);
    assert_eq!(vote(&ada, "tea").await, 303, "nothing was used up");
}
