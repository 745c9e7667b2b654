//! The ways to a session: views, middleware, code outside of requests, tests.

use futures_util::future::join_all;
use plain::db::Kind;
use plain::http::{Request, Response, Result, StatusCode};
use plain::middleware::Middleware;
use plain::test::both;
use plain::views::View;
use plain_sessions::test::{get_client_session, save_client_session};
use plain_sessions::{
    SessionKey, SessionNotAvailable, SessionStore, SessionView, get_request_session,
};
use plain_tests::sessions::{Site, clear, costs, flush, set, status, values};
use serde_json::json;

use crate::{UNKNOWN, cookie, vary};

both![
    outside_of_a_session_view_the_session_is_asked_for,
    a_session_is_loaded_once_however_often_it_is_asked_for,
    without_the_middleware_a_session_is_not_available_and_the_error_says_so,
    with_debug_the_page_says_which_middleware_is_missing,
    a_store_is_used_like_a_map,
    a_store_tells_whether_it_was_looked_at_and_whether_it_was_changed,
    a_session_that_a_handler_saves_itself_has_its_cookie_whatever_becomes_of_the_request,
    head_and_options_of_a_session_view_change_nothing,
    middleware_inside_of_the_sessions_uses_the_same_session_before_and_after_the_view,
    a_session_outside_of_requests_is_made_saved_and_loaded,
    what_is_no_live_session_is_not_loaded,
    a_save_that_failed_can_be_tried_again,
    a_test_looks_into_the_session_of_its_client_and_puts_something_there,
    clearing_and_flushing_differ_in_what_stays,
];

/// Answers with what it finds out about a session.
struct Asking<F>(F);

impl<F, A> View for Asking<F>
where
    F: Fn(SessionStore) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Response>> + Send,
{
    async fn get(&self, request: &Request) -> Result<Response> {
        let session = get_request_session(request).await?;
        (self.0)(session).await
    }
}

async fn outside_of_a_session_view_the_session_is_asked_for(kind: Kind) {
    let site = Site::on(kind).view(
        "visit",
        Asking(async |session: SessionStore| {
            session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
            Ok(Response::text(""))
        }),
    );
    let site = site.start().await;
    let visitor = site.visitor();
    visitor.get("/visit").await;
    visitor.get("/visit").await;
    assert_eq!(values(&visitor.look().await), json!({ "visits": 2 }));
}

struct AskingOften;

impl SessionView for AskingOften {
    async fn get(&self, request: &Request, session: &SessionStore) -> Result<Response> {
        let others = (0..10).map(|_| get_request_session(request));
        for other in join_all(others).await {
            let other = other?;
            other.update("n", |n: Option<u32>| n.unwrap_or(0) + 1)?;
            assert_eq!(session.items(), other.items());
        }
        Ok(Response::text(
            session.get::<u32>("n")?.unwrap_or(0).to_string(),
        ))
    }
}

async fn a_session_is_loaded_once_however_often_it_is_asked_for(kind: Kind) {
    struct AtOnce;

    impl View for AtOnce {
        async fn get(&self, request: &Request) -> Result<Response> {
            let all = join_all((0..10).map(|_| get_request_session(request))).await;
            let all: Vec<SessionStore> = all.into_iter().collect::<Result<_>>()?;
            all[0].set("by the first", true)?;
            Response::json(&all[9].keys())
        }
    }

    let site = Site::on(kind)
        .view("often", AskingOften.as_view())
        .view("at-once", AtOnce);
    let site = site.start().await;
    let visitor = site.visitor_with("n", 1).await;
    let response = visitor.get("/often").await;
    assert_eq!(
        (response.text(), costs(&response).as_str()),
        ("11", "SELECT UPDATE")
    );
    let response = visitor.get("/at-once").await;
    assert_eq!(response.text(), r#"["by the first","n"]"#);
    assert_eq!(costs(&response), "SELECT UPDATE");
}

async fn without_the_middleware_a_session_is_not_available_and_the_error_says_so(kind: Kind) {
    struct Telling;

    impl View for Telling {
        async fn get(&self, request: &Request) -> Result<Response> {
            let error = get_request_session(request).await.unwrap_err();
            assert!(error.find::<SessionNotAvailable>().is_some());
            let cause = error.cause().unwrap().to_string();
            Ok(Response::text(cause).with_status(error.status()))
        }
    }

    let site = Site::on(kind)
        .without_session_middleware()
        .view("tell", Telling);
    let site = site.start().await;
    let response = site.visitor().get("/tell").await;
    assert_eq!(response.status(), 500);
    insta::allow_duplicates!(
        insta::assert_snapshot!(response.text(), @r#"the session is not available: add "plain.sessions.middleware.SessionMiddleware" to MIDDLEWARE and "plain.sessions" to INSTALLED_PACKAGES, in settings.toml"#)
    );
    let response = site.visitor_who_sends(UNKNOWN).look().await;
    assert_eq!(
        (response.status().as_u16(), costs(&response).as_str()),
        (500, "")
    );
    assert_eq!((cookie(&response), vary(&response)), (None, Some("Accept")));
}

async fn with_debug_the_page_says_which_middleware_is_missing(kind: Kind) {
    let site = Site::on(kind)
        .without_session_middleware()
        .with("DEBUG", true);
    let site = site.start().await;
    let response = site.visitor().look().header("accept", "text/html").await;
    assert_eq!(response.status(), 500);
    let name = "plain.sessions.middleware.SessionMiddleware";
    assert!(response.text().contains(name), "{response:?}");
}

async fn a_store_is_used_like_a_map(kind: Kind) {
    let site = Site::on(kind).page("use", |session: SessionStore| async move {
        assert_eq!((session.is_empty(), session.len()), (true, 0));
        session.extend([("b", 2), ("a", 1)])?;
        session.set("c", "three")?;
        assert!(!session.is_empty());
        assert_eq!(session.len(), 3);
        assert_eq!(session.keys(), ["a", "b", "c"]);
        assert_eq!(session.values(), [json!(1), json!(2), json!("three")]);
        assert_eq!(session.items()[1], ("b".to_owned(), json!(2)));
        assert!(session.contains_key("a") && !session.contains_key("z"));
        assert_eq!(session.pop::<u8>("a")?, Some(1));
        assert_eq!(session.pop::<u8>("a")?, None);
        assert!(session.remove("b") && !session.remove("b"));
        assert_eq!(session.setdefault("c", "four".to_owned())?, "three");
        assert_eq!(session.setdefault("d", 4)?, 4);
        assert_eq!(session.get::<String>("missing")?, None);
        let typed: SessionKey<i32> = SessionKey::new("d");
        assert_eq!(session.get(typed)?, Some(4));
        Ok(Response::text("used"))
    });
    let site = site.start().await;
    let visitor = site.visitor();
    assert_eq!(visitor.get("/use").await.text(), "used");
    assert_eq!(
        values(&visitor.look().await),
        json!({ "c": "three", "d": 4 })
    );
}

async fn a_store_tells_whether_it_was_looked_at_and_whether_it_was_changed(kind: Kind) {
    let site = Site::on(kind).page("tell", |session: SessionStore| async move {
        assert!(session.accessed() && !session.modified());
        session.get::<String>("name")?;
        assert!(!session.modified());
        session.set("name", "Grace")?;
        assert!(session.modified());
        session.save().await?;
        assert!(!session.modified());
        let before = session.model_instance().unwrap();
        assert_eq!(session.owner(), None);
        session.set_owner(Some("ada"))?;
        assert!(session.modified());
        assert_eq!(session.owner().as_deref(), Some("ada"));
        session.save().await?;
        session.cycle_key();
        assert!(session.modified());
        session.save().await?;
        let after = session.model_instance().unwrap();
        assert_eq!((before.id, before.created_at), (after.id, after.created_at));
        assert_ne!(before.fingerprint(), after.fingerprint());
        session.flush();
        assert!(session.modified());
        assert!(session.model_instance().is_none() && session.session_key().is_none());
        Ok(Response::text("told"))
    });
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    assert_eq!(visitor.get("/tell").await.text(), "told");
    assert_eq!((site.count().await, visitor.key()), (0, None));
}

async fn a_session_that_a_handler_saves_itself_has_its_cookie_whatever_becomes_of_the_request(
    kind: Kind,
) {
    let site = Site::on(kind)
        .page("save", |session: SessionStore| async move {
            session.set("name", "Ada")?;
            session.save().await?;
            let key = session.session_key().unwrap();
            Ok(Response::text(key.hash().fingerprint().to_owned()))
        })
        .page("fail", |session: SessionStore| async move {
            session.cycle_key();
            session.save().await?;
            session.set("name", "Grace")?;
            Ok(Response::new(StatusCode::INTERNAL_SERVER_ERROR))
        });
    let site = site.start().await;
    let visitor = site.visitor();
    let response = visitor.get("/save").await;
    assert_eq!(costs(&response), "INSERT");
    assert!(site.row().await.key_hash.starts_with(response.text()));
    let first = visitor.key().unwrap();
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));

    visitor.get("/fail").await;
    assert_ne!(visitor.key(), Some(first));
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));
    assert_eq!(site.count().await, 1);
}

async fn head_and_options_of_a_session_view_change_nothing(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.head("/look").await;
    assert_eq!((response.status().as_u16(), response.text()), (200, ""));
    assert_eq!(
        (costs(&response).as_str(), vary(&response)),
        ("SELECT", Some("Cookie"))
    );
    let options = visitor.request(http::Method::OPTIONS, "/look").await;
    assert_eq!(options.status(), 204);
    assert_eq!((cookie(&response), cookie(&options)), (None, None));
}

/// Uses the session around the view.
#[derive(Clone)]
struct Around;

impl Middleware for Around {
    async fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {
        if request.path() == "/untouched" {
            return Ok(None);
        }
        let session = get_request_session(request).await?;
        session.update("before", |n: Option<u32>| n.unwrap_or(0) + 1)?;
        Ok((request.path() == "/early").then(|| Response::text("early")))
    }

    async fn after_response(&self, request: &Request, response: Response) -> Result<Response> {
        if request.path() != "/untouched" {
            let session = get_request_session(request).await?;
            session.set("status", response.status().as_u16())?;
        }
        Ok(response)
    }
}

async fn middleware_inside_of_the_sessions_uses_the_same_session_before_and_after_the_view(
    kind: Kind,
) {
    let site = Site::on(kind).middleware("pages.Around", Around);
    let site = site.start().await;
    let visitor = site.visitor();
    let response = visitor.run([set("name", "Ada"), status(404)]).await;
    assert_eq!(costs(&response), "INSERT");
    let row = site.row().await.values();
    assert_eq!(row, json!({ "name": "Ada", "before": 1, "status": 404 }));

    assert_eq!(visitor.get("/early").await.text(), "early");
    let row = site.row().await.values();
    assert_eq!(row, json!({ "name": "Ada", "before": 2, "status": 404 }));

    let response = visitor.pass_by().await;
    assert_eq!((costs(&response).as_str(), vary(&response)), ("", None));
}

async fn a_session_outside_of_requests_is_made_saved_and_loaded(kind: Kind) {
    let site = Site::on(kind).start().await;
    let services = site.app().services();
    let session = SessionStore::new(services).unwrap();
    assert!(session.session_key().is_none() && session.model_instance().is_none());
    session.save().await.unwrap();
    assert_eq!(site.count().await, 0, "nothing is in it");

    session.set("name", "Ada").unwrap();
    session.save().await.unwrap();
    let key = session.session_key().unwrap();
    session.set("n", 1).unwrap();
    session.save().await.unwrap();
    assert_eq!(session.session_key(), Some(key.clone()));
    assert_eq!(site.row().await.values(), json!({ "name": "Ada", "n": 1 }));

    let loaded = SessionStore::load(services, key.expose()).await.unwrap();
    let loaded = loaded.unwrap();
    assert_eq!(loaded.items(), session.items());
    loaded.cycle_key();
    loaded.save().await.unwrap();
    assert_ne!(loaded.session_key(), Some(key.clone()));

    session.set("n", 2).unwrap();
    session.save().await.unwrap();
    assert_eq!(site.row().await.values(), json!({ "name": "Ada", "n": 1 }));
    assert!(
        session.session_key().is_none(),
        "it is not under its key any more"
    );

    loaded.flush();
    loaded.save().await.unwrap();
    assert_eq!(site.count().await, 0);
}

async fn what_is_no_live_session_is_not_loaded(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    site.expire().await;
    let expired = visitor.key().unwrap();
    for key in [expired.as_str(), UNKNOWN, "malformed", ""] {
        let loaded = SessionStore::load(site.app().services(), key).await;
        assert!(loaded.unwrap().is_none(), "{key}");
    }
}

async fn a_save_that_failed_can_be_tried_again(kind: Kind) {
    let site = Site::on(kind).start().await;
    let session = SessionStore::new(site.app().services()).unwrap();
    session.set("name", "Ada").unwrap();
    site.sql("ALTER TABLE plainsessions_session RENAME TO away")
        .await;
    assert!(session.save().await.is_err());
    assert!(session.modified());
    site.sql("ALTER TABLE away RENAME TO plainsessions_session")
        .await;
    session.save().await.unwrap();
    assert_eq!(site.row().await.values(), json!({ "name": "Ada" }));
}

async fn a_test_looks_into_the_session_of_its_client_and_puts_something_there(kind: Kind) {
    let site = Site::on(kind).start().await;
    let (visitor, services) = (site.visitor(), site.app().services());
    let session = get_client_session(&visitor, services).await.unwrap();
    assert!(session.is_empty());
    session.set("name", "Ada").unwrap();
    save_client_session(&visitor, &session).await.unwrap();
    assert_eq!(values(&visitor.look().await), json!({ "name": "Ada" }));

    visitor.run([set("n", 1)]).await;
    let session = get_client_session(&visitor, services).await.unwrap();
    assert_eq!(session.get::<u8>("n").unwrap(), Some(1));
    session.clear();
    save_client_session(&visitor, &session).await.unwrap();
    assert_eq!((visitor.key(), site.count().await), (None, 0));
}

async fn clearing_and_flushing_differ_in_what_stays(kind: Kind) {
    let site = Site::on(kind).start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let key = visitor.key();
    visitor.run([clear(), set("a", 1)]).await;
    assert_eq!(visitor.key(), key);
    visitor.run([flush(), set("a", 1)]).await;
    assert_ne!(visitor.key(), key);
}
