//! The shop as its visitors see it: each test is a story told over HTTP.

use chrono::{TimeDelta, Utc};
use plain::App;
use plain::app::Source;
use plain::db::{Model, Value};
use plain::packages::Package;
use plain::test::{Client, TestApp, TestAppBuilder};
use plain_auth::test::FAST;
use plain_sessions::test::get_client_session;

use crate::cart::Cart;
use crate::models::{Order, OrderLine, Product};
use crate::{app, chores, middleware, visitor};

type Visitor = Client<App>;

const ADA: [(&str, &str); 2] = [("name", "Ada"), ("email", "ada@example.com")];

fn shop() -> TestAppBuilder {
    let names = [
        plain_sessions::middleware::NAME,
        plain_auth::middleware::NAME,
        middleware::NAME,
    ];
    let mut shop = TestApp::of(packages()).middleware(names);
    for (name, value) in FAST {
        shop = shop.setting(name, value);
    }
    shop.setting("AUTH_SIGN_UP", true)
}

fn packages() -> [Box<dyn Package>; 4] {
    [
        plain::admin::package(),
        plain_sessions::package(),
        plain_auth::package(),
        app::package(),
    ]
}

async fn say_hello(visitor: &Visitor, name: &str) {
    let answer = visitor.post_form("/name", &[("name", name)]).await;
    assert_eq!(answer.location(), Some("/"));
}

async fn add(visitor: &Visitor, product: &str, quantity: &str) {
    let form = [("product", product), ("quantity", quantity)];
    let answer = visitor.post_form("/cart", &form).await;
    assert_eq!(
        (answer.status().as_u16(), answer.location()),
        (303, Some("/cart"))
    );
}

async fn page(visitor: &Visitor, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.text().to_owned()
}

#[tokio::test]
async fn a_visitor_says_hello_fills_a_cart_and_sees_both_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("db.sqlite3").display());
    let first = shop().setting("DATABASE_URL", url.clone()).start().await;
    let ada = first.client();
    assert!(page(&ada, "/").await.contains("Say hello"));
    say_hello(&ada, "Ada <3").await;
    add(&ada, "stoneware-mug", "2").await;
    add(&ada, "reading-lamp", "1").await;

    first.database().close().await;
    let second = shop().setting("DATABASE_URL", url).start().await;
    let returned = second.client();
    for cookie in ada.cookies() {
        returned.set_cookie(cookie.name, cookie.value);
    }
    let ada = returned;
    let cart = page(&ada, "/cart").await;
    assert!(cart.contains("Hello, Ada &lt;3"), "{cart}");
    assert!(cart.contains(r#"<span class="count">3</span>"#), "{cart}");
    assert!(
        cart.contains("€36.00") && cart.contains("€125.00"),
        "{cart}"
    );
}

#[tokio::test]
async fn messages_are_shown_once() {
    let shop = shop().start().await;
    let ada = shop.client();
    say_hello(&ada, "Ada").await;
    assert!(
        page(&ada, "/about")
            .await
            .contains("Nice to meet you, Ada.")
    );
    assert!(
        !page(&ada, "/about")
            .await
            .contains("Nice to meet you, Ada.")
    );
}

#[tokio::test]
async fn quantities_change_and_the_cart_can_be_emptied() {
    let shop = shop().start().await;
    let ada = shop.client();
    add(&ada, "long-matches", "1").await;
    add(&ada, "assam-tin", "1").await;
    ada.post_form("/cart/lines/long-matches", &[("quantity", "4")])
        .await;
    assert!(page(&ada, "/cart").await.contains("€27.80"));
    ada.post_form("/cart/lines/assam-tin", &[("quantity", "0")])
        .await;
    assert!(page(&ada, "/cart").await.contains("€18.00"));
    ada.post("/cart/empty").await;
    assert!(
        page(&ada, "/cart")
            .await
            .contains("There is nothing in it yet.")
    );
}

#[tokio::test]
async fn two_tabs_that_add_at_once_lose_nothing() {
    let shop = shop().start().await;
    let ada = shop.client();
    say_hello(&ada, "Ada").await;
    let (one, other) = (ada.clone(), ada.clone());
    let tabs = (0..10).map(|index| {
        let tab = if index % 2 == 0 {
            one.clone()
        } else {
            other.clone()
        };
        tokio::spawn(async move { add(&tab, "stoneware-mug", "1").await })
    });
    for tab in tabs.collect::<Vec<_>>() {
        tab.await.unwrap();
    }
    let session = get_client_session(&ada, shop.services()).await.unwrap();
    assert_eq!(Cart::of(&session).unwrap().quantity("stoneware-mug"), 10);
}

#[tokio::test]
async fn ending_the_session_forgets_the_visitor() {
    let shop = shop().start().await;
    let ada = shop.client();
    say_hello(&ada, "Ada").await;
    add(&ada, "stoneware-mug", "1").await;
    let panel = page(&ada, "/session").await;
    let key = ada.cookie("sessionid").unwrap();
    assert!(
        panel.contains("stoneware-mug") && !panel.contains(&key),
        "{panel}"
    );

    ada.post("/session/end").await;
    assert_eq!(ada.cookie("sessionid"), None);
    let panel = page(&ada, "/session").await;
    assert!(
        panel.contains("You have none") && panel.contains("Say hello"),
        "{panel}"
    );
}

#[tokio::test]
async fn an_order_is_placed_shown_to_its_session_and_cancelled() {
    let shop = shop().start().await;
    let (ada, bob) = (shop.client(), shop.client());
    add(&ada, "stoneware-mug", "2").await;
    let placed = ada.post_form("/checkout", &ADA).await;
    assert_eq!(placed.location(), Some("/orders/1"));
    let order = page(&ada, "/orders/1").await;
    assert!(
        order.contains("2 × Stoneware mug") && order.contains("€36.00"),
        "{order}"
    );
    assert!(
        page(&ada, "/cart")
            .await
            .contains("There is nothing in it yet.")
    );

    assert_eq!(bob.get("/orders/1").await.status(), 404);
    assert_eq!(bob.post("/orders/1/cancel").await.status(), 404);
    assert!(page(&ada, "/orders/1").await.contains("Placed on"));
    ada.post("/orders/1/cancel").await;
    assert!(page(&ada, "/orders/1").await.contains("Cancelled on"));
}

#[tokio::test]
async fn what_is_wrong_with_a_form_stands_beside_its_field() {
    let shop = shop().start().await;
    let ada = shop.client();
    add(&ada, "stoneware-mug", "1").await;
    let form = [("name", "  "), ("email", "ada"), ("note", "<b>")];
    let answer = ada.post_form("/checkout", &form).await;
    assert_eq!(answer.status(), 422);
    let page = answer.text();
    assert!(
        page.contains(r#"<p class="error" id="name-error-1">Please fill in a name.</p>"#),
        "{page}"
    );
    assert!(
        page.contains("Please write an address like ada@example.com."),
        "{page}"
    );
    assert!(page.contains("&lt;b&gt;</textarea>"), "{page}");
    assert_eq!(Order::query().count(shop.database()).await.unwrap(), 0);
}

#[tokio::test]
async fn an_empty_cart_is_not_ordered() {
    let shop = shop().start().await;
    let answer = shop.client().post_form("/checkout", &ADA).await;
    assert_eq!(answer.status(), 422);
    assert!(
        answer
            .text()
            .contains("There is nothing in your cart to order.")
    );
}

#[tokio::test]
async fn what_is_not_sold_any_more_leaves_the_cart_and_the_shelf() {
    let shop = shop().start().await;
    let ada = shop.client();
    add(&ada, "stoneware-mug", "1").await;
    add(&ada, "long-matches", "1").await;
    let mug = Product::query().filter("slug", "stoneware-mug");
    mug.update(shop.database(), [("on_sale", false.into())])
        .await
        .unwrap();
    assert!(
        !page(&ada, "/cart")
            .await
            .contains("/products/stoneware-mug")
    );
    assert_eq!(ada.get("/products/stoneware-mug").await.status(), 404);
    assert_eq!(
        ada.post_form("/cart", &[("product", "stoneware-mug")])
            .await
            .status(),
        404
    );
}

#[tokio::test]
async fn pages_answer_the_methods_that_they_have() {
    let shop = shop().start().await;
    let visitor = shop.client();
    let refused = visitor.get("/cart/empty").await;
    assert_eq!(
        (refused.status().as_u16(), refused.header("allow")),
        (405, Some("POST, OPTIONS"))
    );
    let head = visitor.head("/products/reading-lamp").await;
    assert_eq!((head.status().as_u16(), head.text()), (200, ""));
    let lost = visitor.get("/nowhere").header("accept", "text/html").await;
    assert_eq!(lost.status(), 404);
    assert!(
        lost.text().contains("Nothing here but the dark"),
        "{lost:?}"
    );
}

#[tokio::test]
async fn a_page_costs_a_statement_for_the_session_and_one_for_what_it_shows() {
    let shop = shop().start().await;
    let ada = shop.client();
    assert_eq!(
        ada.get("/products/reading-lamp").await.statements().len(),
        1
    );
    add(&ada, "stoneware-mug", "1").await;
    page(&ada, "/cart").await;
    assert_eq!(ada.get("/cart").await.statements().len(), 2);
    let catalogue = ada.get("/api/products").await;
    assert_eq!(catalogue.statements().len(), 1);
    assert_eq!(catalogue.header("vary"), None);
    assert_eq!(
        catalogue.json::<Vec<serde_json::Value>>()[0]["price"],
        "48.00"
    );
}

#[tokio::test]
async fn the_chore_deletes_what_was_cancelled_long_ago_with_its_lines() {
    let shop = shop().start().await;
    let ada = shop.client();
    for _ in 0..3 {
        add(&ada, "stoneware-mug", "1").await;
        ada.post_form("/checkout", &ADA).await;
    }
    let cancelled = async |id: i64, days: i64| {
        let when: Value = (Utc::now() - TimeDelta::days(days)).into();
        let order = Order::query().filter("id", id);
        order
            .update(shop.database(), [("cancelled_at", when)])
            .await
            .unwrap();
    };
    cancelled(1, 31).await;
    cancelled(2, 29).await;
    let chore = shop
        .chores()
        .iter()
        .find(|chore| chore.name() == chores::NAME)
        .unwrap();
    assert_eq!(
        chore.run(shop.services()).await.unwrap(),
        "1 cancelled order deleted"
    );
    let orders = Order::query().all(shop.database()).await.unwrap();
    assert_eq!(
        orders.iter().map(|order| order.id).collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(OrderLine::query().count(shop.database()).await.unwrap(), 2);
}

#[tokio::test]
async fn the_check_warns_of_empty_shelves() {
    let shop = shop().start().await;
    let findings = async || {
        let mut checks = shop.checks().iter();
        let check = checks
            .find(|check| check.name() == "app.something_on_sale")
            .unwrap();
        check.run(shop.services()).await.unwrap().len()
    };
    assert_eq!(findings().await, 0);
    Product::query().delete(shop.database()).await.unwrap();
    assert_eq!(findings().await, 1);
}

#[tokio::test]
async fn text_that_no_database_holds_is_refused_by_the_form() {
    let shop = shop().start().await;
    let ada = shop.client();
    assert_eq!(
        ada.post_form("/name", &[("name", "a\0b")]).await.status(),
        422
    );
    say_hello(&ada, &"ä".repeat(60)).await;
    assert_eq!(
        ada.post_form("/name", &[("name", "ä".repeat(61))])
            .await
            .status(),
        422
    );
    let session = get_client_session(&ada, shop.services()).await.unwrap();
    assert_eq!(session.get(visitor::NAME).unwrap(), Some("ä".repeat(60)));
}

#[test]
fn the_settings_of_the_project_start_the_shop() {
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let source = Source::at(project).without_environment();
    App::load(packages(), source).unwrap();
}

#[tokio::test]
async fn an_order_belongs_to_the_user_who_was_signed_in() {
    let shop = shop().start().await;
    let (ada, other) = (shop.client(), shop.client());
    assert_eq!(
        ada.get("/orders").await.location(),
        Some("/account/sign-in?next=%2Forders")
    );
    for (visitor, email) in [(&ada, "ada@example.com"), (&other, "bob@example.com")] {
        let user = plain_auth::test::create_user(shop.services(), email)
            .await
            .unwrap();
        plain_auth::test::sign_in(visitor, shop.services(), &user)
            .await
            .unwrap();
    }
    assert!(page(&ada, "/orders").await.contains("There are none yet."));
    add(&ada, "stoneware-mug", "2").await;
    assert!(page(&ada, "/checkout").await.contains("ada@example.com"));
    let placed = ada.post_form("/checkout", &ADA).await;
    assert_eq!(placed.location(), Some("/orders/1"));

    ada.post("/account/sign-out").await;
    assert_eq!(ada.get("/orders/1").await.status(), 404);
    let form = [
        ("email", "ada@example.com"),
        ("password", plain_auth::test::PASSWORD),
    ];
    ada.post_form("/account/sign-in", &form).await;
    let orders = page(&ada, "/orders").await;
    assert!(orders.contains("Order 1") && orders.contains("€36.00"));
    assert!(page(&ada, "/orders/1").await.contains("2 × Stoneware mug"));

    assert!(
        page(&other, "/orders")
            .await
            .contains("There are none yet.")
    );
    assert_eq!(other.get("/orders/1").await.status(), 404);
    assert_eq!(other.post("/orders/1/cancel").await.status(), 404);
    assert_eq!(
        ada.post("/orders/1/cancel").await.location(),
        Some("/orders/1")
    );
}
