//! Where the key of a session is not: anywhere but in the cookie.

use std::fs;

use plain::context;
use plain::db::{Database, Kind, Sql};
use plain::http::{Request, Response, Result};
use plain::test::{TestResponse, both};
use plain::views::View;
use plain_sessions::{SessionStore, get_request_session};
use plain_tests::log;
use plain_tests::sessions::{
    Site, Visitor, add_one, cycle, fail, flush, owner, panic, set, values,
};
use serde_json::json;

both![
    no_file_of_the_database_holds_a_key,
    no_page_shows_a_key_not_even_an_error_page_with_debug,
    no_line_of_the_log_shows_a_key,
    debug_of_a_store_key_request_and_response_shows_the_fingerprint_at_most,
    debug_of_a_session_names_its_values_and_does_not_show_them,
    a_model_as_json_holds_no_key_and_no_value,
];

/// All that is stored: the bytes of all files of SQLite, the rows of all tables of PostgreSQL, with
/// their names.
async fn stored(site: &Site) -> Vec<(String, Vec<u8>)> {
    match site.db().kind() {
        Kind::Sqlite => files_of(site),
        Kind::Postgres => tables_of(site.db()).await,
    }
}

async fn tables_of(db: &Database) -> Vec<(String, Vec<u8>)> {
    let names = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let names: Vec<(String,)> = db.query(names).fetch_all().await.unwrap();
    let mut tables = Vec::new();
    for (name,) in names {
        let rows = Sql::trusted(format!("SELECT it::text FROM {name} AS it"));
        let rows: Vec<(String,)> = db.query(rows).fetch_all().await.unwrap();
        let rows: String = rows.into_iter().map(|(row,)| row).collect();
        tables.push((name, rows.into_bytes()));
    }
    tables
}

fn files_of(site: &Site) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(site.folder()).unwrap().map(|file| {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        (name, fs::read(file.path()).unwrap())
    });
    files.collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

async fn no_file_of_the_database_holds_a_key(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "a value to be found").await;
    let mut keys = vec![visitor.key().unwrap()];
    for step in [set("n", 1), add_one("n"), owner("ada"), cycle(), cycle()] {
        visitor.run([step]).await;
        keys.push(visitor.key().unwrap());
    }
    let gone = site.visitor_with("name", "Grace").await;
    keys.push(gone.key().unwrap());
    gone.run([flush()]).await;
    let hash = site.row().await.key_hash;

    let stored = stored(&site).await;
    let names: Vec<_> = stored.iter().map(|(name, _)| name.as_str()).collect();
    let expected = match kind {
        Kind::Sqlite => "db.sqlite3-wal",
        Kind::Postgres => "plainsessions_session",
    };
    assert!(names.contains(&expected), "{names:?}");
    for needle in ["a value to be found", &hash] {
        let found = stored.iter().any(|(_, bytes)| contains(bytes, needle));
        assert!(found, "the search finds what is there: {needle}");
    }
    for (name, bytes) in stored {
        for key in &keys {
            assert!(!contains(&bytes, key), "{name}");
        }
    }
}

struct Broken;

impl View for Broken {
    async fn get(&self, request: &Request) -> Result<Response> {
        get_request_session(request).await?;
        request.render("broken.html", ())
    }
}

struct ShowAll;

impl View for ShowAll {
    async fn get(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        request.render("all.html", context! { debug => format!("{session:?}") })
    }
}

async fn site(kind: Kind, debug: bool) -> Site {
    let site = Site::on(kind)
        .with("DEBUG", debug)
        .template("broken.html", "{{ session.name }}{{ nothing.of_this }}")
        .template(
            "all.html",
            "{{ request }} {{ request.path }} {{ get_current_session() }} {{ debug }}
             {% for name in request %}{{ name }}={{ request[name] }} {% endfor %}
             {% for name in get_current_session() %}{{ name }} {% endfor %}",
        )
        .view("broken", Broken)
        .view("all", ShowAll)
        .page("model", |session: SessionStore| async move {
            Response::json(&session.model_instance())
        })
        .page("wrong", |session: SessionStore| async move {
            session.get::<u8>("name")?;
            Ok(Response::text("no error"))
        });
    site.start().await
}

/// Asks for every page there is, in every way in which it can go wrong.
async fn every_page(site: &Site, visitor: &Visitor) -> Vec<TestResponse> {
    let mut pages = Vec::new();
    for accept in ["text/html", "application/json", "text/plain"] {
        for path in [
            "/look",
            "/untouched",
            "/all",
            "/broken",
            "/model",
            "/wrong",
            "/nowhere",
            "/run",
        ] {
            pages.push(visitor.get(path).header("accept", accept).await);
        }
        for step in [
            fail(),
            panic(),
            set("n", f64::MAX),
            set("a\0", 1),
            set("a\0b", 1),
        ] {
            pages.push(visitor.run([step]).header("accept", accept).await);
        }
        let malformed = visitor.post("/run").body("no JSON");
        pages.push(malformed.header("accept", accept).await);
    }
    site.sql("ALTER TABLE plainsessions_session RENAME TO away")
        .await;
    for accept in ["text/html", "application/json", "text/plain"] {
        pages.push(visitor.look().header("accept", accept).await);
        pages.push(visitor.run([set("a", 1)]).header("accept", accept).await);
    }
    site.sql("ALTER TABLE away RENAME TO plainsessions_session")
        .await;
    pages
}

async fn no_page_shows_a_key_not_even_an_error_page_with_debug(kind: Kind) {
    for debug in [false, true] {
        let site = site(kind, debug).await;
        let visitor = site.visitor_with("name", "Ada").await;
        let key = visitor.key().unwrap();
        let pages = every_page(&site, &visitor).await;
        let statuses = |status: u16| pages.iter().filter(|it| it.status() == status).count();
        assert!(statuses(200) >= 12 && statuses(500) >= 12 && statuses(503) >= 6);
        for page in pages {
            assert!(!page.text().contains(&key), "{page:?}");
            assert!(page.set_cookies().next().is_none() || page.status() == 200);
        }
    }
}

async fn no_line_of_the_log_shows_a_key(kind: Kind) {
    let site = site(kind, true).await;
    let visitor = site.visitor_with("name", "Ada").await;
    let fingerprint = site.row().await.key_hash[..8].to_owned();
    let mut keys = vec![visitor.key().unwrap()];
    every_page(&site, &visitor).await;
    site.sql("UPDATE plainsessions_session SET session_data = '\"damaged\"'")
        .await;
    visitor.look().await;
    site.sql("UPDATE plainsessions_session SET session_data = '{\"a\":1}'")
        .await;
    for step in [cycle(), set("b", 1), flush()] {
        visitor.run([step]).await;
        keys.extend(visitor.key());
    }
    site.visitor_who_sends(keys[0].clone()).look().await;
    assert!(
        !log::lines_with(&fingerprint).is_empty(),
        "the search finds what is there"
    );
    assert!(!log::lines_with("INSERT INTO plainsessions_session").is_empty());
    assert_eq!(keys.len(), 3);
    for key in keys {
        assert_eq!(log::lines_with(&key), Vec::<String>::new());
    }
}

struct DebugOfEverything;

impl View for DebugOfEverything {
    async fn get(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        let response = Response::text("").with_header(
            plain::http::header::SET_COOKIE,
            plain::http::HeaderValue::try_from(format!(
                "sessionid={}",
                session.session_key().unwrap().expose()
            ))?,
        );
        let key = session.session_key().unwrap();
        let model = session.model_instance().unwrap();
        let hash = key.hash();
        Ok(Response::text(format!(
            "{request:?} {request:#?} {session:?} {session:#?} {key:?} {hash:?} {model:?} \
             {response:?} {response:#?}"
        )))
    }
}

async fn debug_of_a_store_key_request_and_response_shows_the_fingerprint_at_most(kind: Kind) {
    let site = Site::on(kind).view("debug", DebugOfEverything);
    let site = site.start().await;
    let visitor = site.visitor_with("password", "a private value").await;
    let shown = visitor.get("/debug").await;
    assert_eq!(shown.status(), 200);
    let text = shown.text();
    assert!(!text.contains(&visitor.key().unwrap()), "{text}");
    let fingerprint = &site.row().await.key_hash[..8];
    assert!(
        text.contains(&format!(
            "SessionStore {{ key: Some(Key({fingerprint})), names: [\"password\"] }}"
        )),
        "{text}"
    );
}

async fn debug_of_a_session_names_its_values_and_does_not_show_them(kind: Kind) {
    let site = Site::on(kind).page("debug", |session: SessionStore| async move {
        session.set("other", "another private value")?;
        session.update("third", |_: Option<String>| {
            "a third private value".to_owned()
        })?;
        Ok(Response::text(format!("{session:?}")))
    });
    let site = site.start().await;
    let visitor = site.visitor_with("password", "a private value").await;
    let text = visitor.get("/debug").await.text().to_owned();
    assert!(!text.contains("private"), "{text}");
    assert!(text.contains(r#"["other", "password", "third"]"#), "{text}");
}

async fn a_model_as_json_holds_no_key_and_no_value(kind: Kind) {
    let site = site(kind, false).await;
    let visitor = site.visitor_with("name", "Ada").await;
    let model = values(&visitor.get("/model").await);
    let fields: Vec<_> = model.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["created_at", "expires_at", "id", "owner"]);
    assert_eq!(model["owner"], json!(null));
}
