//! A project with the package installed, and what the tests ask of it.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use plain::App;
use plain::http::{Request, Response, Result};
use plain::packages::{Installer, Package};
use plain::test::{Client, TestApp, TestResponse};
use plain::urls::{include, path, urls};
use plain::views::{TemplateView, View};
use plain_auth::test::{FAST, Mailbox, PASSWORD, create_user};
use plain_auth::{
    AuthView, Outbox, Required, User, get_request_user, require_admin, require_confirmed,
    require_user,
};
use plain_sessions::test::{get_client_session, save_client_session};
use plain_sessions::{Session, SessionStore, SessionView};

pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const OTHER_PASSWORD: &str = "another good password";

/// A project with a page for each kind of visitor.
pub(crate) struct Project(pub(crate) Mailbox);

struct Home;
struct Cart;
struct Members;
struct Staff;
struct Payout;

impl View for Home {
    async fn get(&self, request: &Request) -> Result<Response> {
        let user = get_request_user(request).await?;
        Ok(Response::text(
            user.map_or("nobody".to_owned(), |user| user.email),
        ))
    }
}

impl SessionView for Cart {
    async fn get(&self, _: &Request, session: &SessionStore) -> Result<Response> {
        let items: u32 = session.get("items")?.unwrap_or(0);
        Ok(Response::text(items.to_string()))
    }

    async fn post(&self, _: &Request, session: &SessionStore) -> Result<Response> {
        session.set("items", 3)?;
        Ok(Response::redirect("/cart"))
    }
}

impl AuthView for Members {
    async fn get(&self, request: &Request, _: &User) -> Result<Response> {
        request.render("members.html", plain::context! {})
    }

    async fn post(&self, _: &Request, _: &User) -> Result<Response> {
        Ok(Response::text("posted"))
    }
}

/// A view that knows nothing of users; its template does.
struct Profile;

impl TemplateView for Profile {
    fn template(&self) -> &str {
        "members.html"
    }
}

impl AuthView for Staff {
    fn required(&self) -> Required {
        Required::Admin
    }

    async fn get(&self, _: &Request, user: &User) -> Result<Response> {
        Ok(Response::text(format!("staff: {}", user.email)))
    }
}

impl AuthView for Payout {
    fn confirmed_within(&self) -> Option<Duration> {
        Some(Duration::from_secs(300))
    }

    async fn get(&self, _: &Request, _: &User) -> Result<Response> {
        Ok(Response::text("how much?"))
    }

    async fn post(&self, _: &Request, _: &User) -> Result<Response> {
        Ok(Response::text("paid out"))
    }
}

impl Package for Project {
    fn name(&self) -> &'static str {
        "project"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.requires("plain.auth")
            .share(Outbox::new(self.0.clone()))
            .urls(urls([
                path("", Home),
                path("cart", Cart.as_view()),
                path("members", Members.as_view()),
                path("staff", Staff.as_view()),
                path("payout", Payout.as_view()),
                path("profile", require_user(Profile.as_view())),
                path(
                    "statement",
                    require_confirmed(Profile.as_view(), Duration::from_secs(300)),
                ),
                path("report", require_admin(Profile.as_view())),
                include("account", plain_auth::urls()),
                include("admin", plain::admin::urls()),
            ]));
        Ok(())
    }
}

/// The project, running, with ada's account in it.
pub(crate) struct Site {
    pub(crate) app: TestApp,
    pub(crate) mails: Mailbox,
    pub(crate) ada: User,
}

pub(crate) async fn site() -> Site {
    site_with([]).await
}

pub(crate) async fn site_with<const N: usize>(settings: [(&str, serde_json::Value); N]) -> Site {
    let mails = Mailbox::default();
    let packages: [Box<dyn Package>; 4] = [
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
        Box::new(Project(mails.clone())),
    ];
    let mut app = TestApp::of(packages)
        .middleware([
            plain_sessions::middleware::NAME,
            plain_auth::middleware::NAME,
        ])
        .file(
            "templates/members.html",
            "{{ current_user.email }} / {{ get_current_user().email }}",
        );
    for (name, value) in FAST {
        app = app.setting(name, value);
    }
    for (name, value) in settings {
        app = app.setting(name, value);
    }
    let app = app.start().await;
    let ada = create_user(app.services(), ADA).await.unwrap();
    Site { app, mails, ada }
}

impl Site {
    pub(crate) fn visitor(&self) -> Client<App> {
        self.app.client()
    }

    /// A visitor who signed in as ada, with the form.
    pub(crate) async fn signed_in(&self) -> Client<App> {
        let client = self.visitor();
        assert_eq!(sign_in(&client, ADA, PASSWORD).await.status(), 303);
        client
    }

    pub(crate) async fn find(&self, email: &str) -> Option<User> {
        User::find_by_email(self.app.database(), email)
            .await
            .unwrap()
    }

    pub(crate) async fn sessions(&self) -> Vec<Session> {
        let owner = self.ada.session_owner();
        Session::for_owner(self.app.database(), &owner)
            .await
            .unwrap()
    }

    pub(crate) async fn session_of(&self, client: &Client<App>) -> SessionStore {
        get_client_session(client, self.app.services())
            .await
            .unwrap()
    }

    /// Lets the visitor of `client` have shown `ago` who they are, which may be to come.
    pub(crate) async fn confirmed(&self, client: &Client<App>, ago: TimeDelta) {
        let session = self.session_of(client).await;
        let mut signed_in: serde_json::Value = session.get("plain.auth").unwrap().unwrap();
        signed_in["confirmed_at"] = (Utc::now() - ago).timestamp_micros().into();
        session.set("plain.auth", signed_in).unwrap();
        save_client_session(client, &session).await.unwrap();
    }

    pub(crate) fn hashes(&self) -> u64 {
        plain_auth::test::hash_operations(self.app.services()).unwrap()
    }
}

pub(crate) async fn sign_in(client: &Client<App>, email: &str, password: &str) -> TestResponse {
    let form = [("email", email), ("password", password)];
    client.post_form("/account/sign-in", &form).await
}

/// How many seconds a response says are to be waited; some may have passed since the last attempt.
pub(crate) fn seconds_to_wait(response: &TestResponse) -> u32 {
    let seconds = response.header("retry-after").expect("a time to wait");
    seconds.parse().expect("a number of seconds")
}

/// Who the front page takes the visitor for.
pub(crate) async fn name_of(client: &Client<App>) -> String {
    client.get("/").await.text().to_owned()
}
