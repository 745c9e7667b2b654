//! Signing in and out.

use plain_auth::User;
use plain_auth::test::{PASSWORD, create_user};
use serde_json::json;

use super::support::{ADA, Site, name_of, sign_in, site, site_with};

#[tokio::test]
async fn who_signs_in_is_known_until_they_sign_out() {
    let site = site().await;
    let client = site.visitor();
    assert_eq!(name_of(&client).await, "nobody");
    let response = sign_in(&client, " ADA@example.com ", PASSWORD).await;
    assert_eq!(
        (response.status().as_u16(), response.location()),
        (303, Some("/"))
    );
    assert_eq!(name_of(&client).await, ADA);
    assert!(site.find(ADA).await.unwrap().last_sign_in_at.is_some());

    assert_eq!(client.get("/account/sign-out").await.status(), 405);
    assert_eq!(name_of(&client).await, ADA);
    let response = client.post("/account/sign-out").await;
    assert_eq!(
        (response.status().as_u16(), response.location()),
        (303, Some("/"))
    );
    assert_eq!(name_of(&client).await, "nobody");
    assert!(site.sessions().await.is_empty());
}

#[tokio::test]
async fn signing_in_always_changes_the_key_and_keeps_what_is_in_the_session() {
    let site = site().await;
    let client = site.visitor();
    client.post("/cart").await;
    let mut keys = vec![client.cookie("sessionid").unwrap()];
    for _ in 0..3 {
        assert_eq!(sign_in(&client, ADA, PASSWORD).await.status(), 303);
        keys.push(client.cookie("sessionid").unwrap());
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 4);
    assert_eq!(client.get("/cart").await.text(), "3");
    let [session] = &site.sessions().await[..] else {
        panic!("one session");
    };
    assert_eq!(session.owner, Some(site.ada.session_owner()));
    // The keys from before open nothing.
    let thief = site.visitor();
    for old in &keys {
        if Some(old) != client.cookie("sessionid").as_ref() {
            thief.set_cookie("sessionid", old);
            assert_eq!(name_of(&thief).await, "nobody");
        }
    }
}

#[tokio::test]
async fn what_someone_else_left_in_the_session_is_not_taken_over() {
    let site = site().await;
    create_user(site.app.services(), "bob@example.com")
        .await
        .unwrap();
    let client = site.signed_in().await;
    client.post("/cart").await;
    assert_eq!(
        sign_in(&client, "bob@example.com", PASSWORD).await.status(),
        303
    );
    assert_eq!(name_of(&client).await, "bob@example.com");
    assert_eq!(client.get("/cart").await.text(), "0");
    assert!(site.sessions().await.is_empty());
}

#[tokio::test]
async fn a_failed_sign_in_does_not_tell_whether_there_is_an_account() {
    let site = site().await;
    let mut closed = create_user(site.app.services(), "closed@example.com")
        .await
        .unwrap();
    closed.deactivate(site.app.database()).await.unwrap();
    let mut pages = Vec::new();
    for (email, password) in [
        (ADA, "not her password"),
        ("xyz@example.com", "not her password"),
        ("closed@example.com", PASSWORD),
        ("no address", "not her password"),
        (ADA, ""),
        (ADA, &"x".repeat(100_000)),
    ] {
        let client = site.visitor();
        let before = site.hashes();
        let response = sign_in(&client, email, password).await;
        assert_eq!(response.status(), 422, "{email}");
        assert_eq!(site.hashes() - before, 1, "{email}");
        assert!(client.cookies().is_empty(), "{email}");
        let statements: Vec<_> = response
            .statements()
            .iter()
            .map(|it| it.sql.to_string())
            .collect();
        let page = response.text().replace(email, "EMAIL");
        pages.push((page, statements));
    }
    assert!(
        pages[0]
            .0
            .contains("The email address or the password is not right.")
    );
    pages.dedup();
    assert_eq!(pages.len(), 1);
}

#[tokio::test]
async fn a_password_is_the_same_however_its_accents_are_typed() {
    let site = site().await;
    let app = site.app.services();
    let composed = "cr\u{e8}me br\u{fb}l\u{e9}e";
    let role = plain_auth::Role::Member;
    User::create(app, "eve@example.com", composed, role)
        .await
        .unwrap();
    let decomposed = "cre\u{300}me bru\u{302}le\u{301}e";
    let response = sign_in(&site.visitor(), "eve@example.com", decomposed).await;
    assert_eq!(response.status(), 303);
}

#[tokio::test]
async fn a_hash_with_former_parameters_is_renewed_and_keeps_other_sessions() {
    let site = site().await;
    let stored = async || -> String {
        let query = site
            .app
            .database()
            .query("SELECT password_hash FROM plainauth_user");
        query.scalar().await.unwrap()
    };
    let other = site.signed_in().await;
    let before = stored().await;
    assert!(
        before.starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
        "{before}"
    );
    let former = "$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHRzYWx0$";
    // What the password hashes to with these parameters, made by another implementation's rules.
    let params = argon2::Params::new(16, 2, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let hash: argon2::PasswordHash = argon2::PasswordHasher::hash_password_with_salt(
        &argon2,
        PASSWORD.as_bytes(),
        b"saltsaltsalt",
    )
    .unwrap();
    assert!(hash.to_string().starts_with(former));
    store(&site, &hash.to_string()).await;

    assert_eq!(sign_in(&site.visitor(), ADA, PASSWORD).await.status(), 303);
    assert!(stored().await.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
    assert_eq!(name_of(&other).await, ADA);
    assert_eq!(sign_in(&site.visitor(), ADA, PASSWORD).await.status(), 303);
}

/// Puts `hash` in place of all hashes.
async fn store(site: &Site, hash: &str) {
    let update = "UPDATE plainauth_user SET password_hash = $1";
    let update = site.app.database().query(update).bind(hash);
    update.execute().await.unwrap();
}

#[tokio::test]
async fn a_stored_hash_that_is_none_or_far_too_costly_opens_nothing() {
    let site = site().await;
    for broken in [
        "",
        "x",
        "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    ] {
        store(&site, broken).await;
        let before = site.hashes();
        assert_eq!(sign_in(&site.visitor(), ADA, PASSWORD).await.status(), 422);
        assert_eq!(site.hashes() - before, 1);
    }
}

#[tokio::test]
async fn signing_in_leads_on_to_the_page_asked_for_and_nowhere_else() {
    let site = site_with([
        ("AUTH_SIGN_IN_REDIRECT", json!("/cart")),
        ("AUTH_ATTEMPTS_PER_ADDRESS", json!(1000)),
    ])
    .await;
    let client = site.visitor();
    let asked = client.get("/members?tab=1&x=%2F").await;
    let page = asked.location().unwrap().to_owned();
    assert_eq!(
        page,
        "/account/sign-in?next=%2Fmembers%3Ftab%3D1%26x%3D%252F"
    );
    assert_eq!(client.get(&page).await.status(), 200);
    let form = [("email", ADA), ("password", PASSWORD)];
    let response = client.post_form(&page, &form).await;
    assert_eq!(response.location(), Some("/members?tab=1&x=%2F"));
    // Who is signed in already goes on too.
    assert_eq!(
        client.get(&page).await.location(),
        Some("/members?tab=1&x=%2F")
    );

    for forged in [
        "https%3A%2F%2Felsewhere.example",
        "%2F%2Felsewhere.example",
        "//elsewhere.example",
        "%2F%5Celsewhere.example",
        "%2F%09%2Felsewhere.example",
        "%2F%0D%0ASet-Cookie%3A%20a%3Db",
        "%2F%252Felsewhere.example",
        "javascript%3Aalert(1)",
        "%2Fcart&next=//elsewhere.example",
        "",
        "%FF",
    ] {
        for client in [&client, &site.visitor()] {
            let page = format!("/account/sign-in?next={forged}");
            let shown = client.get(&page).await;
            assert!(
                shown.location().is_none_or(|to| to == "/cart"),
                "{forged}: {shown:?}"
            );
            assert!(!shown.text().contains("elsewhere"), "{forged}: {shown:?}");
            let response = client.post_form(&page, &form).await;
            assert_eq!(response.location(), Some("/cart"), "{forged}");
        }
    }
}

#[tokio::test]
async fn a_form_that_no_browser_sends_gets_a_clear_answer() {
    let site = site().await;
    let client = site.visitor();
    let send = async |body: String| {
        let request = client.post("/account/sign-in").body(body);
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .await
    };
    let missing = send("email=ada%40example.com".to_owned()).await;
    assert_eq!(missing.status(), 422);
    assert!(missing.text().contains("it is missing"));
    assert_eq!(send(String::new()).await.status(), 422);
    let repeated = send("email=a%40b&email=c%40d&password=x".to_owned()).await;
    assert_eq!(repeated.status(), 422);
    assert!(repeated.text().contains("it comes more than once"));
    assert_eq!(send("x=1&".repeat(10_000)).await.status(), 413);
    assert_eq!(send("email=%ff&password=x".to_owned()).await.status(), 400);
    assert_eq!(
        send("email=a%00b&password=%00".to_owned()).await.status(),
        422
    );
    let json = client
        .post_json("/account/sign-in", &json!({"email": ADA}))
        .await;
    assert_eq!(json.status(), 415);
}

#[tokio::test]
async fn a_post_from_another_site_does_nothing() {
    let site = site().await;
    let client = site.signed_in().await;
    for page in ["sign-in", "sign-out", "password", "reset", "sessions"] {
        let response = client.post(&format!("/account/{page}")).cross_site().await;
        assert_eq!(response.status(), 403, "{page}");
    }
    assert_eq!(name_of(&client).await, ADA);
}

#[tokio::test]
async fn what_is_typed_is_shown_again_as_text_and_passwords_never() {
    let site = site().await;
    let typed = "\"><script>alert(1)</script>@example.com";
    let response = sign_in(&site.visitor(), typed, "<b>secret</b>").await;
    assert!(!response.text().contains("<script>alert"), "{response:?}");
    assert!(
        response.text().contains("&lt;script&gt;alert(1)"),
        "{response:?}"
    );
    assert!(!response.text().contains("secret"), "{response:?}");
}

#[tokio::test]
async fn the_pages_are_kept_nowhere() {
    let site = site().await;
    let client = site.signed_in().await;
    for page in ["password", "sessions", "reset", "reset/sent"] {
        let response = client.get(&format!("/account/{page}")).await;
        assert_eq!(response.header("cache-control"), Some("no-store"), "{page}");
    }
    let home = client.get("/").await;
    assert_eq!(home.header("cache-control"), Some("private"));
    assert_eq!(home.header("vary"), Some("Cookie"));
    assert_eq!(site.visitor().get("/").await.header("cache-control"), None);
}
