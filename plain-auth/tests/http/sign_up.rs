//! Making an account for oneself.

use plain::App;
use plain::test::{Client, TestResponse};
use serde_json::json;

use super::support::{ADA, OTHER_PASSWORD, name_of, sign_in, site, site_with};

async fn sign_up(client: &Client<App>, email: &str, password: &str) -> TestResponse {
    let form = [("email", email), ("password", password)];
    client.post_form("/account/sign-up", &form).await
}

#[tokio::test]
async fn signing_up_is_closed_unless_it_is_opened() {
    let site = site().await;
    let client = site.visitor();
    assert_eq!(client.get("/account/sign-up").await.status(), 404);
    assert_eq!(
        sign_up(&client, "bob@example.com", OTHER_PASSWORD)
            .await
            .status(),
        404
    );
    assert!(site.find("bob@example.com").await.is_none());
    assert!(
        !client
            .get("/account/sign-in")
            .await
            .text()
            .contains("sign-up")
    );
}

#[tokio::test]
async fn who_signs_up_is_signed_in_and_no_admin() {
    let site = site_with([("AUTH_SIGN_UP", json!(true))]).await;
    let client = site.visitor();
    client.post("/cart").await;
    let key = client.cookie("sessionid").unwrap();
    let page = client.get("/account/sign-in?next=%2Fmembers").await;
    assert!(
        page.text().contains("/account/sign-up?next=%2Fmembers"),
        "{page:?}"
    );
    let form = [
        ("email", "Bob@Example.com"),
        ("password", OTHER_PASSWORD),
        ("is_admin", "true"),
        ("id", "1"),
    ];
    let response = client
        .post_form("/account/sign-up?next=%2Fmembers", &form)
        .await;
    assert_eq!(response.location(), Some("/members"));
    assert_eq!(name_of(&client).await, "Bob@Example.com");
    assert_eq!(client.get("/cart").await.text(), "3");
    assert_ne!(client.cookie("sessionid").unwrap(), key);
    assert!(!site.find("bob@example.com").await.unwrap().is_admin);
    assert_eq!(
        sign_in(&site.visitor(), "BOB@example.com", OTHER_PASSWORD)
            .await
            .status(),
        303
    );
}

#[tokio::test]
async fn what_can_not_be_an_account_is_refused_beside_the_field() {
    let site = site_with([("AUTH_SIGN_UP", json!(true))]).await;
    let client = site.visitor();
    for (email, password, why) in [
        (
            "bob",
            OTHER_PASSWORD,
            "This is not an email address: write one like name@example.com.",
        ),
        (
            "ADA@example.com",
            OTHER_PASSWORD,
            "There is an account with this address already.",
        ),
        (
            "bob@example.com",
            "password1",
            "This password is among the first that are tried",
        ),
    ] {
        let response = sign_up(&client, email, password).await;
        assert_eq!(response.status(), 422, "{email}");
        assert!(response.text().contains(why), "{email}: {response:?}");
        assert!(!response.text().contains(password), "{email}: {response:?}");
    }
    assert_eq!(name_of(&client).await, "nobody");
    assert_eq!(site.find(ADA).await.unwrap().id, site.ada.id);
}

#[tokio::test]
async fn one_address_does_not_make_accounts_without_end() {
    let site = site_with([("AUTH_SIGN_UP", json!(true))]).await;
    for number in 0..10 {
        let email = format!("bob{number}@example.com");
        assert_eq!(
            sign_up(&site.visitor(), &email, OTHER_PASSWORD)
                .await
                .status(),
            303
        );
    }
    let response = sign_up(&site.visitor(), "bob10@example.com", OTHER_PASSWORD).await;
    assert_eq!(response.status(), 429);
    assert!(site.find("bob10@example.com").await.is_none());
    let elsewhere = site.visitor().peer([192, 0, 2, 1]);
    assert_eq!(
        sign_up(&elsewhere, "bob10@example.com", OTHER_PASSWORD)
            .await
            .status(),
        303
    );
}
