//! Views for users, and the user in requests and templates.

use plain::http::Method;
use plain::preflight::Finding;
use plain::test::TestApp;
use plain_auth::test::{create_admin, sign_in as sign_in_directly};
use serde_json::json;

use super::support::{ADA, name_of, site, site_with};

#[tokio::test]
async fn a_view_for_users_leads_strangers_to_sign_in_by_every_method() {
    let site = site().await;
    let client = site.visitor();
    let to = "/account/sign-in?next=%2Fmembers";
    for method in [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
    ] {
        let response = client.request(method.clone(), "/members").await;
        assert_eq!(
            (response.status().as_u16(), response.location()),
            (303, Some(to)),
            "{method}"
        );
    }
    let forged = client
        .get("/members")
        .header("x-http-method-override", "POST")
        .await;
    assert_eq!(forged.location(), Some(to));
    let client = site.signed_in().await;
    assert_eq!(
        client.get("/members").await.text(),
        format!("{ADA} / {ADA}")
    );
    assert_eq!(client.post("/members").await.text(), "posted");
    assert_eq!(
        client.request(Method::DELETE, "/members").await.status(),
        405
    );
}

#[tokio::test]
async fn a_view_for_admins_is_closed_to_others() {
    let site = site().await;
    let client = site.signed_in().await;
    for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
        assert_eq!(client.request(method, "/staff").await.status(), 403);
    }
    assert_eq!(site.visitor().get("/staff").await.status(), 303);
    let admin = create_admin(site.app.services(), "root@example.com")
        .await
        .unwrap();
    let client = site.visitor();
    sign_in_directly(&client, site.app.services(), &admin)
        .await
        .unwrap();
    assert_eq!(client.get("/staff").await.text(), "staff: root@example.com");
}

#[tokio::test]
async fn a_view_of_any_kind_is_put_behind_the_door() {
    let site = site().await;
    for (page, next) in [("/profile", "%2Fprofile"), ("/report", "%2Freport")] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
            let response = site.visitor().request(method, page).await;
            let to = format!("/account/sign-in?next={next}");
            assert_eq!(response.location(), Some(to.as_str()), "{response:?}");
        }
    }
    let client = site.signed_in().await;
    let page = client.get("/profile").await;
    assert_eq!(page.text(), format!("{ADA} / {ADA}"));
    assert_eq!(page.statements().len(), 2, "the session, and the user");
    assert_eq!(client.post("/profile").await.status(), 405);
    assert_eq!(client.get("/report").await.status(), 403);
}

#[tokio::test]
async fn the_user_is_loaded_once_and_only_where_it_is_asked_for() {
    let site = site().await;
    let visitor = site.visitor();
    assert_eq!(visitor.get("/").await.statements().len(), 0);
    let client = site.signed_in().await;
    assert_eq!(client.get("/").await.statements().len(), 2);
    assert_eq!(client.get("/members").await.statements().len(), 2);
    assert_eq!(
        client.get("/assets/auth/auth.css").await.statements().len(),
        0
    );
    client.post("/account/sign-out").await;
    visitor.post("/cart").await;
    assert_eq!(visitor.get("/").await.statements().len(), 1);
}

#[tokio::test]
async fn a_session_that_only_claims_a_user_is_nobodys() {
    let site = site().await;
    let services = site.app.services();
    let client = site.visitor();
    for (owner, value) in [
        (
            None,
            json!({"user": site.ada.id, "password_set_at": site.ada.password_changed_at.timestamp_micros()}),
        ),
        (Some(site.ada.session_owner()), json!(null)),
        (
            Some(site.ada.session_owner()),
            json!({"user": site.ada.id, "password_set_at": 0}),
        ),
        (Some(site.ada.session_owner()), json!("x")),
        (
            Some("999999".to_owned()),
            json!({"user": 999_999, "password_set_at": 0}),
        ),
        (
            Some("x".to_owned()),
            json!({"user": site.ada.id, "password_set_at": site.ada.password_changed_at.timestamp_micros()}),
        ),
    ] {
        let session = site.session_of(&client).await;
        session.set_owner(owner.as_deref()).unwrap();
        session.set("plain.auth", value).unwrap();
        plain_sessions::test::save_client_session(&client, &session)
            .await
            .unwrap();
        assert_eq!(name_of(&client).await, "nobody");
        assert_eq!(client.get("/members").await.status(), 303);
    }
    sign_in_directly(&client, services, &site.ada)
        .await
        .unwrap();
    assert_eq!(name_of(&client).await, ADA);
}

#[tokio::test]
async fn without_the_middleware_the_error_says_what_to_add() {
    let packages = [plain_sessions::package(), plain_auth::package()];
    let app = TestApp::of(packages).start().await;
    let request = app.requests().get("/").build();
    let error = plain_auth::get_request_user(&request).await.unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r#"the user is not available: add "plain.auth.middleware.AuthMiddleware" to MIDDLEWARE, after "plain.sessions.middleware.SessionMiddleware", and "plain.auth" to INSTALLED_PACKAGES, in settings.toml"#);
}

#[tokio::test]
async fn a_middleware_in_the_wrong_place_is_refused_at_start() {
    use plain::app::Source;
    let source = Source::isolated("/nowhere")
        .with("DEBUG", true)
        .with(
            "INSTALLED_PACKAGES",
            json!(["plain.sessions", "plain.auth"]),
        )
        .with("MIDDLEWARE", json!([plain_auth::middleware::NAME]));
    let error = plain::App::load([plain_sessions::package(), plain_auth::package()], source);
    insta::assert_snapshot!(error.unwrap_err().to_string(), @r#"
    MIDDLEWARE lists `plain.auth.middleware.AuthMiddleware`, which needs `plain.sessions.middleware.SessionMiddleware` before it: write
        "plain.sessions.middleware.SessionMiddleware",
        "plain.auth.middleware.AuthMiddleware",
    "#);
}

#[tokio::test]
async fn preflight_finds_what_is_missing_or_weak() {
    let site = site_with([("AUTH_SIGN_UP", json!(true))]).await;
    let lines = findings(&site.app).await;
    insta::assert_snapshot!(lines, @"
    auth.admin: Warning: the admin is installed, and no active user is an admin
      run `plain users create you@example.com --admin`
    auth.argon2: Error: passwords are hashed with AUTH_ARGON2_MEMORY_KIB = 8 and AUTH_ARGON2_ITERATIONS = 1, so whoever gets hold of the database guesses them quickly
      remove both from the settings; the defaults are 19456 and 2
    auth.sign_up: Warning: signing up is open: every stranger can make an account
      if that is not meant, set AUTH_SIGN_UP = false
    ");
    let bare = TestApp::of([plain_sessions::package(), plain_auth::package()])
        .start()
        .await;
    insta::assert_snapshot!(findings(&bare).await, @r#"
    auth.middleware: Error: plain.auth is installed, but its middleware is not listed
      add "plain.auth.middleware.AuthMiddleware" to MIDDLEWARE in settings.toml
    auth.urls: Error: plain.auth is installed, but its pages have no address, so nobody can sign in
      add include("account", plain_auth::urls()) to the project's URLs
    auth.mailer: Warning: no mailer is set up: links for a new password are printed to the server's output instead of being sent
      implement plain_auth::Mailer, and share an Outbox with it in your package
    "#);
}

async fn findings(app: &TestApp) -> String {
    let mut lines = Vec::new();
    for check in app
        .checks()
        .iter()
        .filter(|check| check.package() == "plain.auth")
    {
        for Finding {
            level,
            problem,
            fix,
            ..
        } in check.run(app.services()).await.unwrap()
        {
            lines.push(format!("{}: {level:?}: {problem}\n  {fix}", check.name()));
        }
    }
    lines.join("\n")
}
