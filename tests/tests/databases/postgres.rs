//! What only a server can do to its clients.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use plain::db::{ConnectOptions, Database, Error, Kind, Sql, StoredTime, Unavailable, Value};
use plain::test::TestDatabase;
use plain_tests::on_postgres;

use crate::items::{add, count, items};
use crate::table;

on_postgres![
    a_connection_that_was_cut_while_it_rested_is_replaced_unseen,
    a_server_that_ends_all_connections_costs_no_statement,
    a_connection_cut_in_a_transaction_saves_nothing_and_says_so,
    who_cannot_connect_is_told_what_to_check,
    waiting_for_a_lock_is_bounded,
    a_statement_that_takes_too_long_is_given_up,
    transactions_in_each_others_way_are_told_to_try_again,
    a_read_only_database_is_named,
    a_missing_table_is_named,
    values_of_changing_types_stay_what_they_are,
    connections_are_used_again,
    a_time_that_no_date_holds_is_an_error_and_no_panic,
];

fn to(url: impl AsRef<str>) -> ConnectOptions {
    ConnectOptions::to(url.as_ref()).timeout(Duration::from_secs(5))
}

/// Ends all connections to the database but the one that asks.
async fn cut_all(db: &Database) -> i64 {
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    db.query(cut).scalar().await.expect("they are cut")
}

async fn a_connection_that_was_cut_while_it_rested_is_replaced_unseen() {
    let db = items(Kind::Postgres).await;
    let other = db.another().await;
    for rest in [0, 600] {
        assert_eq!(count(&db).await, 0);
        assert!(cut_all(&other).await >= 1);
        tokio::time::sleep(Duration::from_millis(rest)).await;
        assert_eq!(count(&db).await, 0);
        assert!(cut_all(&other).await >= 1);
        tokio::time::sleep(Duration::from_millis(rest)).await;
        let mut transaction = db.begin().await.expect("begun");
        let delete = transaction.query("DELETE FROM item").execute();
        delete.await.expect("deleted");
        transaction.commit().await.expect("committed");
    }
}

async fn a_server_that_ends_all_connections_costs_no_statement() {
    let test = items(Kind::Postgres).await;
    let (db, other): (&Database, _) = (&test, test.another().await);
    for round in 0..5 {
        let names = (0..8).map(|n| format!("{round} {n}"));
        let writes = join_all(names.map(|name| async move { add(db, &name).await }));
        for written in writes.await {
            assert_eq!(written.expect("written"), 1);
        }
        assert!(cut_all(&other).await >= 1);
    }
    assert_eq!(count(db).await, 40);
}

async fn a_connection_cut_in_a_transaction_saves_nothing_and_says_so() {
    let db = items(Kind::Postgres).await;
    let other = db.another().await;
    let mut transaction = db.begin().await.expect("begun");
    let insert = "INSERT INTO item (name) VALUES ('spoon')";
    transaction.query(insert).execute().await.expect("inserted");
    assert!(cut_all(&other).await >= 1);
    let refused = transaction.commit().await.expect_err("cut");
    assert!(refused.is_unavailable(), "{refused}");
    assert_eq!(count(&db).await, 0);
}

async fn who_cannot_connect_is_told_what_to_check() {
    let db = TestDatabase::empty(Kind::Postgres).await;
    let url = db.url();
    let (user, place) = url.expose().split_once('@').expect("a password");
    let (_, password) = user.rsplit_once(':').expect("a password");
    let (host, name) = place.rsplit_once('/').expect("a name");
    let refusal = async |url: String| {
        let refused = Database::connect(to(url)).await.expect_err("refused");
        let text = refused.to_string();
        assert!(
            !text.contains(password) && !text.contains("secret"),
            "{text}"
        );
        (
            refused,
            text.replace(host, "[host]").replace(name, "[name]"),
        )
    };

    let (denied, text) = refusal(format!("postgres://postgres:secret@{place}")).await;
    assert!(matches!(denied, Error::Denied { .. }) && !denied.is_unavailable());
    assert_eq!(
        text,
        "the database postgres://postgres:***@[host]/[name] does not let its user in: password authentication failed for user \"postgres\"; check the user and the password in DATABASE_URL"
    );
    let (missing, text) = refusal(format!("{user}@{host}/nowhere")).await;
    assert!(matches!(missing, Error::NoDatabase { .. }));
    assert_eq!(
        text,
        "the server of postgres://postgres:***@[host]/nowhere has no such database: database \"nowhere\" does not exist; create it, for example with `createdb`, or correct DATABASE_URL"
    );

    let role = format!("stranger_{name}");
    let sql = format!("CREATE ROLE {role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 1");
    db.query(Sql::trusted(sql)).execute().await.expect("a role");
    let url = format!("postgres://{role}:secret@{place}");
    let first = Database::connect(to(&url)).await.expect("the only one");
    let (full, text) = refusal(url).await;
    assert!(matches!(
        &full,
        Error::Unavailable(Unavailable::TooMany { .. })
    ));
    assert_eq!(
        text.replace(&format!("stranger_{name}"), "stranger"),
        "the database postgres://stranger_[name]:***@[host]/[name] takes no more connections: too many connections for role \"stranger_[name]\"; lower DATABASE_READ_CONNECTIONS, stop what else is connected, or raise the server's max_connections"
    );
    first.close().await;
    let sql = format!("DROP ROLE {role}");
    // The server may not yet have heard that the connection is closed.
    db.query(Sql::trusted(sql))
        .execute()
        .await
        .expect("dropped");
}

async fn waiting_for_a_lock_is_bounded() {
    let db = items(Kind::Postgres).await;
    add(&db, "spoon").await.expect("added");
    let options = to(db.url().expose()).timeout(Duration::from_secs(2));
    let impatient = Database::connect(options).await.expect("connected");
    let mut held = db.begin().await.expect("begun");
    let update = "UPDATE item SET price = 1";
    held.query(update).execute().await.expect("updated");

    let begun = Instant::now();
    let refused = impatient.query(update).execute().await.expect_err("locked");
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert!(refused.is_unavailable());
    assert_eq!(
        refused.to_string(),
        "another transaction was in the way: canceling statement due to lock timeout; try again"
    );
    held.rollback();
    let updated = impatient.query(update).execute().await;
    assert_eq!(updated.expect("free again"), 1);
}

async fn a_statement_that_takes_too_long_is_given_up() {
    let db = TestDatabase::empty(Kind::Postgres).await;
    let options = to(db.url().expose()).statement_timeout(Duration::from_secs(1));
    let impatient = Database::connect(options).await.expect("connected");
    let sleep = "SELECT CAST(pg_sleep(60) AS TEXT)";
    let refused = impatient
        .query(sleep)
        .execute()
        .await
        .expect_err("too long");
    assert!(refused.is_unavailable());
    assert_eq!(
        refused.to_string(),
        "the database gave up a statement: canceling statement due to statement timeout; make it faster, or raise DATABASE_STATEMENT_TIMEOUT"
    );
}

async fn transactions_in_each_others_way_are_told_to_try_again() {
    let db = items(Kind::Postgres).await;
    add(&db, "fork").await.expect("added");
    add(&db, "spoon").await.expect("added");
    let touch = async |transaction: &mut plain::db::Transaction, name: &str| {
        let update = "UPDATE item SET price = 1 WHERE name = $1";
        transaction.query(update).bind(name).execute().await
    };
    let (mut one, mut other) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    touch(&mut one, "fork").await.expect("touched");
    touch(&mut other, "spoon").await.expect("touched");
    let (first, second) = tokio::join!(
        async {
            let touched = touch(&mut one, "spoon").await;
            drop(one);
            touched
        },
        async {
            let touched = touch(&mut other, "fork").await;
            drop(other);
            touched
        }
    );
    let failures: Vec<String> = [first, second]
        .into_iter()
        .filter_map(|result| Some(result.err()?.to_string()))
        .collect();
    assert_eq!(
        failures,
        ["another transaction was in the way: deadlock detected; try again"]
    );
}

async fn a_read_only_database_is_named() {
    let db = items(Kind::Postgres).await;
    let url = format!(
        "{}?options[default_transaction_read_only]=on",
        db.url().expose()
    );
    let reader = Database::connect(to(url)).await.expect("connected");
    assert_eq!(count(&reader).await, 0);
    let refused = add(&reader, "spoon").await.expect_err("read-only");
    assert!(matches!(refused, Error::ReadOnly { .. }), "{refused}");
    let text = refused.to_string();
    assert!(
        text.starts_with("the database postgres://postgres:***@127.0.0.1:"),
        "{text}"
    );
}

async fn a_missing_table_is_named() {
    let db = TestDatabase::empty(Kind::Postgres).await;
    let refused = db
        .query("SELECT 1 FROM nowhere")
        .execute()
        .await
        .expect_err("missing");
    assert!(refused.is_missing_table());
    assert_eq!(
        refused.to_string(),
        "the table `nowhere` does not exist; run `plain migrate` to create the tables of the installed packages"
    );
}

async fn values_of_changing_types_stay_what_they_are() {
    let db = TestDatabase::empty(Kind::Postgres).await;
    table(&db, "price ({id}, amount {float}, note TEXT)").await;
    let insert = async |amount: Value, note: Value| {
        let insert = "INSERT INTO price (amount, note) VALUES ($1, $2) RETURNING amount, note";
        let row = db.query(insert).bind(amount).bind(note);
        row.fetch_one::<(Option<f64>, Option<String>)>()
            .await
            .expect("a row")
    };
    // The same text, prepared for the types of whichever values came first.
    for _ in 0..2 {
        assert_eq!(
            insert(2.into(), "a".into()).await,
            (Some(2.0), Some("a".to_owned()))
        );
        assert_eq!(insert(2.5.into(), Value::Null).await, (Some(2.5), None));
        assert_eq!(
            insert(Value::Null, "b".into()).await,
            (None, Some("b".to_owned()))
        );
    }
}

async fn connections_are_used_again() {
    let db = items(Kind::Postgres).await;
    let pid = "SELECT CAST(pg_backend_pid() AS BIGINT)";
    let first: i64 = db.query(pid).scalar().await.expect("a number");
    add(&db, "spoon").await.expect("added");
    add(&db, "spoon").await.expect_err("added twice");
    db.query("SELECT nonsense")
        .execute()
        .await
        .expect_err("refused");
    let transaction = db.begin().await.expect("begun");
    transaction.commit().await.expect("committed");
    let last: i64 = db.query(pid).scalar().await.expect("a number");
    assert_eq!(first, last);
}

async fn a_time_that_no_date_holds_is_an_error_and_no_panic() {
    let db = TestDatabase::empty(Kind::Postgres).await;
    for odd in ["infinity", "-infinity", "294276-12-31"] {
        let sql = || Sql::trusted(format!("SELECT CAST('{odd}' AS TIMESTAMPTZ)"));
        let refused = db
            .query(sql())
            .scalar::<chrono::DateTime<chrono::Utc>>()
            .await;
        let refused = refused.expect_err("no date");
        assert!(matches!(refused, Error::Decode { .. }), "{odd}: {refused}");
        let stored = db.query(sql()).scalar::<StoredTime>().await;
        let refused = stored.expect_err("no date");
        assert!(
            refused.to_string().contains("beyond what a date holds"),
            "{odd}: {refused}"
        );
        // The connection is as good as before.
        let number: i64 = db
            .query("SELECT CAST(1 AS BIGINT)")
            .scalar()
            .await
            .expect("one");
        assert_eq!(number, 1);
    }
    let time = "SELECT CAST('2026-01-31 08:15:00.000001+01' AS TIMESTAMPTZ)";
    let StoredTime(time) = db.query(time).scalar().await.expect("a time");
    assert_eq!(time.to_rfc3339(), "2026-01-31T07:15:00.000001+00:00");
}
