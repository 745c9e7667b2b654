//! What a whole story leaves in the finest log: who came, and nothing that lets another come as them.

use plain::db::{ConnectOptions, Database};
use plain::http::Result;
use plain::packages::{Installer, Package};
use plain::test::TestApp;
use plain::urls::{include, urls};
use plain_auth::Outbox;
use plain_auth::test::{FAST, Mailbox, create_admin};
use plain_tests::log;

const SECRET_KEY: &str = "d3Vq9LrXw7ZtPzKb5MhNc2SfJg8YuTa4EoRi6VxQnWmCyBpHkA";
const PASSWORD: &str = "plenty of ripe quinces";
const WRONG: &str = "plenty of rotten quinces";
const NEXT: &str = "a basket of fresh figs";

struct Shop(Mailbox);

impl Package for Shop {
    fn name(&self) -> &'static str {
        "shop"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.requires("plain.auth")
            .share(Outbox::new(self.0.clone()))
            .urls(urls([
                include("account", plain_auth::urls()),
                include("admin", plain::admin::urls()),
            ]));
        Ok(())
    }
}

#[tokio::test]
async fn the_finest_log_of_a_whole_story_holds_no_key_no_password_and_no_secret() {
    log::record();
    let mails = Mailbox::default();
    let packages: [Box<dyn Package>; 4] = [
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
        Box::new(Shop(mails.clone())),
    ];
    let mut app = TestApp::of(packages)
        .middleware([
            plain_sessions::middleware::NAME,
            plain_auth::middleware::NAME,
        ])
        .setting("SECRET_KEY", SECRET_KEY)
        .setting("AUTH_SIGN_UP", true);
    for (name, value) in FAST {
        app = app.setting(name, value);
    }
    let app = app.start().await;
    let mut secrets = vec![
        SECRET_KEY.to_owned(),
        PASSWORD.to_owned(),
        WRONG.to_owned(),
        NEXT.to_owned(),
    ];
    create_admin(app.services(), "grace@example.com")
        .await
        .unwrap();
    let client = app.client();
    let mut remember =
        |client: &plain::test::Client<plain::App>| secrets.extend(client.cookie("sessionid"));

    // Ada makes an account, leaves, mistypes her password, and comes back.
    let account = [("email", "ada@story.example"), ("password", PASSWORD)];
    let signed_up = client.post_form("/account/sign-up", &account).await;
    assert_eq!(signed_up.status(), 303, "{signed_up:?}");
    remember(&client);
    client.post("/account/sign-out").await;
    let mistyped = [("email", "ada@story.example"), ("password", WRONG)];
    assert_eq!(
        client
            .post_form("/account/sign-in", &mistyped)
            .await
            .status(),
        422
    );
    assert_eq!(
        client
            .post_form("/account/sign-in", &account)
            .await
            .status(),
        303
    );
    remember(&client);
    assert_eq!(client.get("/account/sessions").await.status(), 200);
    // She changes her password, then forgets it.
    let change = [("old_password", PASSWORD), ("password", NEXT)];
    assert_eq!(
        client
            .post_form("/account/password", &change)
            .await
            .status(),
        303
    );
    remember(&client);
    client
        .post_form("/account/reset", &[("email", "ada@story.example")])
        .await;
    let mail = mails.next().await.unwrap();
    let link = mail
        .text
        .lines()
        .find(|line| line.starts_with("https://"))
        .unwrap();
    assert_eq!(client.get(link).await.status(), 200);
    assert_eq!(
        client
            .post_form(link, &[("password", PASSWORD)])
            .await
            .status(),
        303
    );
    // Grace looks for Ada's session by its key in the admin.
    let admin = app.client();
    let grace = [
        ("email", "grace@example.com"),
        ("password", plain_auth::test::PASSWORD),
    ];
    assert_eq!(
        admin.post_form("/account/sign-in", &grace).await.status(),
        303
    );
    remember(&admin);
    let key = secrets.last().unwrap().clone();
    admin.get(&format!("/admin/sessions?q={key}")).await;
    // What breaks is logged, too.
    app.database()
        .query("ALTER TABLE plainsessions_session RENAME TO away")
        .execute()
        .await
        .unwrap();
    assert_eq!(admin.get("/admin").await.status(), 503);
    let (_, token) = link.rsplit_once(['=', '/']).unwrap();
    secrets.push(token.to_owned());

    assert!(
        !log::lines_with("INSERT INTO plainsessions_session").is_empty(),
        "the story is logged"
    );
    assert!(secrets.len() >= 9, "{}", secrets.len());
    for secret in &secrets {
        assert!(secret.len() >= 10, "{secret}");
        assert_eq!(log::lines_with(secret), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_named_without_its_password() {
    log::record();
    // Nobody listens at port 1.
    let options = ConnectOptions::to("postgres://shop:marzipan-fortress@127.0.0.1:1/shop");
    let error = Database::connect(options).await.unwrap_err();
    let shown = format!("{error} {error:?} {error:#?}");
    assert!(shown.contains("127.0.0.1:1"), "{shown}");
    assert!(!shown.contains("marzipan-fortress"), "{shown}");
    assert_eq!(log::lines_with("marzipan-fortress"), Vec::<String>::new());
}
