//! Who may open the admin, and its pages for users.

use plain::App;
use plain::test::{Client, TestApp};
use plain_auth::test::{PASSWORD, create_admin, create_user, sign_in as sign_in_directly};
use plain_auth::{Role, User};
use plain_sessions::Session;

use super::support::{ADA, OTHER_PASSWORD, Site, name_of, site};

impl Site {
    async fn admin(&self) -> Client<App> {
        let services = self.app.services();
        let admin = create_admin(services, "root@example.com").await.unwrap();
        let client = self.visitor();
        sign_in_directly(&client, services, &admin).await.unwrap();
        client
    }
}

/// Every address of the admin, with what is there in the places of its pattern.
fn addresses(site: &Site) -> Vec<String> {
    let routes = site.app.router().routes().iter();
    let patterns = routes
        .map(|route| route.pattern())
        .filter(|pattern| pattern.starts_with("admin"));
    let filled = |pattern: &str| {
        ["users", "sessions"].map(|viewset| {
            let address = pattern.replace("<slug:viewset>", viewset);
            let address = format!("/{}", address.replace("<id>", "1"));
            assert!(!address.contains('<'), "{address}");
            address
        })
    };
    let mut addresses: Vec<_> = patterns.flat_map(filled).collect();
    addresses.dedup();
    assert!(addresses.len() >= 25, "{addresses:?}");
    addresses
}

/// What no page shows to who is not let in.
const INNER: [&str; 3] = ["root@example.com", "Overview", "Settings"];

impl Site {
    /// A visitor who is signed in as an admin of this address.
    async fn admin_of(&self, email: &str) -> (User, Client<App>) {
        let user = create_admin(self.app.services(), email).await.unwrap();
        let client = self.visitor();
        let signed_in = sign_in_directly(&client, self.app.services(), &user);
        signed_in.await.unwrap();
        assert_eq!(client.get("/admin").await.status(), 200);
        (user, client)
    }

    /// All kinds of visitors who must not get in, with how they are turned away.
    async fn outsiders(&self) -> Vec<(&'static str, Client<App>, u16)> {
        let db = self.app.database();
        let (mut closed, deactivated) = self.admin_of("closed@example.com").await;
        closed.deactivate(db).await.unwrap();
        let (ended, without_session) = self.admin_of("ended@example.com").await;
        Session::end_all(db, &ended.session_owner()).await.unwrap();
        let (mut former, demoted) = self.admin_of("former@example.com").await;
        former.set_role(db, Role::Member).await.unwrap();
        let (mut changed, old_password) = self.admin_of("changed@example.com").await;
        let set = changed.set_password(self.app.services(), OTHER_PASSWORD, None);
        set.await.unwrap();
        let forger = self.visitor();
        forger.set_cookie("sessionid", "abcdefghijklmnopqrstuvwxyz012345");
        vec![
            ("a stranger", self.visitor(), 302),
            ("a member", self.signed_in().await, 403),
            ("a deactivated admin", deactivated, 302),
            ("an admin whose session was ended", without_session, 302),
            ("an admin with a former password", old_password, 302),
            ("a former admin", demoted, 403),
            ("a forger", forger, 302),
        ]
    }
}

/// What would do something, if it were let in.
const ORDER: [(&str, &str); 5] = [
    ("action", "deactivate"),
    ("all", "yes"),
    ("id", "1"),
    ("confirmed", "yes"),
    ("chore", "plain.sessions.chores.ClearExpired"),
];

#[tokio::test]
async fn admins_get_in_and_nobody_else_at_any_address_by_any_method() {
    let site = site().await;
    let admin = site.admin().await;
    let sessions = site.sessions().await.len();
    let outsiders = site.outsiders().await;
    for address in addresses(&site) {
        let page = admin.get(&address).await.status().as_u16();
        assert!(
            [200, 405].contains(&page) || page == 404,
            "{page} {address}"
        );
        for (who, visitor, status) in &outsiders {
            for method in [
                "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
            ] {
                let request = visitor.request(method.parse().unwrap(), &address);
                let request = match method {
                    "POST" => request.form(&ORDER),
                    _ => request.header("x-http-method-override", "GET"),
                };
                let answer = request.await;
                let case = format!("{who}: {method} {address}: {answer:?}");
                assert_eq!(answer.status().as_u16(), *status, "{case}");
                assert_eq!(answer.header("allow"), None, "{case}");
                for inner in INNER {
                    assert!(!answer.text().contains(inner), "{inner} {case}");
                }
                if let Some(location) = answer.location() {
                    let to = "/account/sign-in?next=%2Fadmin";
                    assert!(location.starts_with(to), "{case}");
                }
            }
        }
    }
    assert!(site.find(ADA).await.unwrap().is_active);
    assert_eq!(site.sessions().await.len(), sessions + 1, "the member's");
    let log = admin.get("/admin/changes").await;
    assert!(log.text().contains("There is nothing here yet."), "{log:?}");
    admin.post("/account/sign-out").await;
    assert_eq!(admin.get("/admin").await.status(), 302);
}

#[tokio::test]
async fn no_other_spelling_of_an_address_is_a_way_in() {
    let site = site().await;
    site.admin().await;
    let outsiders = site.outsiders().await;
    for address in [
        "https://localhost//admin/users",
        "https://localhost//admin//users",
        "https://localhost///admin/users/1",
        "/admin//users",
        "/admin/./users",
        "/admin/../admin/users",
        "/account/../admin/users",
        "/account/%2e%2e/admin/users",
        "/%61dmin/users",
        "/admin/%75sers",
        "/%2561dmin/users",
        "/admin%2Fusers",
        "/admin%5Cusers",
        "/admin/users/",
        "/admin/users;x=1",
        "/admin/users?next=//elsewhere.example",
        "/admin/users?next=https%3A%2F%2Felsewhere.example",
        "/ADMIN/users",
        "/admin/users%00",
        "/admin/users%0d%0aLocation:%20//elsewhere.example",
    ] {
        for (who, visitor, _) in &outsiders {
            for method in ["GET", "POST", "HEAD", "OPTIONS"] {
                let answer = visitor
                    .request(method.parse().unwrap(), address)
                    .header("x-http-method-override", "GET")
                    .header("x-original-url", "/admin/users")
                    .header("x-rewrite-url", "/admin/users")
                    .header("x-forwarded-prefix", "/admin")
                    .await;
                let case = format!("{who}: {method} {address}: {answer:?}");
                let status = answer.status().as_u16();
                assert!([302, 308, 400, 403, 404].contains(&status), "{case}");
                for inner in INNER {
                    assert!(!answer.text().contains(inner), "{inner} {case}");
                }
                if let Some(location) = answer.location() {
                    let stays = location.starts_with('/') && !location.starts_with("//");
                    assert!(stays && !location.contains("next=%2F%2F"), "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_post_of_another_site_does_nothing_with_an_admins_session() {
    let site = site().await;
    let admin = site.admin().await;
    for address in addresses(&site) {
        let answer = admin.post_form(&address, &ORDER).cross_site().await;
        assert_eq!(answer.status(), 403, "{address}");
    }
    assert!(site.find(ADA).await.unwrap().is_active);
}

#[tokio::test]
async fn who_signs_in_on_the_way_to_the_admin_comes_to_that_page() {
    let site = site().await;
    create_admin(site.app.services(), "root@example.com")
        .await
        .unwrap();
    let client = site.visitor();
    let asked = client.get("/admin/users?page=2").await;
    let to_sign_in = asked.location().unwrap();
    assert_eq!(
        to_sign_in,
        "/account/sign-in?next=%2Fadmin%2Fusers%3Fpage%3D2"
    );
    let form = [("email", "root@example.com"), ("password", PASSWORD)];
    let signed_in = client.post_form(to_sign_in, &form).await;
    assert_eq!(signed_in.location(), Some("/admin/users?page=2"));
    let page = client.get("/admin").await;
    assert!(page.text().contains("root@example.com"), "{page:?}");
    assert!(
        page.text().contains("action=\"/account/sign-out\""),
        "{page:?}"
    );
}

#[tokio::test]
async fn the_page_of_a_user_leads_to_their_sessions_and_offers_what_can_be_done() {
    let site = site().await;
    let admin = site.admin().await;
    site.signed_in().await;
    let id = site.ada.id;
    let page = admin.get(&format!("/admin/users/{id}")).await;
    let sessions = format!("/admin/sessions?q=owner%3A{id}");
    assert!(page.text().contains(&sessions), "{page:?}");
    assert!(page.text().contains(">Deactivate<") && !page.text().contains(">Activate<"));
    let found = admin.get(&sessions).await;
    assert!(found.text().contains("Rows 1 to 1 of 1"), "{found:?}");
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
