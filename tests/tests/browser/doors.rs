//! Who must not get into the admin.

use plain_tests::browser::{Browser, Scripts, Shop, Stage};

use crate::office::{ADMIN, admin, enrol, hire, sign_in};

/// What only admins may see.
const SECRET: &str = "Sessions stored in the database.";

async fn assert_shut(visitor: &Browser) {
    for address in [
        "/admin",
        "/admin/sessions",
        "//admin/sessions",
        "/%61dmin/sessions",
    ] {
        visitor.open(address).await;
        assert!(!visitor.shows(SECRET).await, "{address}");
        assert!(!visitor.shows("Overview").await, "{address}");
    }
}

pub(crate) async fn strangers_are_asked_who_they_are(stage: &Stage) {
    stage.expect_complaint("status of 40");
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    assert_shut(&visitor).await;
    visitor.open("/admin/sessions").await;
    visitor.see("Email address").await;
    assert!(visitor.path().await.starts_with("/account/sign-in?next="));
}

pub(crate) async fn customers_are_told_that_it_is_not_for_them(stage: &Stage) {
    stage.expect_complaint("status of 40");
    let shop = Shop::open();
    enrol(&shop, "ada@example.com");
    let visitor = stage.visitor(&shop).await;
    visitor.open("/admin/sessions").await;
    sign_in(&visitor, "ada@example.com").await;
    visitor.see("403").await;
    assert_shut(&visitor).await;
}

pub(crate) async fn a_deactivated_admin_is_out_at_once(stage: &Stage) {
    stage.expect_complaint("status of 4");
    let shop = Shop::open();
    hire(&shop);
    let admin = admin(stage, &shop, Scripts::Run).await;
    shop.run(&["users", "deactivate", ADMIN], "");
    admin.press("Sessions").await;
    admin.see("Email address").await;
    sign_in(&admin, ADMIN).await;
    admin.see("Email address").await;
    assert_shut(&admin).await;
}

pub(crate) async fn an_admin_whose_session_was_ended_is_out_at_once(stage: &Stage) {
    stage.expect_complaint("status of 40");
    let shop = Shop::open();
    hire(&shop);
    let first = admin(stage, &shop, Scripts::Run).await;
    let second = admin(stage, &shop, Scripts::Run).await;
    second.open("/account/sessions").await;
    second.press("End the other session").await;
    second.see("This session").await;
    first.press("Sessions").await;
    first.see("Email address").await;
    assert_shut(&first).await;
    second.open("/admin/sessions").await;
    second.see(SECRET).await;
}

pub(crate) async fn after_signing_out_the_way_back_shows_nothing(stage: &Stage) {
    let shop = Shop::open();
    hire(&shop);
    let admin = admin(stage, &shop, Scripts::Run).await;
    admin.press("Sessions").await;
    admin.see(SECRET).await;
    admin.press("Sign out").await;
    admin.arrive("/").await;
    admin.client().back().await.unwrap();
    admin.see("Email address").await;
    assert!(!admin.source().await.contains(SECRET));
}

/// Forms of `next` that a browser reads as another host.
pub(crate) async fn signing_in_leads_to_no_other_site(stage: &Stage) {
    let shop = Shop::open();
    hire(&shop);
    let elsewhere = [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example/",
        "/\t/elsewhere.example/",
        "/%09/elsewhere.example/",
        "/./%2Felsewhere.example",
        "javascript:alert(1)",
    ];
    let visitor = stage.visitor(&shop).await;
    for next in elsewhere {
        let next: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        visitor.open(&format!("/account/sign-in?next={next}")).await;
        sign_in(&visitor, ADMIN).await;
        visitor.see("Sign out").await;
        let url = visitor.client().current_url().await.unwrap();
        assert!(url.as_str().starts_with(shop.url()), "{url}");
        visitor.press("Sign out").await;
        visitor.see("Sign in").await;
    }
}
