//! The shop's pages, and visitors who have something on each.

use plain_tests::browser::{Browser, Shop, Stage};

/// The pages of the shop, with something on each for a visitor like [`regular`].
pub(crate) const PAGES: [&str; 9] = [
    "/",
    "/products/reading-lamp",
    "/name",
    "/cart",
    "/checkout",
    "/orders/1",
    "/session",
    "/about",
    "/nowhere",
];

/// The pages of accounts for who is not signed in.
pub(crate) const ACCOUNT: [&str; 6] = [
    "/account/sign-in",
    "/account/sign-up",
    "/account/reset",
    "/account/reset/sent",
    "/account/reset/confirm",
    "/account/reset/done",
];

/// A visitor who gave a name, placed an order, and has something in the cart again.
pub(crate) async fn regular(stage: &Stage, shop: &Shop) -> Browser {
    stage.expect_complaint("status of 404");
    let visitor = stage.visitor(shop).await;
    say_hello(&visitor, "Ada").await;
    put_into_the_cart(&visitor, "Reading lamp").await;
    visitor.press("Check out").await;
    visitor.fill("Email", "ada@example.com").await;
    visitor.press("Place the order").await;
    visitor.arrive("/orders/1").await;
    put_into_the_cart(&visitor, "Stoneware mug").await;
    put_into_the_cart(&visitor, "Wool blanket").await;
    visitor
}

/// Gives a name.
pub(crate) async fn say_hello(visitor: &Browser, name: &str) {
    visitor.open("/").await;
    visitor.press("Say hello").await;
    visitor.fill("Name", name).await;
    visitor.press("Save").await;
    visitor.arrive("/").await;
    visitor.see(&format!("Nice to meet you, {name}.")).await;
}

/// Puts one of a product into the cart, from the front page.
pub(crate) async fn put_into_the_cart(visitor: &Browser, product: &str) {
    visitor.open("/").await;
    visitor.press(&format!("Add {product} to the cart")).await;
    visitor.arrive("/cart").await;
    visitor.see(&format!("In your cart: {product}.")).await;
}
