//! What an admin does with the shop's products: the forms of the admin.

use fantoccini::Locator;
use plain_tests::browser::{Browser, Scripts, Shop, Stage, Window};

use crate::office::{admin, hire};

pub(crate) async fn a_product_is_made_changed_and_deleted(stage: &Stage) {
    keep_shelves(stage, Scripts::Run, Window::Desk).await;
}

pub(crate) async fn a_product_is_made_changed_and_deleted_on_a_phone_without_scripts(
    stage: &Stage,
) {
    keep_shelves(stage, Scripts::Blocked, Window::Phone).await;
}

async fn keep_shelves(stage: &Stage, scripts: Scripts, window: Window) {
    stage.expect_complaint("status of 4");
    let shop = Shop::open();
    hire(&shop);
    let admin = admin(stage, &shop, scripts).await;
    admin.resize(window).await;
    admin.open("/admin/products").await;
    admin.press("New product").await;
    admin.see("New product").await;
    admin.fill("Name", "Tea towel").await;
    admin.fill("Address", "Tea Towel").await;
    admin.fill("Price", "12.50").await;
    admin.fill("Summary", "Dries a cup.").await;
    admin.fill("Description", "Linen, and long enough.").await;
    choose(&admin, "field-picture", "products/parcel.svg").await;
    admin.tick("On sale").await;
    admin.submit("Save").await;
    admin.see("This is no whole number.").await;
    assert_eq!(admin.value("Name").await, "Tea towel");
    admin.fill("Price", "1250").await;
    admin.submit("Save").await;
    admin.see("lower-case letters, digits and dashes").await;
    admin.fill("Address", "stoneware-mug").await;
    admin.submit("Save").await;
    admin.see("Another object has this value already").await;
    admin.fill("Address", "tea-towel").await;
    admin.submit("Save").await;
    admin.see("Created").await;
    admin.see("Tea towel").await;

    let visitor = stage.visitor(&shop).await;
    visitor.open("/products/tea-towel").await;
    visitor.see("€12.50").await;

    admin.press("Edit").await;
    admin.fill("Name", "Linen tea towel").await;
    admin.submit("Save").await;
    admin.see("Changed · Linen tea towel · name").await;
    visitor.open("/products/tea-towel").await;
    visitor.see("Linen tea towel").await;

    admin.press("Delete").await;
    admin.see("Delete this product?").await;
    admin.press("Cancel").await;
    admin.see("Edit").await;
    admin.press("Delete").await;
    admin.submit("Delete").await;
    admin.see("Deleted · Linen tea towel").await;
    visitor.open("/products/tea-towel").await;
    visitor.see("404").await;
}

/// An object that another admin deletes while its page is open.
pub(crate) async fn what_was_deleted_meanwhile_is_told(stage: &Stage) {
    stage.expect_complaint("status of 404");
    let shop = Shop::open();
    hire(&shop);
    let admin = admin(stage, &shop, Scripts::Run).await;
    admin.open("/admin/products/1/update").await;
    admin.see("Edit product").await;
    let database = shop.database().await;
    let delete = sqlx::query("DELETE FROM app_product WHERE id = 1");
    delete.execute(&database).await.unwrap();
    database.close().await;
    admin.submit("Save").await;
    admin.see("it may have been deleted meanwhile").await;
    admin.press("Go to the overview").await;
    admin.arrive("/admin").await;
}

async fn choose(admin: &Browser, id: &str, value: &str) {
    let field = admin.client().find(Locator::Id(id)).await.unwrap();
    field.select_by_value(value).await.unwrap();
}
