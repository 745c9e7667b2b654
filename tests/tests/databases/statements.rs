//! Values, refusals and cancelled statements.

use chrono::{DateTime, SubsecRound, Utc};
use futures_util::FutureExt;
use plain::db::{Kind, Value, observe};
use plain::test::{TestDatabase, both};

use crate::items::{add, count, items};
use crate::{either, table};

both![
    values_come_back_as_they_went_in,
    what_one_of_the_databases_could_not_hold_is_refused,
    refusals_of_the_database_say_what_to_do,
    statements_that_are_cancelled_do_not_use_up_the_connections,
    an_observer_sees_the_statements_but_not_the_frame_of_a_transaction,
];

#[derive(Debug, PartialEq, plain::db::FromRow)]
struct Everything {
    id: i64,
    yes: bool,
    half: f64,
    text: String,
    bytes: Vec<u8>,
    json: serde_json::Value,
    time: DateTime<Utc>,
    missing: Option<String>,
}

async fn values_come_back_as_they_went_in(kind: Kind) {
    let db = TestDatabase::empty(kind).await;
    let columns = "everything ({id}, yes BOOLEAN, half {float}, text TEXT, bytes {bytes}, \
                   json {json}, time {time}, missing TEXT)";
    table(&db, columns).await;
    let json = serde_json::json!({"list": [1, 2.5, null], "text": "ü"});
    let time = Utc::now().trunc_subsecs(6);

    let insert = "INSERT INTO everything VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *";
    let stored: Everything = db
        .query(insert)
        .bind(7)
        .bind(true)
        .bind(0.5)
        .bind("a 'text'")
        .bind(vec![0, 255])
        .bind(json.clone())
        .bind(time)
        .bind(None::<&str>)
        .fetch_one()
        .await
        .expect("a row");

    let text = "a 'text'".to_owned();
    let bytes = vec![0, 255];
    let expected = Everything {
        id: 7,
        yes: true,
        half: 0.5,
        text,
        bytes,
        json,
        time,
        missing: None,
    };
    assert_eq!(stored, expected);
}

async fn what_one_of_the_databases_could_not_hold_is_refused(kind: Kind) {
    let db = TestDatabase::empty(kind).await;
    let refusal = async |value: Value| {
        let refused = db.query("SELECT $1").bind(value).execute().await;
        refused.expect_err("refused").to_string()
    };
    assert_eq!(
        refusal(f64::NAN.into()).await.to_string(),
        "a value cannot be stored: $1: NaN is not a number that it can hold; bind another value"
    );
    assert_eq!(
        refusal("a\0b".into()).await.to_string(),
        "a value cannot be stored: $1: a text cannot hold a NUL character; bind another value"
    );
    assert_eq!(
        refusal(DateTime::<Utc>::MAX_UTC.into()).await.to_string(),
        "a value cannot be stored: $1: a time must lie in the years 0 to 9999; bind another value"
    );
    let number = Value::try_from(u64::MAX).expect_err("refused");
    assert_eq!(
        number.to_string(),
        "a value cannot be stored: 18446744073709551615 is larger than 9223372036854775807, the largest number it can hold; bind another value"
    );
}

async fn refusals_of_the_database_say_what_to_do(kind: Kind) {
    let db = items(kind).await;
    add(&db, "spoon").await.expect("added");

    let unique = add(&db, "spoon").await.expect_err("refused");
    assert!(unique.is_unique_violation());
    assert_eq!(
        unique.to_string(),
        "a row with the same item.name exists already; choose another value"
    );

    let check = db
        .query("INSERT INTO item (name, price) VALUES ('fork', -1)")
        .execute()
        .await;
    assert_eq!(
        check.expect_err("refused").to_string(),
        either(
            kind,
            "a constraint of the table does not hold: CHECK constraint failed: price >= 0; correct the values",
            "a constraint of the table does not hold: new row for relation \"item\" violates check constraint \"item_price_check\"; correct the values",
        )
    );

    let missing = db
        .query("SELECT * FROM basket")
        .execute()
        .await
        .expect_err("refused");
    assert!(missing.is_missing_table() && !missing.is_unavailable());
    assert_eq!(
        missing.to_string(),
        "the table `basket` does not exist; run `plain migrate` to create the tables of the installed packages"
    );

    let statement = db.query("SELECT colour FROM item").execute().await;
    assert_eq!(
        statement.expect_err("refused").to_string(),
        either(
            kind,
            "the database refused a statement: no such column: colour; correct the statement: SELECT colour FROM item",
            "the database refused a statement: column \"colour\" does not exist; correct the statement: SELECT colour FROM item",
        )
    );

    let none = db
        .query("SELECT id FROM item WHERE id = 9")
        .scalar::<i64>()
        .await;
    assert_eq!(
        none.expect_err("refused").to_string(),
        "no row was found; ask with fetch_optional where none is a possible answer (the statement: SELECT id FROM item WHERE id = 9)"
    );

    let decode = db.query("SELECT name FROM item").scalar::<i64>().await;
    assert_eq!(
        decode.expect_err("refused").to_string(),
        either(
            kind,
            "a row does not fit its Rust type: error occurred while decoding column 0: mismatched types; Rust type `i64` (as SQL type `INTEGER`) is not compatible with SQL type `TEXT`; compare the type's fields with the columns of: SELECT name FROM item",
            "a row does not fit its Rust type: error occurred while decoding column 0: mismatched types; Rust type `i64` (as SQL type `INT8`) is not compatible with SQL type `TEXT`; compare the type's fields with the columns of: SELECT name FROM item",
        )
    );

    let control = db.query("BEGIN").execute().await;
    assert_eq!(
        control.expect_err("refused").to_string(),
        "`BEGIN` cannot be sent as a statement; use Database::begin and Transaction::commit, and drop the transaction to roll it back"
    );
}

async fn statements_that_are_cancelled_do_not_use_up_the_connections(kind: Kind) {
    let db = items(kind).await;
    let rounds = match kind {
        Kind::Sqlite => 100,
        // More than there are connections, and no more than the server has for all tests: what was
        // begun goes on.
        Kind::Postgres => 12,
    };
    for _ in 0..rounds {
        let mut read = Box::pin(db.query("SELECT count(*) FROM item").scalar::<i64>());
        let _ = (&mut read).now_or_never();
        drop(read);
        let mut write = Box::pin(db.query("DELETE FROM item").execute());
        let _ = (&mut write).now_or_never();
    }
    assert_eq!(count(&db).await, 0);
    add(&db, "spoon").await.expect("added");
}

async fn an_observer_sees_the_statements_but_not_the_frame_of_a_transaction(kind: Kind) {
    let db = items(kind).await;
    let ((), statements) = observe(async {
        let mut transaction = db.begin().await.expect("a transaction");
        transaction
            .query("INSERT INTO item (name) VALUES ('a'), ('b')")
            .execute()
            .await
            .expect("it");
        transaction.commit().await.expect("committed");
        let (_, inner) = observe(count(&db)).await;
        assert_eq!(inner.len(), 1);
        db.query("SELECT nonsense")
            .execute()
            .await
            .expect_err("refused");
    })
    .await;
    let seen: Vec<_> = statements
        .iter()
        .map(|it| (it.sql.as_str(), it.rows))
        .collect();
    assert_eq!(
        seen,
        [
            ("INSERT INTO item (name) VALUES ('a'), ('b')", Some(2)),
            ("SELECT count(*) FROM item", Some(1)),
            ("SELECT nonsense", None),
        ]
    );
}
