//! What axe-core finds wrong with pages, wide and narrow, light and dark.

use plain_tests::browser::{Axe, Browser, LOOKS, Scheme, Scripts, Shop, Stage, Window};

use crate::errors::break_shelves;
use crate::office;
use crate::pages::{ACCOUNT, PAGES, regular};

pub(crate) async fn no_page_has_a_serious_finding(stage: &Stage) {
    let shop = Shop::open();
    let visitor = regular(stage, &shop).await;
    assert_accessible(&visitor, &[&PAGES[..], &ACCOUNT].concat()).await;
}

pub(crate) async fn no_page_of_the_admin_has_a_serious_finding(stage: &Stage) {
    let shop = Shop::open();
    let admin = office::work(stage, &shop).await;
    let own = [
        "/session",
        "/orders",
        "/account/sessions",
        "/account/password",
    ];
    assert_accessible(&admin, &[&office::PAGES[..], &own].concat()).await;
}

/// Pages that no address alone leads to.
pub(crate) async fn no_form_with_errors_has_a_serious_finding(stage: &Stage) {
    stage.expect_complaint("status of 422");
    let shop = Shop::open();
    let visitor = regular(stage, &shop).await;
    visitor.open("/checkout").await;
    visitor.press("Place the order").await;
    visitor.see("Please write an address").await;
    assert_accessible_now(&visitor).await;
    visitor.open("/account/sign-in").await;
    office::sign_in(&visitor, "nobody@example.com").await;
    visitor.see("is not right").await;
    assert_accessible_now(&visitor).await;

    office::hire(&shop);
    let admin = office::admin(stage, &shop, Scripts::Run).await;
    admin.open("/admin/products/1/update").await;
    admin.fill("Summary", &"long ".repeat(50)).await;
    admin.submit("Save").await;
    admin.see("Length is greater than 200.").await;
    assert_accessible_now(&admin).await;
    admin.open("/admin/sessions/1").await;
    admin.submit("End").await;
    admin.see("End this session?").await;
    assert_accessible_now(&admin).await;
}

async fn assert_accessible_now(visitor: &Browser) {
    let axe = Axe::read().unwrap();
    for (window, scheme) in LOOKS {
        visitor.resize(window).await;
        visitor.prefer(scheme).await;
        assert_no_finding(&axe, visitor, window, scheme).await;
    }
}

pub(crate) async fn no_error_page_has_a_serious_finding(stage: &Stage) {
    stage.expect_complaint("status of 500");
    for shop in [Shop::open(), Shop::open_to_strangers()] {
        break_shelves(&shop).await;
        let visitor = stage.visitor(&shop).await;
        assert_accessible(&visitor, &["/"]).await;
    }
}

async fn assert_accessible(visitor: &Browser, pages: &[&str]) {
    let axe = Axe::read().unwrap();
    for (window, scheme) in LOOKS {
        visitor.resize(window).await;
        visitor.prefer(scheme).await;
        for page in pages {
            visitor.open(page).await;
            assert_no_finding(&axe, visitor, window, scheme).await;
        }
    }
}

async fn assert_no_finding(axe: &Axe, visitor: &Browser, window: Window, scheme: Scheme) {
    let found = axe.findings(visitor).await;
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(
        found.is_empty(),
        "{}, {} pixels wide, {}:\n{}",
        visitor.path().await,
        window.name(),
        scheme.name(),
        found.join("\n")
    );
}
