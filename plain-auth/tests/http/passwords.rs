//! Changing a password.

use plain::App;
use plain::test::{Client, TestResponse};
use plain_auth::test::PASSWORD;

use super::support::{ADA, OTHER_PASSWORD, name_of, seconds_to_wait, sign_in, site};

async fn change(client: &Client<App>, old: &str, new: &str) -> TestResponse {
    let form = [("old_password", old), ("password", new)];
    client.post_form("/account/password", &form).await
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let site = site().await;
    let (one, other) = (site.signed_in().await, site.signed_in().await);
    one.post("/cart").await;
    let key = one.cookie("sessionid").unwrap();
    assert_eq!(one.get("/account/password").await.status(), 200);
    let response = change(&one, PASSWORD, OTHER_PASSWORD).await;
    assert_eq!(response.location(), Some("/account/password/changed"));
    assert_eq!(one.get("/account/password/changed").await.status(), 200);

    assert_eq!(name_of(&one).await, ADA);
    assert_eq!(one.get("/cart").await.text(), "3");
    assert_ne!(one.cookie("sessionid").unwrap(), key);
    assert_eq!(name_of(&other).await, "nobody");
    assert_eq!(site.sessions().await.len(), 1);
    assert_eq!(sign_in(&site.visitor(), ADA, PASSWORD).await.status(), 422);
    assert_eq!(
        sign_in(&site.visitor(), ADA, OTHER_PASSWORD).await.status(),
        303
    );
}

#[tokio::test]
async fn a_session_from_under_another_password_is_nobodys_even_if_it_was_not_ended() {
    let site = site().await;
    let client = site.signed_in().await;
    let mut sessions = site.sessions().await;
    let row = sessions.pop().unwrap();
    let mut ada = site.find(ADA).await.unwrap();
    let kept = site.session_of(&client).await;
    let services = site.app.services();
    ada.set_password(services, OTHER_PASSWORD, Some(&kept))
        .await
        .unwrap();
    assert_eq!(site.sessions().await[0].id, row.id);
    assert_eq!(name_of(&client).await, "nobody");
    client.post("/cart").await;
    // What was put into it meanwhile may be someone else's.
    assert_eq!(sign_in(&client, ADA, OTHER_PASSWORD).await.status(), 303);
    assert_eq!(client.get("/cart").await.text(), "0");
}

#[tokio::test]
async fn a_password_is_not_changed_without_the_old_one_or_to_a_weak_one() {
    let site = site().await;
    let client = site.signed_in().await;
    let wrong = change(&client, "not her password", OTHER_PASSWORD).await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text().contains("This is not your password."));
    for (weak, why) in [
        (
            "short",
            "This password is too short: use 8 characters or more.",
        ),
        (
            "password1",
            "This password is among the first that are tried",
        ),
        ("ADA@example.com", "This password is the email address"),
        (
            &"long ".repeat(26),
            "This password is too long: use 128 characters or fewer.",
        ),
    ] {
        let response = change(&client, PASSWORD, weak).await;
        assert_eq!(response.status(), 422, "{weak}");
        assert!(response.text().contains(why), "{weak}: {response:?}");
    }
    assert_eq!(name_of(&client).await, ADA);
    assert_eq!(sign_in(&site.visitor(), ADA, PASSWORD).await.status(), 303);
}

#[tokio::test]
async fn the_old_password_is_not_to_be_guessed_either() {
    let site = site().await;
    let client = site.signed_in().await;
    for _ in 0..5 {
        assert_eq!(
            change(&client, "a guess", OTHER_PASSWORD).await.status(),
            422
        );
    }
    let response = change(&client, PASSWORD, OTHER_PASSWORD).await;
    assert_eq!(response.status(), 429);
    assert!((1..=10).contains(&seconds_to_wait(&response)));
}

#[tokio::test]
async fn strangers_are_led_to_sign_in() {
    let site = site().await;
    let client = site.visitor();
    let to = "/account/sign-in?next=%2Faccount%2Fpassword";
    assert_eq!(client.get("/account/password").await.location(), Some(to));
    assert_eq!(
        change(&client, PASSWORD, OTHER_PASSWORD).await.location(),
        Some(to)
    );
    assert_eq!(sign_in(&client, ADA, PASSWORD).await.status(), 303);
}

#[tokio::test]
async fn a_deactivated_user_is_out_at_once() {
    let site = site().await;
    let client = site.signed_in().await;
    let mut ada = site.find(ADA).await.unwrap();
    let db = site.app.database();
    ada.deactivate(db).await.unwrap();
    assert_eq!(name_of(&client).await, "nobody");
    assert!(site.sessions().await.is_empty());
    assert_eq!(sign_in(&client, ADA, PASSWORD).await.status(), 422);

    ada.activate(db).await.unwrap();
    assert_eq!(name_of(&client).await, "nobody");
    assert_eq!(sign_in(&client, ADA, PASSWORD).await.status(), 303);
    // Out also where the row says so and the session was left.
    let update = db.query("UPDATE plainauth_user SET is_active = FALSE");
    update.execute().await.unwrap();
    assert_eq!(name_of(&client).await, "nobody");
    assert_eq!(client.get("/members").await.status(), 303);
}
