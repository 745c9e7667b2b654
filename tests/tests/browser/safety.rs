//! What others wrote, or serve, does nothing in a visitor's browser.

use plain::http::{Body, Connection, Response};
use plain::test::TestServer;
use plain_tests::browser::{Browser, Shop, Stage};

use crate::pages::put_into_the_cart;

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

pub(crate) async fn scripts_cannot_read_the_session_key(stage: &Stage) {
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    put_into_the_cart(&visitor, "Stoneware mug").await;
    assert!(visitor.cookie("sessionid").await.is_some());
    assert_eq!(visitor.script("return document.cookie", vec![]).await, "");
}
