//! Links for a new password.

use plain::App;
use plain::test::{Client, TestResponse};
use plain_auth::test::{PASSWORD, create_user};
use serde_json::json;

use super::support::{
    ADA, OTHER_PASSWORD, Site, name_of, seconds_to_wait, sign_in, site, site_with,
};

async fn ask(client: &Client<App>, email: &str) -> TestResponse {
    client
        .post_form("/account/reset", &[("email", email)])
        .await
}

async fn set(client: &Client<App>, link: &str) -> TestResponse {
    client
        .post_form(link, &[("password", OTHER_PASSWORD)])
        .await
}

impl Site {
    /// The link of the next mail.
    async fn link(&self) -> String {
        let mail = self.mails.next().await.unwrap();
        let link = mail
            .text
            .lines()
            .find(|line| line.starts_with("https://localhost/"));
        link.unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_link_sets_a_password_once() {
    let site = site().await;
    let (client, other) = (site.visitor(), site.signed_in().await);
    assert_eq!(
        ask(&client, "Ada@Example.com").await.location(),
        Some("/account/reset/sent")
    );
    assert_eq!(
        ask(&client, ADA).await.location(),
        Some("/account/reset/sent")
    );
    let mail = site.mails.next().await.unwrap();
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        (ADA, "Your new password")
    );
    let link = mail
        .text
        .lines()
        .find(|line| line.starts_with("https://"))
        .unwrap()
        .to_owned();
    insta::assert_snapshot!(mail.text.replace(&link, "LINK"), @"
    Someone, probably you, asked for a new password at localhost.

    To set one, open this link within 60 minutes. It works once.

    LINK

    If it was not you, leave this mail alone: your password stays as it is.
    ");
    let unused = site.link().await;

    // Looking at it, as programs that guard mailboxes do, changes nothing.
    for _ in 0..3 {
        assert_eq!(client.get(&link).await.status(), 200);
    }
    let weak = client.post_form(&link, &[("password", "password1")]).await;
    assert_eq!(weak.status(), 422);
    assert_eq!(
        set(&client, &link).await.location(),
        Some("/account/reset/done")
    );
    assert_eq!(name_of(&client).await, "nobody");
    assert_eq!(name_of(&other).await, "nobody");
    assert_eq!(sign_in(&client, ADA, PASSWORD).await.status(), 422);
    assert_eq!(sign_in(&client, ADA, OTHER_PASSWORD).await.status(), 303);
    for over in [&link, &unused] {
        assert_eq!(client.get(over).await.status(), 404);
        let again = client
            .post_form(over, &[("password", "yet another password")])
            .await;
        assert_eq!(again.status(), 404);
        assert!(again.text().contains("This link no longer works"));
    }
    assert_eq!(
        sign_in(&site.visitor(), ADA, OTHER_PASSWORD).await.status(),
        303
    );
}

#[tokio::test]
async fn of_two_who_use_a_link_at_the_same_moment_one_is_too_late() {
    let site = site().await;
    ask(&site.visitor(), ADA).await;
    let link = site.link().await;
    let (one, other) = (site.visitor(), site.visitor());
    let (one, other) = tokio::join!(set(&one, &link), set(&other, &link));
    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
}

#[tokio::test]
async fn asking_does_not_tell_whether_there_is_an_account() {
    let site = site().await;
    let mut closed = create_user(site.app.services(), "closed@example.com")
        .await
        .unwrap();
    closed.deactivate(site.app.database()).await.unwrap();
    let mut answers = Vec::new();
    for email in ["xyz@example.com", "closed@example.com", ADA] {
        let response = ask(&site.visitor(), email).await;
        let statements: Vec<_> = response
            .statements()
            .iter()
            .map(|it| it.sql.to_string())
            .collect();
        answers.push((
            response.status(),
            response.location().unwrap().to_owned(),
            statements,
        ));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    // The first and only mail is ada's.
    assert_eq!(site.mails.next().await.unwrap().to, ADA);
    assert!(site.mails.is_empty().await);
    assert_eq!(ask(&site.visitor(), "no address").await.status(), 422);
}

#[tokio::test]
async fn a_link_that_is_old_forged_or_anothers_opens_nothing() {
    let site = site_with([("AUTH_RESET_LINK_AGE", json!(60))]).await;
    let bob = create_user(site.app.services(), "bob@example.com")
        .await
        .unwrap();
    let client = site.visitor();
    ask(&client, ADA).await;
    let link = site.link().await;
    let (page, token) = link.split_once("?token=").unwrap();
    let [user, made_at, signature] = token.split('-').collect::<Vec<_>>()[..] else {
        panic!("{token}");
    };
    let old = made_at.parse::<i64>().unwrap() - 60;
    let flipped = match &signature[..1] {
        "0" => format!("1{}", &signature[1..]),
        _ => format!("0{}", &signature[1..]),
    };
    for forged in [
        String::new(),
        format!("{}-{made_at}-{signature}", bob.id),
        format!("{user}-{old}-{signature}"),
        format!("{user}-{made_at}-{flipped}"),
        format!("{user}-{made_at}-"),
        format!("{user}-{made_at}-{}", "0".repeat(64)),
        format!("{}-{made_at}-{signature}", i64::MAX),
        format!("{user}-{}-{signature}", i64::MAX),
        "x".repeat(5000),
        "%00".to_owned(),
        "%ff".to_owned(),
    ] {
        let link = format!("{page}?token={forged}");
        assert_eq!(client.get(&link).await.status(), 404, "{forged}");
        assert_eq!(set(&client, &link).await.status(), 404, "{forged}");
    }
    let over = client.get(page).await;
    assert_eq!(over.status(), 404);
    assert_eq!(over.header("cache-control"), Some("no-store"));
    assert_eq!(client.get(&link).await.status(), 200);

    let mut ada = site.find(ADA).await.unwrap();
    ada.deactivate(site.app.database()).await.unwrap();
    assert_eq!(set(&client, &link).await.status(), 404);
    assert_eq!(
        sign_in(&client, "bob@example.com", PASSWORD).await.status(),
        303
    );
}

#[tokio::test]
async fn a_link_made_with_a_former_key_still_works_and_one_of_a_stranger_does_not() {
    let site = site_with([
        ("SECRET_KEY", json!("a".repeat(50))),
        ("DATABASE_URL", json!("sqlite://db.sqlite3")),
    ])
    .await;
    ask(&site.visitor(), ADA).await;
    let link = site.link().await;
    let path = link.strip_prefix("https://localhost").unwrap();
    let with_keys = async |key: &str, former: &[&str]| {
        let keyed = site_with([
            ("SECRET_KEY", json!(key)),
            ("SECRET_KEY_FALLBACKS", json!(former)),
        ])
        .await;
        // The same account, as it is in the other database.
        let update = keyed
            .app
            .database()
            .query("UPDATE plainauth_user SET password_changed_at = $1 WHERE id = $2");
        update
            .bind(site.ada.password_changed_at)
            .bind(site.ada.id)
            .execute()
            .await
            .unwrap();
        keyed.visitor().get(path).await.status().as_u16()
    };
    let (new, old) = ("b".repeat(50), "a".repeat(50));
    assert_eq!(with_keys(&new, &[&old]).await, 200);
    assert_eq!(with_keys(&new, &[]).await, 404);
}

#[tokio::test]
async fn nobody_fills_anothers_mailbox() {
    let site = site().await;
    create_user(site.app.services(), "bob@example.com")
        .await
        .unwrap();
    for number in 0..5 {
        let client = site.visitor().peer([192, 0, 2, number]);
        assert_eq!(ask(&client, ADA).await.status(), 303);
    }
    assert_eq!(ask(&site.visitor(), "bob@example.com").await.status(), 303);
    let mut to = Vec::new();
    while to.last().is_none_or(|last| last != "bob@example.com") {
        to.push(site.mails.next().await.unwrap().to);
    }
    assert_eq!(to, [ADA, ADA, ADA, "bob@example.com"]);
    let client = site.visitor().peer([192, 0, 2, 99]);
    for _ in 0..10 {
        assert_eq!(ask(&client, "xyz@example.com").await.status(), 303);
    }
    let response = ask(&client, "xyz@example.com").await;
    assert_eq!(response.status(), 429);
    assert!((240..=300).contains(&seconds_to_wait(&response)));
}
