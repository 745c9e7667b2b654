//! What the tables are made of, as the catalog of the database says.

use std::collections::BTreeMap;

use plain::db::{Database, Kind};
use plain::packages::Package;
use plain::test::{TestApp, both};

both![
    every_column_has_the_type_of_what_stands_in_it,
    what_is_looked_up_has_an_index,
];

/// An application with all packages of this repository.
async fn everything(kind: Kind) -> TestApp {
    let packages: [Box<dyn Package>; 3] = [
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
    ];
    let middleware = [
        plain_sessions::middleware::NAME,
        plain_auth::middleware::NAME,
    ];
    TestApp::of(packages)
        .on(kind)
        .middleware(middleware)
        .start()
        .await
}

/// The types of all columns, by table and column.
async fn columns(db: &Database) -> BTreeMap<String, String> {
    let sql = match db.kind() {
        Kind::Sqlite => {
            "SELECT m.name || '.' || c.name, lower(c.type) FROM sqlite_master m \
             JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name LIKE 'plain%'"
        }
        Kind::Postgres => {
            "SELECT (table_name || '.' || column_name)::text, data_type::text \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let rows: Vec<(String, String)> = db.query(sql).fetch_all().await.unwrap();
    rows.into_iter().collect()
}

async fn every_column_has_the_type_of_what_stands_in_it(kind: Kind) {
    let app = everything(kind).await;
    let columns = columns(app.database()).await;
    // To SQLite the second name is a number's, and what is no number stays the text that it is.
    let (json, time): (&str, &[&str]) = match kind {
        Kind::Sqlite => ("text", &["text", "timestamptz"]),
        Kind::Postgres => ("jsonb", &["timestamp with time zone"]),
    };
    assert_eq!(columns["plainsessions_session.session_data"], json);
    // Times are called so, wherever they stand.
    let mut times = 0;
    for (column, found) in &columns {
        if column.ends_with("_at") || column.ends_with("_until") || column.ends_with(".slot") {
            assert!(time.contains(&found.as_str()), "{column}: {found}");
            times += 1;
        }
        assert_ne!(found, "timestamp without time zone", "{column}");
        assert_ne!(found, "json", "{column}");
    }
    assert!(times >= 12, "{columns:#?}");
    for table in [
        "plain_chores",
        "plainmigrations",
        "plainauth_user",
        "plainsessions_session",
    ] {
        assert!(
            columns.keys().any(|it| it.starts_with(table)),
            "{columns:#?}"
        );
    }
}

async fn what_is_looked_up_has_an_index(kind: Kind) {
    let app = everything(kind).await;
    let db = app.database();
    // The first column of each index: what follows it may help, too.
    let sql = match kind {
        Kind::Sqlite => {
            "SELECT m.name || '.' || c.name FROM sqlite_master m \
             JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c \
             WHERE m.type = 'table' AND c.seqno = 0"
        }
        Kind::Postgres => {
            "SELECT (t.relname || '.' || a.attname)::text FROM pg_index i \
             JOIN pg_class t ON t.oid = i.indrelid \
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] \
             WHERE t.relnamespace = 'public'::regnamespace"
        }
    };
    let indices: Vec<(String,)> = db.query(sql).fetch_all().await.unwrap();
    for column in ["key_hash", "expires_at", "owner"] {
        let wanted = format!("plainsessions_session.{column}");
        assert!(
            indices.iter().any(|(index,)| *index == wanted),
            "{wanted}: {indices:?}"
        );
    }
}
