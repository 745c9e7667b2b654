//! Accounts, as customers use them.

use plain_tests::browser::{Browser, Scripts, Shop, Stage};

use crate::office::{ADMIN, PASSWORD, admin, enrol, sign_in};
use crate::pages::{put_into_the_cart, say_hello};

const ADA: &str = "ada@example.com";

pub(crate) async fn a_cart_survives_signing_up_and_signing_in(stage: &Stage) {
    stage.expect_complaint("status of 422");
    let shop = Shop::open();
    let visitor = stage.browser(shop.url(), Scripts::Blocked).await;
    say_hello(&visitor, "Ada").await;
    put_into_the_cart(&visitor, "Stoneware mug").await;
    let key = visitor.cookie("sessionid").await;
    visitor.press("Sign in").await;
    visitor.press("Make an account").await;
    visitor.fill("Email address", ADA).await;
    visitor.fill("Password", "short").await;
    visitor.submit("Make the account").await;
    visitor.see("This password is too short").await;
    assert_eq!(visitor.value("Email address").await, ADA);
    visitor.fill("Password", PASSWORD).await;
    visitor.submit("Make the account").await;
    visitor.see("Sign out").await;
    assert_eq!(visitor.text_of(".count").await, "1");
    let signed_in = visitor.cookie("sessionid").await;
    assert_ne!(signed_in, key, "signing in changes the key");

    visitor.press("Sign out").await;
    visitor.see("Say hello").await;
    assert_eq!(visitor.text_of(".count").await, "0");
    put_into_the_cart(&visitor, "Reading lamp").await;
    visitor.press("Sign in").await;
    sign_in(&visitor, ADA).await;
    visitor.see("Sign out").await;
    visitor.press("Cart").await;
    visitor.see("Total €89.00").await;
}

pub(crate) async fn an_order_is_found_again_from_another_browser(stage: &Stage) {
    let shop = Shop::open();
    enrol(&shop, ADA);
    let here = signed_in(stage, &shop).await;
    put_into_the_cart(&here, "Stoneware mug").await;
    here.press("Check out").await;
    assert_eq!(here.value("Email").await, ADA);
    here.fill("Name", "Ada").await;
    here.press("Place the order").await;
    here.arrive("/orders/1").await;

    let there = stage.visitor(&shop).await;
    there.open("/orders").await;
    sign_in(&there, ADA).await;
    there.arrive("/orders").await;
    there.press("Order 1").await;
    there.see("1 × Stoneware mug").await;
    there.press("Session").await;
    there.press("Your orders").await;
    there.see("€18.00").await;
}

pub(crate) async fn an_admin_is_made_at_a_terminal_that_never_shows_the_password(stage: &Stage) {
    let shop = Shop::open();
    let words = ["users", "create", ADMIN, "--admin"];
    let answers = [("Password: ", PASSWORD), ("The same again: ", PASSWORD)];
    let shown = shop.run_at_a_terminal(&words, &answers);
    assert!(
        shown.contains("created me@example.com, an admin"),
        "{shown}"
    );
    assert!(!shown.contains(PASSWORD), "{shown}");
    admin(stage, &shop, Scripts::Run).await;
}

pub(crate) async fn a_new_password_ends_the_other_sessions(stage: &Stage) {
    let shop = Shop::open();
    enrol(&shop, ADA);
    let (here, there) = (signed_in(stage, &shop).await, signed_in(stage, &shop).await);
    here.press("Session").await;
    here.press("Change the password").await;
    here.fill("Your password now", PASSWORD).await;
    here.fill("New password", "another horse battery").await;
    here.submit("Change the password").await;
    here.arrive("/account/password/changed").await;
    here.open("/account/sessions").await;
    here.see("This session").await;
    there.open("/account/sessions").await;
    there.see("Email address").await;
}

pub(crate) async fn signing_out_everywhere_ends_all(stage: &Stage) {
    let shop = Shop::open();
    enrol(&shop, ADA);
    let (here, there) = (signed_in(stage, &shop).await, signed_in(stage, &shop).await);
    here.open("/account/sessions").await;
    here.press("Sign out everywhere").await;
    here.see("Sign in").await;
    there.open("/").await;
    there.see("Sign in").await;
}

pub(crate) async fn a_link_in_a_mail_sets_a_new_password_once(stage: &Stage) {
    stage.expect_complaint("status of 4");
    let mut shop = Shop::open();
    enrol(&shop, ADA);
    let visitor = stage.visitor(&shop).await;
    visitor.open("/account/sign-in").await;
    visitor.press("Forgot your password?").await;
    visitor.fill("Email address", ADA).await;
    visitor
        .client()
        .active_element()
        .await
        .unwrap()
        .send_keys("\u{E007}")
        .await
        .unwrap();
    visitor.arrive("/account/reset/sent").await;
    let link = shop.said("/account/reset/confirm");
    let link = format!("/account/reset/confirm{link}");
    visitor.open(&link).await;
    visitor.fill("New password", "another horse battery").await;
    visitor.submit("Set the password").await;
    visitor.arrive("/account/reset/done").await;
    visitor.open(&link).await;
    visitor.see("Ask for a new link").await;
    assert_eq!(visitor.count("input[type=password]").await, 0);
}

async fn signed_in(stage: &Stage, shop: &Shop) -> Browser {
    let visitor = stage.visitor(shop).await;
    visitor.open("/account/sign-in").await;
    sign_in(&visitor, ADA).await;
    visitor.see("Sign out").await;
    visitor
}
