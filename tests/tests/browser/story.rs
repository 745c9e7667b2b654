//! A visitor's story, from the first page to the end of the session.

use plain_tests::browser::{Browser, Scripts, Shop, Stage};

use crate::pages::{put_into_the_cart, say_hello};

pub(crate) async fn a_visitor_fills_a_cart_and_finds_it_again_after_a_restart(stage: &Stage) {
    let mut shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    tell(&visitor, &mut shop).await;
}

pub(crate) async fn a_visitor_without_scripts_does_all_the_same(stage: &Stage) {
    let mut shop = Shop::open();
    let visitor = stage.browser(shop.url(), Scripts::Blocked).await;
    let written = "data:text/html,<p>none</p><script>document.body.textContent = 'ran'</script>";
    visitor.client().goto(written).await.unwrap();
    visitor.see("none").await;
    tell(&visitor, &mut shop).await;
}

/// The session cookie is `Secure` then: browsers take it from this machine all the same.
pub(crate) async fn a_visitor_comes_back_to_a_shop_without_debug(stage: &Stage) {
    let mut shop = Shop::open_to_strangers();
    let visitor = stage.visitor(&shop).await;
    tell(&visitor, &mut shop).await;
}

async fn tell(visitor: &Browser, shop: &mut Shop) {
    say_hello(visitor, "Ada").await;
    put_into_the_cart(visitor, "Stoneware mug").await;
    visitor.press("Small Hours").await;
    visitor.press("Reading lamp").await;
    visitor.arrive("/products/reading-lamp").await;
    visitor.fill("How many", "2").await;
    visitor.press("Add to the cart").await;
    visitor.see("In your cart: Reading lamp.").await;
    assert_eq!(visitor.text_of("aside .total").await, "Total €196.00");

    shop.restart();
    visitor.open("/").await;
    visitor.see("Hello, Ada").await;
    visitor.press("Cart").await;
    assert_eq!(visitor.value("How many of Stoneware mug").await, "1");
    assert_eq!(visitor.value("How many of Reading lamp").await, "2");

    visitor.fill("How many of Stoneware mug", "3").await;
    visitor.press("Change how many of Stoneware mug").await;
    visitor.see("Total €232.00").await;
    visitor.press("Take out Reading lamp").await;
    visitor.see("Total €54.00").await;
    visitor.press("Empty the cart").await;
    visitor.see("There is nothing in it yet.").await;
    assert_eq!(visitor.text_of(".count").await, "0");

    visitor.press("Session").await;
    visitor.see("Ada").await;
    let key = visitor.cookie("sessionid").await.unwrap();
    assert!(
        !visitor.source().await.contains(&key),
        "the key is on the page"
    );
    visitor.press("End the session").await;
    visitor.see("You have none").await;
    assert_eq!(visitor.cookie("sessionid").await, None);
    visitor.open("/").await;
    visitor.see("Say hello").await;
}
