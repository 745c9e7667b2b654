//! Several tabs of one visitor, who have one session.

use plain_tests::browser::{Browser, Shop, Stage};

use crate::pages::{put_into_the_cart, say_hello};

pub(crate) async fn two_tabs_of_one_visitor_lose_nothing(stage: &Stage) {
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    say_hello(&visitor, "Ada").await;
    let first = visitor.tab().await;
    let second = visitor.new_tab().await;
    visitor.open("/products/reading-lamp").await;

    visitor.switch(&first).await;
    put_into_the_cart(&visitor, "Stoneware mug").await;
    visitor.switch(&second).await;
    visitor.press("Add to the cart").await;
    visitor.see("In your cart: Reading lamp.").await;
    visitor.switch(&first).await;
    // Of a page that shows the cart without the lamp.
    visitor.fill("How many of Stoneware mug", "2").await;
    visitor.press("Change how many of Stoneware mug").await;
    visitor.see("Total €125.00").await;
    assert_eq!(visitor.value("How many of Reading lamp").await, "1");
}

pub(crate) async fn requests_at_once_from_two_tabs_lose_nothing(stage: &Stage) {
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    say_hello(&visitor, "Ada").await;
    let first = visitor.tab().await;
    begin_ten(&visitor, "stoneware-mug").await;
    visitor.new_tab().await;
    visitor.open("/about").await;
    begin_ten(&visitor, "stoneware-mug").await;
    finish(&visitor).await;
    visitor.switch(&first).await;
    finish(&visitor).await;
    visitor.open("/cart").await;
    assert_eq!(visitor.value("How many of Stoneware mug").await, "20");
}

/// Sends ten forms at once, and waits for no answer.
async fn begin_ten(visitor: &Browser, product: &str) {
    let script = "
        const send = () => fetch('/cart', {
            method: 'POST',
            body: new URLSearchParams({ product: arguments[0] }),
        });
        window.sent = Promise.all(Array.from({ length: 10 }, send));";
    visitor.script(script, vec![product.into()]).await;
}

async fn finish(visitor: &Browser) {
    let script = "
        const done = arguments[arguments.length - 1];
        window.sent.then(answers => done(answers.map(answer => answer.status)), String);";
    let statuses = visitor.script_until(script, vec![]).await;
    assert_eq!(statuses, serde_json::json!(vec![200; 10]));
}

pub(crate) async fn a_tab_that_stayed_open_begins_anew_when_the_session_was_ended_in_another(
    stage: &Stage,
) {
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    say_hello(&visitor, "Ada").await;
    put_into_the_cart(&visitor, "Wool blanket").await;
    let key = visitor.cookie("sessionid").await.unwrap();
    let first = visitor.tab().await;
    visitor.new_tab().await;
    visitor.open("/session").await;
    visitor.press("End the session").await;
    visitor.see("You have none").await;

    visitor.switch(&first).await;
    visitor.see("Hello, Ada").await;
    visitor.fill("How many of Wool blanket", "5").await;
    visitor.press("Change how many of Wool blanket").await;
    visitor.see("There is nothing in it yet.").await;
    put_into_the_cart(&visitor, "Stoneware mug").await;
    visitor.see("Say hello").await;
    visitor.see("Total €18.00").await;
    assert_ne!(visitor.cookie("sessionid").await.unwrap(), key);
}
