//! The page of one's own sessions.

use chrono::TimeDelta;
use plain::App;
use plain::test::{Client, TestResponse};
use plain_auth::test::{PASSWORD, create_user};

use super::support::{ADA, name_of, sign_in, site};

async fn act(client: &Client<App>, form: &[(&str, &str)]) -> TestResponse {
    client.post_form("/account/sessions", form).await
}

#[tokio::test]
async fn one_sees_ones_own_sessions_and_ends_them() {
    let site = site().await;
    create_user(site.app.services(), "bob@example.com")
        .await
        .unwrap();
    let bob = site.visitor();
    sign_in(&bob, "bob@example.com", PASSWORD).await;
    let (one, two, three) = (
        site.signed_in().await,
        site.signed_in().await,
        site.signed_in().await,
    );
    let page = one.get("/account/sessions").await;
    let page = page.text();
    assert_eq!(page.matches("</li>").count(), 3);
    assert_eq!(page.matches("This session").count(), 1);
    assert!(!page.contains(&one.cookie("sessionid").unwrap()));
    assert!(
        !page.contains(
            site.session_of(&bob)
                .await
                .model_instance()
                .unwrap()
                .fingerprint()
        )
    );

    let id = async |client: &Client<App>| {
        let session = site.session_of(client).await.model_instance().unwrap();
        session.id.to_string()
    };
    let ended = act(&one, &[("action", "end"), ("session", &id(&two).await)]).await;
    assert_eq!(ended.location(), Some("/account/sessions"));
    assert_eq!(name_of(&two).await, "nobody");
    assert_eq!(name_of(&three).await, ADA);

    // Not one that is someone else's.
    let others = act(&one, &[("action", "end"), ("session", &id(&bob).await)]).await;
    assert_eq!(others.status(), 404);
    assert_eq!(name_of(&bob).await, "bob@example.com");

    act(&one, &[("action", "end_others")]).await;
    assert_eq!(name_of(&three).await, "nobody");
    assert_eq!(name_of(&one).await, ADA);

    let own = act(&one, &[("action", "end"), ("session", &id(&one).await)]).await;
    assert_eq!(own.location(), Some("/"));
    assert_eq!(name_of(&one).await, "nobody");
}

#[tokio::test]
async fn signing_out_everywhere_ends_this_session_too() {
    let site = site().await;
    let (one, other) = (site.signed_in().await, site.signed_in().await);
    assert_eq!(
        act(&one, &[("action", "end_all")]).await.location(),
        Some("/")
    );
    assert_eq!(name_of(&one).await, "nobody");
    assert_eq!(name_of(&other).await, "nobody");
    assert!(site.sessions().await.is_empty());
}

#[tokio::test]
async fn what_can_not_be_done_is_said() {
    let site = site().await;
    let client = site.signed_in().await;
    for (form, status) in [
        (&[("action", "end"), ("session", "999999")][..], 404),
        (&[("action", "end"), ("session", "-1")], 404),
        (
            &[
                ("action", "end"),
                ("session", "1000000000000000000000000000000"),
            ],
            400,
        ),
        (&[("action", "end")], 400),
        (&[("action", "explode")], 400),
        (&[("action", "end_all"), ("action", "end_all")], 400),
        (&[], 400),
    ] {
        assert_eq!(act(&client, form).await.status(), status, "{form:?}");
    }
    assert_eq!(name_of(&client).await, ADA);
    let to = site.visitor().get("/account/sessions").await;
    assert_eq!(
        to.location(),
        Some("/account/sign-in?next=%2Faccount%2Fsessions")
    );
    assert_eq!(
        act(&site.visitor(), &[("action", "end_all")])
            .await
            .status(),
        303
    );
    assert_eq!(name_of(&client).await, ADA);
}

#[tokio::test]
async fn an_address_with_html_is_shown_as_text() {
    let site = site().await;
    let client = site.signed_in().await;
    // No form takes such an address; who writes to the database can store one.
    let email = "<img src=x onerror=alert(1)>@example.com";
    let update = site
        .app
        .database()
        .query("UPDATE plainauth_user SET email = $1")
        .bind(email);
    update.execute().await.unwrap();
    for page in ["/account/sessions", "/account/password", "/members"] {
        let response = client.get(page).await;
        assert!(!response.text().contains("<img"), "{response:?}");
        assert!(response.text().contains("&lt;img"), "{response:?}");
    }
}

#[tokio::test]
async fn ending_others_asks_for_the_password_of_who_signed_in_long_ago() {
    let site = site().await;
    let (one, other) = (site.signed_in().await, site.signed_in().await);
    site.confirmed(&one, TimeDelta::minutes(16)).await;
    let asks = "/account/confirm?next=%2Faccount%2Fsessions";
    for form in [
        &[("action", "end"), ("session", "999999")][..],
        &[("action", "end_others")],
        &[("action", "end_all")],
    ] {
        assert_eq!(act(&one, form).await.location(), Some(asks));
    }
    assert_eq!(name_of(&other).await, ADA);
    let given = one.post_form(asks, &[("password", PASSWORD)]).await;
    assert_eq!(given.location(), Some("/account/sessions"));
    act(&one, &[("action", "end_others")]).await;
    assert_eq!(name_of(&other).await, "nobody");
    // Signing out asks for nothing.
    site.confirmed(&one, TimeDelta::minutes(16)).await;
    let own = site.session_of(&one).await.model_instance().unwrap().id;
    let own = own.to_string();
    act(&one, &[("action", "end"), ("session", &own)]).await;
    assert_eq!(name_of(&one).await, "nobody");
}
