//! Query sets.

use chrono::{DateTime, TimeZone, Utc};
use plain::db::{Database, Error, Field, Kind, Model, QuerySet, Total, Value, observe};
use plain::test::{TestDatabase, both};
use proptest::prelude::*;
use serde::Serialize;

use crate::table;

both![
    rows_of_any_of_several_query_sets_are_found,
    pages_together_are_all_rows,
    a_search_finds_what_contains_the_text,
    conditions_narrow_the_rows_down,
    a_search_is_literal_and_does_not_mind_the_case,
    rows_come_in_order_and_the_key_settles_ties,
    rows_are_found_counted_and_known_to_exist,
    rows_are_created_changed_and_deleted,
    changes_keep_to_the_order_and_the_limit,
    a_transaction_takes_query_sets_too,
    mistakes_are_errors_that_say_what_is_known,
    a_column_that_the_table_lacks_is_an_error,
    pages_say_where_they_are,
    many_rows_are_not_counted_to_the_end,
    what_a_handler_awaits_can_move_between_threads,
];

#[derive(Debug, Clone, PartialEq, Serialize, plain::db::FromRow)]
struct Order {
    id: i64,
    name: String,
    total: i64,
    status: Option<String>,
    created_at: DateTime<Utc>,
}

impl Model for Order {
    const NAME: &'static str = "Order";
    // A word of SQL, to see that names are quoted.
    const TABLE: &'static str = "order";
    const FIELDS: &'static [Field] = &[
        Field::integer("id"),
        Field::text("name"),
        Field::integer("total"),
        Field::text("status").nullable(),
        Field::time("created_at"),
    ];
}

fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, day, 8, 0, 0)
        .single()
        .expect("a day")
}

async fn empty(kind: Kind) -> TestDatabase {
    let db = TestDatabase::empty(kind).await;
    let columns = "\"order\" ({id}, name TEXT NOT NULL UNIQUE, total BIGINT NOT NULL DEFAULT 0, \
                   status TEXT, created_at {time} NOT NULL)";
    table(&db, columns).await;
    db
}

/// Four orders: 1 Anna 10 paid, 2 anton 20 open, 3 Berta 20 without status, 4 50%_off 5 paid.
async fn orders(kind: Kind) -> TestDatabase {
    let db = empty(kind).await;
    let rows = [
        ("Anna", 10, Some("paid")),
        ("anton", 20, Some("open")),
        ("Berta", 20, None),
        ("50%_off", 5, Some("paid")),
    ];
    for (index, (name, total, status)) in rows.into_iter().enumerate() {
        let created_at = day(index as u32 + 1);
        let values = [
            ("name", name.into()),
            ("total", total.into()),
            ("status", status.into()),
            ("created_at", created_at.into()),
        ];
        Order::query().create(&db, values).await.expect("an order");
    }
    db
}

async fn ids(db: &Database, set: QuerySet<Order>) -> Vec<i64> {
    set.all(db)
        .await
        .expect("rows")
        .iter()
        .map(|order| order.id)
        .collect()
}

async fn conditions_narrow_the_rows_down(kind: Kind) {
    let db = orders(kind).await;
    let all = Order::query;
    assert_eq!(ids(&db, all()).await, [1, 2, 3, 4]);
    assert_eq!(ids(&db, all().filter("status", "paid")).await, [1, 4]);
    assert_eq!(
        ids(&db, all().filter("status", "paid").gt("total", 5)).await,
        [1]
    );
    assert_eq!(ids(&db, all().filter("status", None::<&str>)).await, [3]);
    assert_eq!(ids(&db, all().exclude("status", "paid")).await, [2, 3]);
    assert_eq!(
        ids(&db, all().exclude("status", Value::Null)).await,
        [1, 2, 4]
    );
    assert_eq!(ids(&db, all().ne("status", "paid")).await, [2]);
    assert_eq!(ids(&db, all().gte("total", 10).lt("total", 20)).await, [1]);
    assert_eq!(ids(&db, all().lte("created_at", day(2))).await, [1, 2]);
    assert_eq!(ids(&db, all().is_null("status")).await, [3]);
    assert_eq!(ids(&db, all().is_not_null("status")).await, [1, 2, 4]);
    assert_eq!(ids(&db, all().in_list("id", [4, 2, 9])).await, [2, 4]);
    assert!(ids(&db, all().in_list("id", [0; 0])).await.is_empty());
    assert_eq!(
        ids(&db, all().in_list("status", [None, Some("open")])).await,
        [2]
    );
    assert!(ids(&db, all().filter("name", "a\0b")).await.is_empty());
    assert_eq!(ids(&db, all().exclude("name", "a\0b")).await, [1, 2, 3, 4]);
}

async fn a_search_is_literal_and_does_not_mind_the_case(kind: Kind) {
    let db = orders(kind).await;
    let search = async |text: &str| ids(&db, Order::query().search(["name", "status"], text)).await;
    assert_eq!(search("AN").await, [1, 2]);
    assert_eq!(search("paid").await, [1, 4]);
    assert_eq!(search("%").await, [4]);
    assert_eq!(search("_").await, [4]);
    assert_eq!(search("\\").await, [0; 0]);
    assert_eq!(search("'; DROP TABLE \"order\"; --").await, [0; 0]);
    assert_eq!(search("").await, [1, 2, 3, 4]);
    assert_eq!(search("\0").await, [0; 0]);
    assert_eq!(search(&"a".repeat(100_000)).await, [0; 0]);
    assert_eq!(
        ids(&db, Order::query().search(["total"], "2")).await,
        [2, 3]
    );
}

async fn rows_come_in_order_and_the_key_settles_ties(kind: Kind) {
    let db = orders(kind).await;
    assert_eq!(ids(&db, Order::query().order("-total")).await, [3, 2, 1, 4]);
    assert_eq!(
        ids(&db, Order::query().order("-total").order("id")).await,
        [2, 3, 1, 4]
    );
    assert_eq!(
        ids(&db, Order::query().order("status").order("-id")).await,
        [3, 2, 4, 1]
    );
    assert_eq!(
        ids(&db, Order::query().order("-status")).await,
        [4, 1, 2, 3]
    );
    assert_eq!(
        ids(&db, Order::query().order("total").reverse()).await,
        [3, 2, 1, 4]
    );
    assert_eq!(ids(&db, Order::query().reverse().limit(1)).await, [4]);
    assert_eq!(
        ids(&db, Order::query().order("-id").limit(2).offset(1)).await,
        [3, 2]
    );
    assert_eq!(ids(&db, Order::query().offset(3)).await, [4]);
}

async fn rows_are_found_counted_and_known_to_exist(kind: Kind) {
    let db = orders(kind).await;
    let paid = Order::query().filter("status", "paid");
    assert_eq!(
        paid.first(&db).await.expect("asked").map(|order| order.id),
        Some(1)
    );
    assert!(paid.get(&db, 4).await.expect("asked").is_some());
    assert!(paid.get(&db, 2).await.expect("asked").is_none());
    assert_eq!(paid.count(&db).await.expect("counted"), 2);
    assert_eq!(
        Order::query().limit(3).count(&db).await.expect("counted"),
        3
    );
    assert_eq!(
        Order::query().offset(3).count(&db).await.expect("counted"),
        1
    );
    assert_eq!(
        Order::query().count_at_most(&db, 2).await.expect("counted"),
        2
    );
    assert_eq!(
        Order::query().count_at_most(&db, 9).await.expect("counted"),
        4
    );
    assert!(paid.exists(&db).await.expect("asked"));
    assert!(
        !paid
            .clone()
            .filter("id", 2)
            .exists(&db)
            .await
            .expect("asked")
    );
}

async fn rows_are_created_changed_and_deleted(kind: Kind) {
    let db = empty(kind).await;
    let create = [("name", "Anna".into()), ("created_at", day(1).into())];
    let anna = Order::query()
        .create(&db, create.clone())
        .await
        .expect("created");
    let expected = Order {
        id: 1,
        name: "Anna".to_owned(),
        total: 0,
        status: None,
        created_at: day(1),
    };
    assert_eq!(anna, expected);
    let again = Order::query()
        .create(&db, create)
        .await
        .expect_err("the name is taken");
    assert!(again.is_unique_violation());

    let one = Order::query().filter("id", 1);
    let changed = one
        .update(&db, [("status", "paid".into()), ("total", 7.into())])
        .await;
    assert_eq!(changed.expect("changed"), 1);
    let anna = one.first(&db).await.expect("asked").expect("there");
    assert_eq!((anna.status.as_deref(), anna.total), (Some("paid"), 7));
    assert_eq!(one.update(&db, []).await.expect("nothing"), 1);
    assert_eq!(one.delete(&db).await.expect("deleted"), 1);
    assert_eq!(one.delete(&db).await.expect("deleted"), 0);
}

async fn changes_keep_to_the_order_and_the_limit(kind: Kind) {
    let db = orders(kind).await;
    let oldest = Order::query().order("created_at").limit(2);
    assert_eq!(
        oldest
            .update(&db, [("total", 0.into())])
            .await
            .expect("changed"),
        2
    );
    assert_eq!(ids(&db, Order::query().filter("total", 0)).await, [1, 2]);
    assert_eq!(oldest.delete(&db).await.expect("deleted"), 2);
    assert_eq!(ids(&db, Order::query()).await, [3, 4]);
    assert_eq!(
        Order::query().offset(1).delete(&db).await.expect("deleted"),
        1
    );
    assert_eq!(ids(&db, Order::query()).await, [3]);
}

async fn a_transaction_takes_query_sets_too(kind: Kind) {
    let db = orders(kind).await;
    let mut transaction = db.begin().await.expect("begun");
    assert_eq!(
        Order::query()
            .delete(&mut transaction)
            .await
            .expect("deleted"),
        4
    );
    let page = Order::query()
        .page(&mut transaction, 2, 1)
        .await
        .expect("a page");
    assert_eq!(page.total, Total::Exactly(0));
    assert!(Order::query().exists(&db).await.expect("asked"));
    transaction.rollback();
    assert_eq!(Order::query().count(&db).await.expect("counted"), 4);
}

async fn mistakes_are_errors_that_say_what_is_known(kind: Kind) {
    let db = orders(kind).await;
    let refusal = async |set: QuerySet<Order>| set.all(&db).await.expect_err("refused").to_string();
    assert_eq!(
        refusal(Order::query().filter("statsu", "paid"))
            .await
            .to_string(),
        "the model Order has no field `statsu`; did you mean `status`?"
    );
    assert_eq!(
        refusal(Order::query().order("-colour\"; DROP"))
            .await
            .to_string(),
        r#"the model Order has no field `colour"; DROP`; known: `created_at`, `id`, `name`, `status`, `total`"#
    );
    assert_eq!(
        refusal(Order::query().search(["nam"], "x"))
            .await
            .to_string(),
        "the model Order has no field `nam`; did you mean `name`?"
    );
    assert_eq!(
        refusal(Order::query().filter("total", "ten"))
            .await
            .to_string(),
        "`total` of the model Order holds an integer, not a text; give it an integer"
    );
    assert_eq!(
        refusal(Order::query().in_list("created_at", [1]))
            .await
            .to_string(),
        "`created_at` of the model Order holds a time, not an integer; give it a time"
    );
    let first = refusal(Order::query().filter("b", 1).filter("a", 1)).await;
    assert!(first.contains("`b`"), "the first mistake is told: {first}");

    let mistaken = Order::query().filter("statsu", "paid");
    assert!(
        mistaken.delete(&db).await.is_err(),
        "and nothing is deleted"
    );
    assert!(mistaken.update(&db, [("total", 0.into())]).await.is_err());
    assert!(
        Order::query()
            .update(&db, [("ttl", 0.into())])
            .await
            .is_err()
    );
    assert!(
        Order::query()
            .create(&db, [("ttl", 0.into())])
            .await
            .is_err()
    );
    assert_eq!(
        Order::query()
            .filter("total", 0)
            .count(&db)
            .await
            .expect("counted"),
        0
    );
}

async fn a_column_that_the_table_lacks_is_an_error(kind: Kind) {
    #[derive(Debug, Serialize, plain::db::FromRow)]
    struct Wrong {
        id: i64,
        colour: String,
    }
    impl Model for Wrong {
        const NAME: &'static str = "Wrong";
        const TABLE: &'static str = "order";
        const FIELDS: &'static [Field] = &[Field::integer("id"), Field::text("colour")];
    }
    let db = orders(kind).await;
    let refused = Wrong::query().all(&db).await.expect_err("refused");
    let text = refused.to_string();
    assert!(
        text.contains("column") && text.contains("order.colour"),
        "{text}"
    );
}

async fn pages_say_where_they_are(kind: Kind) {
    let db = orders(kind).await;
    let set = Order::query().order("-id");
    let (first, statements) = observe(set.page(&db, 1, 3)).await;
    let first = first.expect("a page");
    assert_eq!(
        first.items.iter().map(|it| it.id).collect::<Vec<_>>(),
        [4, 3, 2]
    );
    assert!(first.has_next && !first.has_previous);
    assert_eq!((first.total, first.last()), (Total::Exactly(4), Some(2)));
    assert_eq!(statements.len(), 2);

    let (last, statements) = observe(set.page(&db, 2, 3)).await;
    let last = last.expect("a page");
    assert_eq!(last.items.len(), 1);
    assert!(!last.has_next && last.has_previous);
    assert_eq!(last.total, Total::Exactly(4));
    assert_eq!(statements.len(), 1);

    let beyond = set.page(&db, 9, 3).await.expect("a page");
    assert!(beyond.items.is_empty() && !beyond.has_next);
    assert_eq!(beyond.total, Total::Exactly(4));
    let far = set.page(&db, u64::MAX, u64::MAX).await.expect("a page");
    assert!(far.items.is_empty());
    let zero = set.page(&db, 0, 0).await.expect("a page");
    assert_eq!((zero.number, zero.size, zero.items.len()), (1, 1, 1));
    let cut = set.clone().limit(3).page(&db, 2, 2).await.expect("a page");
    assert_eq!((cut.items.len(), cut.total), (1, Total::Exactly(3)));
}

async fn many_rows_are_not_counted_to_the_end(kind: Kind) {
    let db = empty(kind).await;
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
                INSERT INTO \"order\" (name, created_at) SELECT CAST(i AS TEXT), $1 FROM n";
    db.query(fill).bind(day(1)).execute().await.expect("filled");
    let page = Order::query().page(&db, 1, 20).await.expect("a page");
    assert_eq!((page.total, page.last()), (Total::AtLeast(10_000), None));
    Order::query().limit(1).delete(&db).await.expect("deleted");
    let page = Order::query().page(&db, 1, 20).await.expect("a page");
    assert_eq!(
        (page.total, page.last()),
        (Total::Exactly(10_000), Some(500))
    );
}

async fn what_a_handler_awaits_can_move_between_threads(kind: Kind) {
    fn is_send<T: Send>(work: T) -> T {
        work
    }
    let db = orders(kind).await;
    let work = is_send(async {
        let mut transaction = db.begin().await?;
        Order::query()
            .update(&mut transaction, [("total", 1.into())])
            .await?;
        let page = Order::query()
            .search(["name"], "a")
            .page(&mut transaction, 1, 9)
            .await?;
        transaction.commit().await?;
        Ok::<_, Error>(page.items.len())
    });
    assert_eq!(is_send(work).await.expect("done"), 3);
}

/// Runs `check` on examples of `strategy`, in a database that stays the same.
async fn for_examples<S: Strategy>(strategy: S, check: impl AsyncFn(S::Value)) {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..64 {
        let example = strategy.new_tree(&mut runner).expect("an example");
        check(proptest::strategy::ValueTree::current(&example)).await;
    }
}

/// Whatever is asked for, pages together hold each row once, in order.
async fn pages_together_are_all_rows(kind: Kind) {
    let db = empty(kind).await;
    let examples = (prop::collection::vec(0..4i64, 0..20), 1..7u64);
    for_examples(examples, async |(totals, size)| {
        let mut transaction = db.begin().await.expect("begun");
        for (index, total) in totals.iter().enumerate() {
            let name = index.to_string();
            let values = [
                ("name", name.into()),
                ("total", (*total).into()),
                ("created_at", day(1).into()),
            ];
            let created = Order::query().create(&mut transaction, values).await;
            created.expect("created");
        }
        let set = Order::query().order("-total");
        let mut seen = Vec::new();
        for number in 1.. {
            let page = set.page(&mut transaction, number, size).await;
            let page = page.expect("a page");
            assert_eq!(page.total, Total::Exactly(totals.len() as u64));
            seen.extend(page.items.iter().map(|order| (-order.total, -order.id)));
            if !page.has_next {
                break;
            }
        }
        assert!(seen.is_sorted(), "{totals:?} by {size}: {seen:?}");
        assert_eq!(seen.len(), totals.len());
    })
    .await;
}

/// A search finds what contains the text, whatever characters are in either.
async fn a_search_finds_what_contains_the_text(kind: Kind) {
    let db = empty(kind).await;
    let examples = (
        "[a-cA-C%_\\\\'\"]{0,6}".prop_map(String::from),
        "[a-cA-C%_\\\\'\"]{1,2}".prop_map(String::from),
    );
    for_examples(examples, async |(name, text): (String, String)| {
        let mut transaction = db.begin().await.expect("begun");
        let values = [
            ("name", name.as_str().into()),
            ("created_at", day(1).into()),
        ];
        let created = Order::query().create(&mut transaction, values).await;
        created.expect("created");
        let set = Order::query().search(["name"], text.as_str());
        let found = set.exists(&mut transaction).await.expect("asked");
        let expected = name.to_lowercase().contains(&text.to_lowercase());
        assert_eq!(found, expected, "{text:?} in {name:?}");
    })
    .await;
}

async fn rows_of_any_of_several_query_sets_are_found(kind: Kind) {
    let db = orders(kind).await;
    let all = Order::query;
    let found = async |query: QuerySet<Order>| ids(&db, query).await;
    let either = [
        all().gt("total", 15).lt("id", 3),
        all().filter("name", "Anna"),
    ];
    assert_eq!(found(all().any(either.clone())).await, [1, 2]);
    assert_eq!(found(all().filter("status", "paid").any(either)).await, [1]);
    assert_eq!(found(all().any([])).await, [0; 0]);
    assert_eq!(found(all().any([all()])).await, [1, 2, 3, 4]);
    let wrong = all().any([all().filter("nmae", "x")]).all(&db).await;
    assert!(matches!(wrong, Err(Error::UnknownField { .. })));
}
