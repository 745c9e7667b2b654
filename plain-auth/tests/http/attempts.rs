//! Limits on guessing.

use chrono::{TimeDelta, Utc};
use plain_auth::test::PASSWORD;
use serde_json::json;

use super::support::{ADA, Site, name_of, seconds_to_wait, sign_in, site, site_with};

impl Site {
    /// Lets `time` pass, as far as the counts of attempts can tell.
    async fn pass(&self, time: TimeDelta) {
        let db = self.app.database();
        let rows: Vec<(String, chrono::DateTime<Utc>, Option<chrono::DateTime<Utc>>)> = db
            .query("SELECT key, counted_at, wait_until FROM plainauth_attempt")
            .fetch_all()
            .await
            .unwrap();
        for (key, counted_at, wait_until) in rows {
            db.query(
                "UPDATE plainauth_attempt SET counted_at = $1, wait_until = $2 WHERE key = $3",
            )
            .bind(counted_at - time)
            .bind(wait_until.map(|until| until - time))
            .bind(key)
            .execute()
            .await
            .unwrap();
        }
    }
}

#[tokio::test]
async fn after_five_failures_the_right_password_has_to_wait_too() {
    let site = site().await;
    let client = site.visitor();
    for _ in 0..5 {
        assert_eq!(sign_in(&client, ADA, "a guess").await.status(), 422);
    }
    let before = site.hashes();
    for _ in 0..5 {
        let response = sign_in(&client, ADA, PASSWORD).await;
        assert_eq!(response.status(), 429);
        let seconds = seconds_to_wait(&response);
        assert!((1..=10).contains(&seconds), "{seconds}");
        let sentence = format!("Too many attempts. Try again in {seconds} second");
        assert!(response.text().contains(&sentence), "{}", response.text());
    }
    assert_eq!(site.hashes(), before);
    assert_eq!(name_of(&client).await, "nobody");
    // From elsewhere it is open, and here it is after the wait.
    let elsewhere = site.visitor().peer([192, 0, 2, 1]);
    assert_eq!(sign_in(&elsewhere, ADA, PASSWORD).await.status(), 303);
    site.pass(TimeDelta::seconds(10)).await;
    assert_eq!(sign_in(&client, ADA, PASSWORD).await.status(), 303);
    // And all failures are forgiven.
    for _ in 0..5 {
        assert_eq!(sign_in(&client, ADA, "a guess").await.status(), 422);
    }
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_counted_one_by_one() {
    let site = site().await;
    let guess = async || {
        sign_in(&site.visitor(), ADA, "a guess")
            .await
            .status()
            .as_u16()
    };
    let (a, b, c, d, e, f, g, h) = tokio::join!(
        guess(),
        guess(),
        guess(),
        guess(),
        guess(),
        guess(),
        guess(),
        guess()
    );
    let statuses = [a, b, c, d, e, f, g, h];
    assert_eq!(
        statuses.iter().filter(|it| **it == 422).count(),
        5,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|it| **it == 429).count(),
        3,
        "{statuses:?}"
    );
}

#[tokio::test]
async fn accounts_that_do_not_exist_have_the_same_limits() {
    let site = site().await;
    for _ in 0..5 {
        assert_eq!(
            sign_in(&site.visitor(), "xyz@example.com", "a guess")
                .await
                .status(),
            422
        );
    }
    assert_eq!(
        sign_in(&site.visitor(), "XYZ@example.com ", "a guess")
            .await
            .status(),
        429
    );
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_has_to_wait_and_those_known_there_do_not() {
    let site = site().await;
    assert_eq!(sign_in(&site.visitor(), ADA, PASSWORD).await.status(), 303);
    for number in 0..30 {
        let email = format!("user{number}@example.com");
        assert_eq!(
            sign_in(&site.visitor(), &email, "a guess").await.status(),
            422
        );
    }
    let response = sign_in(&site.visitor(), "user31@example.com", "a guess").await;
    assert_eq!(response.status(), 429);
    assert!(
        response
            .header("retry-after")
            .unwrap()
            .parse::<u32>()
            .unwrap()
            <= 60
    );
    assert_eq!(sign_in(&site.visitor(), ADA, PASSWORD).await.status(), 303);
    site.pass(TimeDelta::seconds(60)).await;
    let response = sign_in(&site.visitor(), "user31@example.com", "a guess").await;
    assert_eq!(response.status(), 422);
}

#[tokio::test]
async fn an_attack_from_many_addresses_locks_nobody_out_for_good() {
    let site = site_with([("AUTH_ATTEMPTS_PER_ACCOUNT", json!(20))]).await;
    let from = |number: u8| site.visitor().peer([198, 51, 100, number]);
    // Ada signed in from here before; the attack comes from elsewhere.
    let home = site.visitor();
    assert_eq!(sign_in(&home, ADA, PASSWORD).await.status(), 303);
    for number in 0..20 {
        assert_eq!(sign_in(&from(number), ADA, "a guess").await.status(), 422);
    }
    let response = sign_in(&from(30), ADA, "a guess").await;
    assert_eq!(
        (response.status().as_u16(), response.header("retry-after")),
        (429, Some("900"))
    );
    assert_eq!(sign_in(&home, ADA, PASSWORD).await.status(), 303);
    // On her way she waits once, whatever the others go on doing.
    let away = from(200);
    let response = sign_in(&away, ADA, PASSWORD).await;
    assert_eq!(
        (response.status().as_u16(), response.header("retry-after")),
        (429, Some("900"))
    );
    for minutes in [5, 5, 5] {
        site.pass(TimeDelta::minutes(minutes)).await;
        for number in 40..60 {
            sign_in(&from(number), ADA, "a guess").await;
        }
    }
    assert_eq!(sign_in(&away, ADA, PASSWORD).await.status(), 303);
}

#[tokio::test]
async fn nothing_that_was_typed_stands_in_the_table() {
    let site = site().await;
    sign_in(&site.visitor(), "a password typed here", "x").await;
    let keys: Vec<(String,)> = site
        .app
        .database()
        .query("SELECT key FROM plainauth_attempt")
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(keys.len(), 3);
    let is_hash = |key: &str| key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(keys.iter().all(|(key,)| is_hash(key)), "{keys:?}");
}

#[tokio::test]
async fn a_flood_of_made_up_accounts_does_not_fill_the_table() {
    let site = site().await;
    let rows = async || -> i64 {
        let count = site
            .app
            .database()
            .query("SELECT count(*) FROM plainauth_attempt");
        count.scalar().await.unwrap()
    };
    for number in 0..30 {
        sign_in(
            &site.visitor(),
            &format!("a{number}@example.com"),
            "a guess",
        )
        .await;
    }
    let before = rows().await;
    for number in 0..30 {
        let email = format!("b{number}@example.com");
        assert_eq!(
            sign_in(&site.visitor(), &email, "a guess").await.status(),
            429
        );
    }
    assert_eq!(rows().await, before);
}

#[tokio::test]
async fn the_chore_deletes_what_limits_nothing_any_more() {
    let site = site().await;
    sign_in(&site.visitor(), ADA, "a guess").await;
    site.signed_in().await;
    let run = async || {
        let chores = site.app.chores().iter();
        let chore = chores
            .into_iter()
            .find(|it| it.name() == plain_auth::chores::NAME)
            .unwrap();
        chore.run(site.app.services()).await.unwrap()
    };
    assert_eq!(run().await, "0 old counts deleted");
    site.pass(TimeDelta::days(3)).await;
    // That ada is known here stays.
    assert_eq!(run().await, "2 old counts deleted");
    assert_eq!(run().await, "0 old counts deleted");
}
