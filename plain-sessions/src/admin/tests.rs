//! The sessions in the admin, through HTTP.

use chrono::{TimeDelta, Utc};
use plain::App;
use plain::admin::{Access, AdminAccess, Visitor};
use plain::db::Model;
use plain::http::{Request, Result};
use plain::packages::{Installer, Package};
use plain::test::{Client, TestApp};
use plain::urls::{include, urls};

use crate::key::Key;
use crate::models::Session;
use crate::store::SessionStore;

struct Open;

impl AdminAccess for Open {
    async fn decide(&self, _: &Request) -> Result<Access> {
        Ok(Access::Granted(
            Visitor::new("1", "ada@example.com").sign_out("/logout"),
        ))
    }
}

struct Project;

impl Package for Project {
    fn name(&self) -> &'static str {
        "project"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.admin_access(Open)
            .urls(urls([include("admin", plain::admin::urls())]));
        Ok(())
    }
}

async fn app() -> TestApp {
    TestApp::of([plain::admin::package(), crate::package(), Project.boxed()])
        .start()
        .await
}

fn client(app: &TestApp) -> Client<App> {
    app.client().default_header("accept", "text/html")
}

/// Stores a session that holds a name, and returns its key.
async fn session(app: &TestApp, owner: Option<&str>, name: &str) -> Key {
    let session = SessionStore::new(app.services()).unwrap();
    session.set("name", name).unwrap();
    session.set_owner(owner).unwrap();
    session.save().await.unwrap();
    session.session_key().unwrap()
}

async fn expire(app: &TestApp, key: &Key) {
    let row = Session::query().filter("key_hash", &key.hash());
    let past = Utc::now() - TimeDelta::hours(1);
    row.update(app.database(), [("expires_at", past.into())])
        .await
        .unwrap();
}

async fn page(app: &TestApp, path: &str) -> String {
    let response = client(app).get(path).await;
    assert_eq!(response.status(), 200, "{response:?}");
    response.text().to_owned()
}

async fn left(app: &TestApp) -> u64 {
    Session::query().count(app.database()).await.unwrap()
}

#[tokio::test]
async fn a_session_is_found_by_its_pasted_key_which_is_shown_and_kept_nowhere() {
    let app = app().await;
    let key = session(&app, None, "Ada").await;
    session(&app, None, "Bob").await;
    let pasted = format!(" sessionid={}; ", key.expose());
    let answer = client(&app)
        .post_form("/admin/sessions", &[("q", &pasted)])
        .await;
    assert_eq!(answer.status(), 303);
    let location = answer.location().unwrap().to_owned();
    assert_eq!(
        location,
        format!("/admin/sessions?q={}", key.hash().as_str())
    );
    let found = page(&app, &location).await;
    assert!(found.contains("Rows 1 to 1 of 1") && found.contains(key.hash().fingerprint()));
    assert!(!found.contains(key.expose()));

    // Typed into the address by hand, too.
    let answer = client(&app)
        .get(&format!("/admin/sessions?q={}", key.expose()))
        .await;
    assert_eq!(
        (answer.status().as_u16(), answer.location()),
        (303, Some(location.as_str()))
    );
    assert!(!answer.text().contains(key.expose()));

    let form = [
        ("action", "end-selected"),
        ("all", "yes"),
        ("confirmed", "yes"),
    ];
    let acted = location.replace("/admin/sessions", "/admin/sessions/action");
    let done = client(&app)
        .post_form(&acted, &form)
        .follow_redirects(1)
        .await;
    assert!(done.text().contains("1 done"), "{done:?}");
    assert_eq!(left(&app).await, 1);
    assert!(!page(&app, "/admin/changes").await.contains(key.expose()));
}

#[tokio::test]
async fn a_session_is_found_by_its_fingerprint_or_its_owner() {
    let app = app().await;
    let key = session(&app, Some("42"), "Ada").await;
    session(&app, Some("43"), "Bob").await;
    for text in [
        key.hash().fingerprint(),
        "42",
        "owner:42",
        key.hash().as_str(),
    ] {
        let found = page(&app, &format!("/admin/sessions?q={text}")).await;
        assert!(found.contains("Rows 1 to 1 of 1"), "{text}");
        assert!(found.contains(key.hash().fingerprint()), "{text}");
    }
    assert!(
        page(&app, "/admin/sessions?q=nobody")
            .await
            .contains("Nothing matches")
    );
}

#[tokio::test]
async fn the_list_says_what_a_session_is_and_filters_by_it() {
    let app = app().await;
    let expired = session(&app, Some("42"), "Ada").await;
    expire(&app, &expired).await;
    let active = session(&app, None, "Bob").await;
    let all = page(&app, "/admin/sessions").await;
    for text in [
        "active",
        "expired",
        "14 bytes",
        "Created per day",
        "Last ClearExpired",
    ] {
        assert!(all.contains(text), "{text} {all}");
    }
    let found = async |filter: &str| {
        let page = page(&app, &format!("/admin/sessions?{filter}")).await;
        (
            page.contains(active.hash().fingerprint()),
            page.contains(expired.hash().fingerprint()),
        )
    };
    assert_eq!(found("filter=active").await, (true, false));
    assert_eq!(found("filter=expired").await, (false, true));
    assert_eq!(found("filter=anonymous").await, (true, false));
    assert_eq!(found("filter=signed-in").await, (false, true));
    assert_eq!(
        found("filter=signed-in&filter=active").await,
        (false, false)
    );
    for sort in ["created_at", "-created_at", "expires_at", "-expires_at"] {
        assert_eq!(found(&format!("sort={sort}")).await, (true, true));
    }
}

#[tokio::test]
async fn a_session_shows_names_and_its_values_only_when_asked_for() {
    let app = app().await;
    let key = session(&app, Some("42"), "<b>Ada</b>").await;
    let shown = page(&app, "/admin/sessions/1").await;
    assert!(shown.contains("<code>name</code>") && !shown.contains("Ada"));
    assert!(!shown.contains(key.expose()) && !shown.contains(key.hash().as_str()));
    let values = client(&app).post("/admin/sessions/1/reveal").await;
    assert!(
        values.text().contains("&lt;b&gt;Ada&lt;/b&gt;"),
        "{values:?}"
    );
    assert!(!values.text().contains("<b>Ada"));
    let log = page(&app, "/admin/changes").await;
    assert!(
        log.contains("Values shown") && log.contains("ada@example.com"),
        "{log}"
    );
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_by_owner_and_when_over() {
    let app = app().await;
    for owner in [Some("42"), Some("42"), Some("43"), None] {
        session(&app, owner, "x").await;
    }
    let expired = session(&app, None, "x").await;
    expire(&app, &expired).await;
    let post = async |address: &str, action: &str| {
        let form = [("action", action), ("confirmed", "yes")];
        let done = client(&app)
            .post_form(address, &form)
            .follow_redirects(1)
            .await;
        assert_eq!(done.status(), 200, "{done:?}");
        done.text().to_owned()
    };
    let done = post("/admin/sessions/1/action", "end-all-of-this-owner").await;
    assert!(done.contains("2 done"), "{done}");
    assert_eq!(left(&app).await, 3);
    post("/admin/sessions/3/action", "end").await;
    assert_eq!(left(&app).await, 2);
    let done = post("/admin/sessions/task", "clear-expired").await;
    assert!(done.contains("1 expired session deleted"), "{done}");
    assert_eq!(left(&app).await, 1);
    let gone = client(&app)
        .post_form("/admin/sessions/1/action", &[("action", "end")])
        .await;
    assert_eq!(gone.status(), 404);
}

#[tokio::test]
async fn a_row_that_someone_damaged_is_listed_as_unreadable() {
    let app = app().await;
    session(&app, None, "x").await;
    let damage = "UPDATE plainsessions_session SET session_data = '[1]'";
    app.database().query(damage).execute().await.unwrap();
    assert!(page(&app, "/admin/sessions").await.contains("unreadable"));
    assert!(page(&app, "/admin/sessions/1").await.contains("unreadable"));
}
