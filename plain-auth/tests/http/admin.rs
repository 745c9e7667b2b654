//! Who may open the admin.

use plain::App;
use plain::http::Method;
use plain::test::{Client, TestApp};
use plain_auth::test::{create_admin, sign_in as sign_in_directly};

use super::support::site;

#[tokio::test]
async fn admins_get_in_and_nobody_else() {
    let site = site().await;
    let (member, stranger) = (site.signed_in().await, site.visitor());
    let mut closed = create_admin(site.app.services(), "closed@example.com")
        .await
        .unwrap();
    let former = site.visitor();
    sign_in_directly(&former, site.app.services(), &closed)
        .await
        .unwrap();
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
}

#[tokio::test]
async fn an_application_without_the_admin_does_with_users_all_the_same() {
    let app = TestApp::of([plain_sessions::package(), plain_auth::package()]);
    app.start().await;
}
