//! The shop by the keyboard alone.

use fantoccini::key::Key;
use plain_tests::browser::{Browser, Shop, Stage};

pub(crate) async fn one_skips_to_the_content(stage: &Stage) {
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    visitor.open("/").await;
    visitor.key(Key::Tab).await;
    assert_eq!(visitor.focus().await, "Skip to the content");
    visitor.key(Key::Enter).await;
    visitor.arrive("/#content").await;
    visitor.key(Key::Tab).await;
    assert_eq!(visitor.focus().await, "Look around");
}

pub(crate) async fn all_of_the_story_is_done_by_the_keyboard(stage: &Stage) {
    stage.expect_complaint("status of 422");
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    visitor.open("/").await;
    enter(&visitor, "Say hello").await;
    visitor.arrive("/name").await;
    visitor.tab_to("Name").await;
    visitor.write("Ada").await;
    visitor.key(Key::Enter).await;
    visitor.see("Nice to meet you, Ada.").await;

    enter(&visitor, "Stoneware mug").await;
    visitor.arrive("/products/stoneware-mug").await;
    visitor.tab_to("How many").await;
    visitor.key(Key::Up).await;
    enter(&visitor, "Add to the cart").await;
    visitor.see("Total €36.00").await;
    visitor.tab_to("How many of Stoneware mug").await;
    visitor.key(Key::Up).await;
    enter(&visitor, "Change how many of Stoneware mug").await;
    visitor.see("Total €54.00").await;

    enter(&visitor, "Check out").await;
    visitor.arrive("/checkout").await;
    enter(&visitor, "Place the order").await;
    visitor.see("Please write an address like").await;
    visitor.tab_to("Email").await;
    visitor.write("ada@example.com").await;
    enter(&visitor, "Place the order").await;
    visitor.see("Thank you. Your order is placed.").await;

    enter(&visitor, "Session").await;
    visitor.arrive("/session").await;
    visitor.tab_to("End the session").await;
    visitor.key(Key::Space).await;
    visitor.see("You have none").await;
}

async fn enter(visitor: &Browser, name: &str) {
    visitor.tab_to(name).await;
    visitor.key(Key::Enter).await;
}
