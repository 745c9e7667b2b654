//! What others wrote, or serve, does nothing in a visitor's browser.

use plain::http::{Body, Connection, Response};
use plain::test::TestServer;
use plain_tests::browser::{Browser, Scripts, Shop, Stage};

use crate::office;
use crate::pages::{put_into_the_cart, regular};

/// HTML that would run, or load something, wherever it is not escaped.
pub(crate) const HOSTILE: &str =
    r#""'><img src=/hostile onerror=alert(1)><script>alert(2)</script>"#;

/// Fails if something of [`HOSTILE`] is more than text on the page.
pub(crate) async fn assert_harmless(visitor: &Browser) {
    // Any open dialog would fail this.
    assert_eq!(
        visitor.count("img[src='/hostile']").await,
        0,
        "{}",
        visitor.path().await
    );
    assert_eq!(
        visitor.count("script:not([src])").await,
        0,
        "{}",
        visitor.path().await
    );
}

pub(crate) async fn html_that_a_visitor_wrote_never_runs(stage: &Stage) {
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    visitor.open("/name").await;
    let short = r#""'><img src=/hostile onerror=alert(1)>"#;
    visitor.fill("Name", short).await;
    visitor.press("Save").await;
    visitor.see("Nice to meet you").await;
    assert_harmless(&visitor).await;
    visitor.see(&format!("Hello, {short}")).await;

    put_into_the_cart(&visitor, "Stoneware mug").await;
    visitor.press("Check out").await;
    assert_eq!(visitor.value("Name").await, short);
    visitor.fill("Email", "ada@example.com").await;
    let note = format!("</textarea>{HOSTILE}");
    visitor.fill("Anything else?", &note).await;
    visitor.press("Place the order").await;
    visitor.arrive("/orders/1").await;
    visitor.see(&note).await;
    assert_harmless(&visitor).await;
    visitor.press("Session").await;
    visitor.arrive("/session").await;
    assert_harmless(&visitor).await;
    for path in ["/", "/cart", "/checkout", "/name"] {
        visitor.open(path).await;
        assert_harmless(&visitor).await;
    }
}

pub(crate) async fn a_page_of_another_site_cannot_change_the_cart(stage: &Stage) {
    stage.expect_complaint("status of 403");
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    put_into_the_cart(&visitor, "Stoneware mug").await;

    let form = format!(
        r#"<!doctype html><title>Elsewhere</title><form method="post" action="{}/cart/empty">
           <button>Win a prize</button></form>"#,
        shop.url()
    );
    let elsewhere = TestServer::start(move |_: http::Request<Body>, _: Connection| {
        let form = form.clone();
        async move { Response::html(form) }
    });
    // `localhost` is another site than 127.0.0.1 is.
    let url = elsewhere.url().replace("127.0.0.1", "localhost");
    visitor.client().goto(&url).await.unwrap();
    visitor.press("Win a prize").await;
    visitor.arrive("/cart/empty").await;
    visitor.see("403").await;
    visitor.open("/cart").await;
    visitor.see("Total €18.00").await;
}

/// It stands in a session, in a user's address and in models.
pub(crate) async fn html_never_runs_in_the_admin(stage: &Stage) {
    let shop = Shop::open();
    regular(stage, &shop).await;
    office::hire(&shop);
    office::enrol(&shop, "ada@example.com");
    let database = shop.database().await;
    let hostile = [
        "UPDATE plainsessions_session SET owner = $1, session_data = json_object($1, $1)",
        "UPDATE plainauth_user SET email = $1 WHERE NOT is_admin",
        "UPDATE app_product SET name = $1, summary = $1, description = $1 WHERE id = 1",
        "UPDATE app_order SET name = $1, email = $1, note = $1",
        "UPDATE app_orderline SET name = $1",
    ];
    for sql in hostile {
        sqlx::query(sql)
            .bind(HOSTILE)
            .execute(&database)
            .await
            .unwrap();
    }
    database.close().await;

    let admin = office::admin(stage, &shop, Scripts::Run).await;
    let visible = [
        "sessions",
        "sessions/1",
        "users",
        "users/2",
        "orders",
        "orders/1",
    ];
    let changed = [
        "products",
        "products/1",
        "products/1/update",
        "order-lines",
        "order-lines/1",
    ];
    for page in visible.iter().chain(&changed) {
        admin.open(&format!("/admin/{page}")).await;
        assert!(
            admin.source().await.contains("onerror=alert(1)"),
            "{page} shows it"
        );
        assert_harmless(&admin).await;
    }
    admin.open("/admin/sessions/1").await;
    admin.submit("Show values").await;
    admin.see("That you looked").await;
    assert_harmless(&admin).await;
    admin.open("/admin/products").await;
    admin.tick("Select \"'>").await;
    admin.submit("Take off the shelf").await;
    admin.see("Take these products off the shelf?").await;
    assert_harmless(&admin).await;
    admin.submit("Take off the shelf").await;
    for page in ["/admin/products", "/admin/changes", "/admin"] {
        admin.open(page).await;
        assert_harmless(&admin).await;
    }
    let search = "/admin/users?q=%22%3E%3Cimg%20src=/hostile%20onerror=alert(1)%3E";
    admin.open(search).await;
    admin.see("Nothing matches").await;
    assert_harmless(&admin).await;
}

pub(crate) async fn scripts_cannot_read_the_session_key(stage: &Stage) {
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    put_into_the_cart(&visitor, "Stoneware mug").await;
    assert!(visitor.cookie("sessionid").await.is_some());
    assert_eq!(visitor.script("return document.cookie", vec![]).await, "");
}
