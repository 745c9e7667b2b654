//! Who may open the admin, and its pages for users.

use plain::App;
use plain::http::Method;
use plain::test::{Client, TestApp};
use plain_auth::test::{create_admin, create_user, sign_in as sign_in_directly};

use super::support::{ADA, Site, name_of, site};

impl Site {
    async fn admin(&self) -> Client<App> {
        let services = self.app.services();
        let admin = create_admin(services, "root@example.com").await.unwrap();
        let client = self.visitor();
        sign_in_directly(&client, services, &admin).await.unwrap();
        client
    }
}

#[tokio::test]
async fn admins_get_in_and_nobody_else() {
    let site = site().await;
    let admin = site.admin().await;
    let (member, stranger) = (site.signed_in().await, site.visitor());
    let mut closed = create_admin(site.app.services(), "closed@example.com")
        .await
        .unwrap();
    let former = site.visitor();
    sign_in_directly(&former, site.app.services(), &closed)
        .await
        .unwrap();
    assert_eq!(former.get("/admin").await.status(), 200);
    closed.deactivate(site.app.database()).await.unwrap();
    for page in [
        "/admin",
        "/admin/users",
        "/admin/settings",
        "/admin/nothing",
    ] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
            let status = async |client: &Client<App>| {
                let response = client.request(method.clone(), page).await;
                response.status().as_u16()
            };
            assert_eq!(status(&stranger).await, 302, "{method} {page}");
            assert_eq!(status(&former).await, 302, "{method} {page}");
            assert_eq!(status(&member).await, 403, "{method} {page}");
        }
    }
    let asked = stranger.get("/admin/users?page=2").await;
    assert_eq!(
        asked.location(),
        Some("/account/sign-in?next=%2Fadmin%2Fusers%3Fpage%3D2")
    );
    let page = admin.get("/admin").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().contains("root@example.com"), "{page:?}");
    assert!(
        page.text().contains("action=\"/account/sign-out\""),
        "{page:?}"
    );
    admin.post("/account/sign-out").await;
    assert_eq!(admin.get("/admin").await.status(), 302);
}

#[tokio::test]
async fn users_are_listed_without_what_their_passwords_are_stored_as() {
    let site = site().await;
    let admin = site.admin().await;
    let id = site.ada.id;
    for page in [
        "/admin/users".to_owned(),
        "/admin/users?order=password_hash".to_owned(),
        format!("/admin/users/{id}"),
    ] {
        let response = admin.get(&page).await;
        assert!(!response.text().contains("argon2"), "{response:?}");
    }
    assert!(admin.get("/admin/users").await.text().contains(ADA));
    assert!(
        admin
            .get(&format!("/admin/users/{id}"))
            .await
            .text()
            .contains(ADA)
    );
}

#[tokio::test]
async fn a_user_who_is_deactivated_in_the_admin_is_out_at_once() {
    let site = site().await;
    let admin = site.admin().await;
    let ada = site.signed_in().await;
    let form = [
        ("action", "deactivate"),
        ("id", &site.ada.id.to_string()),
        ("confirmed", "yes"),
    ];
    let page = admin.post_form("/admin/users/action", &form).await;
    assert!(page.status().is_redirection(), "{page:?}");
    assert_eq!(name_of(&ada).await, "nobody");
    assert!(!site.find(ADA).await.unwrap().is_active);
}

#[tokio::test]
async fn nobody_closes_the_door_behind_which_they_stand() {
    let site = site().await;
    let admin = site.admin().await;
    create_user(site.app.services(), "bob@example.com")
        .await
        .unwrap();
    let own = site.find("root@example.com").await.unwrap().id.to_string();
    for action in ["deactivate", "take-the-admin-away"] {
        let form = [("action", action), ("id", &own), ("confirmed", "yes")];
        let page = admin.post_form("/admin/users/action", &form).await;
        assert_eq!(page.status(), 400, "{page:?}");
        assert!(page.text().contains("This is your own account"), "{page:?}");
        // Of all users, the others.
        let form = [("action", action), ("all", "yes"), ("confirmed", "yes")];
        let page = admin.post_form("/admin/users/action", &form).await;
        assert!(page.status().is_redirection(), "{page:?}");
    }
    assert_eq!(admin.get("/admin").await.status(), 200);
    assert!(!site.find("bob@example.com").await.unwrap().is_active);
}

#[tokio::test]
async fn an_application_without_the_admin_does_with_users_all_the_same() {
    let app = TestApp::of([plain_sessions::package(), plain_auth::package()]);
    app.start().await;
}
