//! Clocks that were wrong: all times of a session come from the clock of the application's computer,
//! and no row that this clock wrote while it was wrong lives on for ever.

use chrono::{DateTime, TimeDelta, Utc};
use plain::db::Kind;
use plain::test::both;
use plain_tests::sessions::{Site, Visitor, set, values};
use serde_json::json;

both![
    a_session_that_a_clock_ahead_wrote_ends_as_if_it_was_saved_when_that_was_noticed,
    the_greatest_age_is_counted_from_when_that_was_noticed,
    a_greatest_age_ends_a_session_whatever_its_row_says,
    clocks_that_differ_a_little_are_left_alone,
    a_shorter_age_shortens_what_was_saved_before,
    no_statement_asks_the_database_for_the_time,
];

const CHORE: &str = "plain.sessions.chores.ClearExpired";

/// The age of sessions in these tests.
const AGE: TimeDelta = TimeDelta::hours(2);

async fn clear_expired(site: &Site) -> String {
    let mut chores = site.app().chores().iter();
    let chore = chores.find(|chore| chore.name() == CHORE).unwrap();
    chore.run(site.app().services()).await.unwrap()
}

async fn site(kind: Kind) -> Site {
    let site = Site::on(kind).with("SESSION_COOKIE_AGE", AGE.num_seconds());
    site.start().await
}

/// Writes times into the only row, as a clock that was wrong has.
async fn write(site: &Site, created_at: DateTime<Utc>, expires_at: DateTime<Utc>) {
    let update = "UPDATE plainsessions_session SET created_at = $1, expires_at = $2";
    let update = site.db().query(update).bind(created_at).bind(expires_at);
    update.execute().await.unwrap();
}

async fn is_live(visitor: &Visitor) -> bool {
    values(&visitor.look().await) == json!({ "name": "Ada" })
}

fn in_sixty_years() -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(60 * 365)
}

async fn a_session_that_a_clock_ahead_wrote_ends_as_if_it_was_saved_when_that_was_noticed(
    kind: Kind,
) {
    let site = site(kind).await;
    let visitor = site.visitor_with("name", "Ada").await;
    write(&site, in_sixty_years(), in_sixty_years() + AGE).await;
    let done = clear_expired(&site).await;
    assert_eq!(
        done,
        "0 expired sessions deleted, 1 session from the future set right"
    );
    let row = site.row().await;
    assert!(row.created_at <= Utc::now(), "{row:?}");
    assert!(row.expires_at <= Utc::now() + AGE, "{row:?}");
    // Its visitor notices nothing, and it ends in its time.
    assert!(is_live(&visitor).await);
    site.age(AGE).await;
    assert!(!is_live(&visitor).await);
    assert_eq!(clear_expired(&site).await, "1 expired session deleted");
}

async fn the_greatest_age_is_counted_from_when_that_was_noticed(kind: Kind) {
    let site = Site::on(kind)
        .with("SESSION_COOKIE_AGE", AGE.num_seconds())
        .with("SESSION_MAX_AGE", 3 * AGE.num_seconds());
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    write(&site, in_sixty_years(), in_sixty_years()).await;
    clear_expired(&site).await;
    // However active it is: it is saved again and again.
    for _ in 0..2 {
        site.age(AGE - TimeDelta::minutes(1)).await;
        assert!(is_live(&visitor).await);
        visitor.run([set("name", "Ada")]).await;
    }
    site.age(AGE - TimeDelta::minutes(1)).await;
    visitor.run([set("name", "Ada")]).await;
    site.age(TimeDelta::minutes(4)).await;
    assert!(!is_live(&visitor).await);
}

async fn a_greatest_age_ends_a_session_whatever_its_row_says(kind: Kind) {
    let site = Site::on(kind).with("SESSION_MAX_AGE", AGE.num_seconds());
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    write(&site, Utc::now() - AGE, in_sixty_years()).await;
    assert!(!is_live(&visitor).await);
}

async fn clocks_that_differ_a_little_are_left_alone(kind: Kind) {
    let site = site(kind).await;
    let visitor = site.visitor_with("name", "Ada").await;
    let soon = Utc::now() + TimeDelta::minutes(2);
    write(&site, soon, soon + AGE).await;
    let before = site.row().await;
    assert_eq!(clear_expired(&site).await, "0 expired sessions deleted");
    assert_eq!(site.row().await, before);
    assert!(is_live(&visitor).await);
}

async fn a_shorter_age_shortens_what_was_saved_before(kind: Kind) {
    let site = site(kind).await;
    let visitor = site.visitor_with("name", "Ada").await;
    let began = site.row().await.created_at;
    write(&site, began, Utc::now() + TimeDelta::days(14)).await;
    clear_expired(&site).await;
    let row = site.row().await;
    assert!(row.expires_at <= Utc::now() + AGE, "{row:?}");
    assert_eq!(row.created_at, began);
    assert!(is_live(&visitor).await);
}

/// The database never says what time it is: its own clock, or its time zone, has no part in it.
async fn no_statement_asks_the_database_for_the_time(kind: Kind) {
    let site = site(kind).await;
    let visitor = site.visitor_with("name", "Ada").await;
    visitor.run([set("a", 1)]).await;
    visitor.look().await;
    clear_expired(&site).await;
    let (_, statements) = plain::db::observe(async {
        let visitor = site.visitor_with("name", "Grace").await;
        visitor.run([set("a", 1)]).await;
        clear_expired(&site).await;
    })
    .await;
    let asks_for_the_time = |sql: &str| {
        let sql = sql.to_lowercase();
        [
            "now()",
            "current_timestamp",
            "datetime(",
            "julianday",
            "clock_timestamp",
            "localtime",
        ]
        .iter()
        .any(|word| sql.contains(word))
    };
    assert!(statements.len() > 3, "{statements:?}");
    for statement in statements {
        assert!(!asks_for_the_time(&statement.sql), "{}", statement.sql);
    }
    let row = site.rows().await.remove(0);
    assert!((Utc::now() - row.created_at).abs() < TimeDelta::minutes(1));
}
