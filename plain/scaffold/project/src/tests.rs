//! The application as its visitors see it, over HTTP and with a fresh database each time.

use plain::test::TestApp;
use plain_auth::test::{FAST, create_admin, sign_in};

use crate::app;

async fn application() -> TestApp {
    TestApp::of([
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
        app::package(),
    ])
    .middleware([
        plain_sessions::middleware::NAME,
        plain_auth::middleware::NAME,
    ])
    .settings(FAST)
    .start()
    .await
}

#[tokio::test]
async fn a_note_is_shown_and_its_author_remembered() {
    let app = application().await;
    let ada = app.client();
    let form = [("author", "Ada"), ("text", "Hello")];
    assert_eq!(ada.post_form("/", &form).await.location(), Some("/"));

    let page = ada.get("/").await;
    assert!(page.text().contains("Hello"), "{page:?}");
    assert!(page.text().contains(r#"value="Ada""#), "{page:?}");
    assert_eq!(page.statements().len(), 2, "the session, and the notes");

    let stranger = app.client().get("/").await;
    assert!(stranger.text().contains("Hello"));
    assert!(!stranger.text().contains(r#"value="Ada""#));
}

#[tokio::test]
async fn an_empty_note_is_shown_again_with_what_is_wrong() {
    let app = application().await;
    let form = [("author", "Ada"), ("text", "")];
    let page = app.client().post_form("/", &form).await;
    assert_eq!(page.status(), 422);
    assert!(page.text().contains(r#"role="alert""#), "{page:?}");
}

#[tokio::test]
async fn the_admin_is_for_admins() {
    let app = application().await;
    let stranger = app.client().get("/admin").await;
    assert!(stranger.status().is_redirection(), "{stranger:?}");

    let admin = app.client();
    let user = create_admin(app.services(), "ada@example.com").await.unwrap();
    sign_in(&admin, app.services(), &user).await.unwrap();
    assert!(admin.get("/admin").await.text().contains("Notes"));
}
