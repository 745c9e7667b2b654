//! Giving the password again.

use chrono::TimeDelta;
use plain::App;
use plain::test::{Client, TestResponse};
use plain_auth::test::PASSWORD;

use super::support::{name_of, seconds_to_wait, site};

const ASKS: &str = "/account/confirm?next=%2Fpayout";

async fn confirm(client: &Client<App>, password: &str) -> TestResponse {
    client.post_form(ASKS, &[("password", password)]).await
}

#[tokio::test]
async fn who_signed_in_long_ago_gives_the_password_again_and_is_led_back() {
    let site = site().await;
    let client = site.signed_in().await;
    assert_eq!(client.get("/payout").await.text(), "how much?");
    assert_eq!(client.post("/payout").await.text(), "paid out");

    site.confirmed(&client, TimeDelta::minutes(6)).await;
    assert_eq!(client.get("/payout").await.location(), Some(ASKS));
    assert_eq!(client.post("/payout").await.location(), Some(ASKS));
    assert!(client.get("/statement").await.location().is_some());
    // All else goes on.
    assert_eq!(client.get("/members").await.status(), 200);
    client.post("/cart").await;

    let key = client.cookie("sessionid").unwrap();
    let page = client.get(ASKS).await;
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.text().contains("current-password"));
    let wrong = confirm(&client, "not her password").await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text().contains("This is not your password."));
    assert_eq!(client.get("/payout").await.location(), Some(ASKS));
    assert_eq!(confirm(&client, PASSWORD).await.location(), Some("/payout"));
    assert_eq!(client.post("/payout").await.text(), "paid out");
    assert_eq!(client.get("/statement").await.status(), 200);
    assert_ne!(client.cookie("sessionid").unwrap(), key);
    assert_eq!(client.get("/cart").await.text(), "3");
}

#[tokio::test]
async fn a_time_that_is_unknown_or_to_come_counts_as_long_ago() {
    let site = site().await;
    let client = site.signed_in().await;
    site.confirmed(&client, TimeDelta::minutes(-6)).await;
    assert_eq!(client.get("/payout").await.location(), Some(ASKS));
    let session = site.session_of(&client).await;
    let mut before: serde_json::Value = session.get("plain.auth").unwrap().unwrap();
    before.as_object_mut().unwrap().remove("confirmed_at");
    session.set("plain.auth", before).unwrap();
    plain_sessions::test::save_client_session(&client, &session)
        .await
        .unwrap();
    assert_eq!(client.get("/payout").await.location(), Some(ASKS));
    assert_eq!(name_of(&client).await, super::support::ADA);
}

#[tokio::test]
async fn strangers_sign_in_and_guesses_are_limited() {
    let site = site().await;
    let stranger = site.visitor();
    let to = "/account/sign-in?next=%2Fpayout";
    assert_eq!(stranger.get("/payout").await.location(), Some(to));
    assert_eq!(confirm(&stranger, PASSWORD).await.status(), 303);

    let client = site.signed_in().await;
    site.confirmed(&client, TimeDelta::hours(1)).await;
    for _ in 0..5 {
        assert_eq!(confirm(&client, "a guess").await.status(), 422);
    }
    let response = confirm(&client, PASSWORD).await;
    assert_eq!(response.status(), 429);
    assert!((1..=10).contains(&seconds_to_wait(&response)));
    assert_eq!(client.get("/payout").await.location(), Some(ASKS));
}
