//! What a visitor sees when something goes wrong.

use plain_tests::browser::{Shop, Stage};

pub(crate) async fn a_page_that_is_not_there_says_so(stage: &Stage) {
    stage.expect_complaint("status of 404");
    let shop = Shop::open_to_strangers();
    let visitor = stage.visitor(&shop).await;
    visitor.open("/nowhere").await;
    visitor.see("Nothing here but the dark").await;
    visitor.press("Back to the light").await;
    visitor.arrive("/").await;
    visitor.open("/orders/1").await;
    visitor
        .see("You have placed no order with this number.")
        .await;
}

pub(crate) async fn a_failure_shows_a_page_of_its_own_and_nothing_inner(stage: &Stage) {
    stage.expect_complaint("status of 500");
    let shop = Shop::open_to_strangers();
    break_shelves(&shop).await;
    let visitor = stage.visitor(&shop).await;
    visitor.open("/").await;
    visitor.see("500").await;
    let source = visitor.source().await;
    assert!(!source.contains("app_product"), "{source}");
    visitor.press("Try again").await;
    visitor.arrive("/").await;
    visitor.see("500").await;
}

pub(crate) async fn a_failure_in_development_shows_what_happened(stage: &Stage) {
    stage.expect_complaint("status of 500");
    let shop = Shop::open();
    break_shelves(&shop).await;
    let visitor = stage.visitor(&shop).await;
    visitor.open("/").await;
    visitor.see("the table app_product does not exist").await;
    visitor.see("You see this because DEBUG is on.").await;
}

/// Takes away the table that the front page reads.
pub(crate) async fn break_shelves(shop: &Shop) {
    let database = shop.database().await;
    let broken = sqlx::query("ALTER TABLE app_product RENAME TO app_lost");
    broken.execute(&database).await.unwrap();
    database.close().await;
}
