//! Checking out.

use fantoccini::Locator;
use plain_tests::browser::{Browser, Shop, Stage};

use crate::pages::{put_into_the_cart, say_hello};

pub(crate) async fn an_order_is_placed_after_what_was_wrong_with_it_is_mended(stage: &Stage) {
    stage.expect_complaint("status of 422");
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    say_hello(&visitor, "Ada").await;
    put_into_the_cart(&visitor, "Stoneware mug").await;
    visitor.press("Check out").await;
    visitor.arrive("/checkout").await;
    assert_eq!(visitor.value("Name").await, "Ada");

    visitor.fill("Name", "").await;
    visitor.fill("Email", "ada").await;
    visitor.fill("Anything else?", "Ring twice.").await;
    visitor.press("Place the order").await;
    visitor.see("Please fill in a name.").await;
    assert_eq!(described(&visitor, "name").await, "Please fill in a name.");
    let address = "Please write an address like ada@example.com.";
    assert_eq!(described(&visitor, "email").await, address);
    assert_eq!(visitor.value("Email").await, "ada");
    assert_eq!(visitor.value("Anything else?").await, "Ring twice.");

    visitor.fill("Name", "Ada").await;
    visitor.fill("Email", "ada@example.com").await;
    visitor.press("Place the order").await;
    visitor.arrive("/orders/1").await;
    visitor.see("Thank you. Your order is placed.").await;
    for text in [
        "1 × Stoneware mug",
        "Total €18.00",
        "ada@example.com",
        "Ring twice.",
    ] {
        visitor.see(text).await;
    }
    assert_eq!(visitor.text_of(".count").await, "0");

    // A page that is loaded again places nothing again.
    visitor.client().refresh().await.unwrap();
    visitor.arrive("/orders/1").await;
    visitor.press("Session").await;
    visitor.press("Order 1").await;
    visitor.arrive("/orders/1").await;
    visitor.press("Cancel this order").await;
    visitor.see("Your order is cancelled.").await;
    assert!(!visitor.offers("Cancel this order").await);
}

pub(crate) async fn an_empty_cart_is_not_ordered(stage: &Stage) {
    stage.expect_complaint("status of 422");
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    visitor.open("/checkout").await;
    visitor.see("Your cart is empty.").await;
    visitor.fill("Name", "Ada").await;
    visitor.fill("Email", "ada@example.com").await;
    visitor.press("Place the order").await;
    visitor.see("There is nothing in your cart to order.").await;
    assert_eq!(visitor.value("Name").await, "Ada");
}

/// The text that describes a field which is marked as invalid.
async fn described(visitor: &Browser, id: &str) -> String {
    let field = visitor.client().find(Locator::Id(id)).await.unwrap();
    assert_eq!(
        field.attr("aria-invalid").await.unwrap().as_deref(),
        Some("true")
    );
    let by = field.attr("aria-describedby").await.unwrap().unwrap();
    visitor.text_of(&format!("#{by}")).await
}
