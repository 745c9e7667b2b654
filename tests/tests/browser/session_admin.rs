//! What an admin does with sessions.

use fantoccini::Locator;
use fantoccini::key::Key;
use plain_tests::browser::{Browser, Scripts, Shop, Stage, Window};

use crate::office::{ADMIN, Over, PASSWORD, admin, hire, plant, sign_in};
use crate::pages::{put_into_the_cart, say_hello};

pub(crate) async fn an_admin_finds_a_session_looks_into_it_and_ends_it(stage: &Stage) {
    find_and_end(stage, Scripts::Run, Window::Desk).await;
}

pub(crate) async fn an_admin_without_scripts_does_the_same(stage: &Stage) {
    find_and_end(stage, Scripts::Blocked, Window::Desk).await;
}

pub(crate) async fn an_admin_with_a_phone_does_the_same(stage: &Stage) {
    find_and_end(stage, Scripts::Run, Window::Phone).await;
}

async fn find_and_end(stage: &Stage, scripts: Scripts, window: Window) {
    stage.expect_complaint("status of 422");
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    say_hello(&visitor, "Grace").await;
    put_into_the_cart(&visitor, "Stoneware mug").await;
    let key = visitor.cookie("sessionid").await.unwrap();
    visitor.open("/session").await;
    let fingerprint = visitor.text_of(".facts code").await;

    hire(&shop);
    let admin = stage.browser(shop.url(), scripts).await;
    admin.resize(window).await;
    admin.open("/admin/").await;
    admin.fill("Email address", ADMIN).await;
    admin.fill("Password", "not that").await;
    admin.submit("Sign in").await;
    admin
        .see("The email address or the password is not right.")
        .await;
    assert_eq!(admin.value("Password").await, "");
    sign_in(&admin, ADMIN).await;
    admin.arrive("/admin").await;
    if window == Window::Phone {
        assert!(!admin.offers("Sessions").await || admin.offers("Menu").await);
        admin.press("Menu").await;
    }
    let sections = admin.texts_of("#menu h2").await.join(" ").to_lowercase();
    for section in ["sessions", "auth", "shop", "application"] {
        assert!(sections.contains(section), "{sections}");
    }
    admin.press("Sessions").await;
    admin.arrive("/admin/sessions").await;
    assert_eq!(admin.count("table.list tbody tr").await, 2);

    admin.fill("Key, fingerprint or owner", &key).await;
    admin.submit("Search").await;
    admin.see("Rows 1 to 1 of 1").await;
    assert!(!admin.path().await.contains(&key));
    assert!(
        !admin.source().await.contains(&key),
        "the key is on the page"
    );
    admin.press(&fingerprint).await;
    admin.see("Stored values").await;
    for shown in [
        "active",
        "Created",
        "Last saved",
        "Expires",
        "Size",
        "cart",
        "name",
    ] {
        admin.see(shown).await;
    }
    assert!(
        !admin.source().await.contains("Grace"),
        "the values are hidden"
    );
    admin.submit("Show values").await;
    admin.see("Grace").await;
    assert!(
        !admin.source().await.contains(&key),
        "the key is on the page"
    );

    visitor.open("/").await;
    visitor.see("Hello, Grace").await;
    admin.submit("End").await;
    admin.see("End this session?").await;
    admin.submit("End").await;
    // The page that asks has an address below that of the list, too.
    admin.see("1 done").await;
    admin.arrive_below("/admin/sessions").await;
    visitor.open("/session").await;
    visitor.see("You have none").await;

    admin.open("/admin/changes").await;
    for noted in [ADMIN, "End", &format!("Session {fingerprint}")] {
        admin.see(noted).await;
    }
    assert!(
        !admin.source().await.contains(&key),
        "the key is on the page"
    );
}

pub(crate) async fn several_sessions_or_all_that_match_are_ended(stage: &Stage) {
    end_many(stage, Scripts::Run).await;
}

pub(crate) async fn several_sessions_or_all_that_match_are_ended_without_scripts(stage: &Stage) {
    end_many(stage, Scripts::Blocked).await;
}

async fn end_many(stage: &Stage, scripts: Scripts) {
    let shop = Shop::open();
    let database = shop.database().await;
    plant(&database, 130, Over::Yes).await;
    plant(&database, 3, Over::No).await;
    hire(&shop);
    let admin = admin(stage, &shop, scripts).await;
    admin.press("Sessions").await;
    admin.see("of 134").await;
    admin.press("Expired").await;
    admin.see("of 130").await;
    admin.press("Next").await;
    admin.see("Page 2").await;
    for row in rows(&admin).await.iter().take(2) {
        admin.tick(&format!("Select Session {row}")).await;
    }
    admin.submit("End selected").await;
    admin.see("End these sessions?").await;
    admin.see("End selected: 2.").await;
    admin.submit("End selected").await;
    admin.see("of 128").await;

    admin.tick("All 128 that match").await;
    admin.submit("End selected").await;
    admin.see("End selected: 128, all that match.").await;
    admin.press("Cancel").await;
    admin.see("of 128").await;
    admin.tick("All 128 that match").await;
    admin.submit("End selected").await;
    admin.see("all that match").await;
    admin.submit("End selected").await;
    admin.see("Nothing matches").await;
    admin.press("Show all").await;
    admin.see("of 4").await;

    plant(&database, 5, Over::Yes).await;
    database.close().await;
    admin.submit("Clear expired").await;
    admin.see("Delete all sessions that are over?").await;
    admin.submit("Clear expired").await;
    admin.see("5 expired sessions deleted").await;
    admin.see("of 4").await;
}

pub(crate) async fn sessions_are_sorted_and_filtered(stage: &Stage) {
    let shop = Shop::open();
    let database = shop.database().await;
    plant(&database, 12, Over::No).await;
    database.close().await;
    hire(&shop);
    let admin = admin(stage, &shop, Scripts::Run).await;
    admin.open("/admin/sessions").await;
    let newest_first = rows(&admin).await;
    assert_eq!(newest_first.len(), 13);
    admin.press("Created").await;
    admin
        .wait("the other order", async || {
            let header = Locator::Css("th[aria-sort='ascending']");
            admin.client().find(header).await.ok()
        })
        .await;
    let oldest_first = rows(&admin).await;
    assert!(oldest_first.iter().eq(newest_first.iter().rev()));

    admin.press("Signed in").await;
    admin.see("of 1").await;
    admin.press("Anonymous").await;
    admin.see("Nothing matches").await;
    admin.press("Signed in").await;
    admin.see("of 12").await;
}

/// The fingerprints on the page, from top to bottom.
async fn rows(admin: &Browser) -> Vec<String> {
    admin.texts_of("table.list tbody .first code").await
}

pub(crate) async fn all_of_it_is_done_by_the_keyboard(stage: &Stage) {
    let shop = Shop::open();
    let visitor = stage.visitor(&shop).await;
    say_hello(&visitor, "Grace").await;
    visitor.open("/session").await;
    let fingerprint = visitor.text_of(".facts code").await;
    hire(&shop);
    let admin = stage.visitor(&shop).await;
    admin.open("/admin/").await;
    admin.see("Password").await;
    let in_the_form = async || (admin.focus().await == "Email address").then_some(());
    admin.wait("the focus in the form", in_the_form).await;
    admin.write(ADMIN).await;
    admin.tab_to("Password").await;
    admin.write(PASSWORD).await;
    admin.key(Key::Enter).await;
    admin.arrive("/admin").await;

    admin.key(Key::Tab).await;
    assert_eq!(admin.focus().await, "Skip to content");
    enter(&admin, "Sessions").await;
    admin.arrive("/admin/sessions").await;
    admin.tab_to("Key, fingerprint or owner").await;
    admin.write(&fingerprint).await;
    admin.key(Key::Enter).await;
    admin.see("Rows 1 to 1 of 1").await;
    admin.tab_to(&format!("Select Session {fingerprint}")).await;
    admin.key(Key::Space).await;
    admin.see("1 selected").await;
    // The buttons stand above the rows.
    admin.shift(Key::Tab).await;
    enter(&admin, "End selected").await;
    admin.see("End these sessions?").await;
    enter(&admin, "End selected").await;
    admin.see("Nothing matches").await;
    visitor.open("/session").await;
    visitor.see("You have none").await;
    enter(&admin, "Sign out").await;
    admin.arrive("/").await;
}

async fn enter(admin: &Browser, name: &str) {
    admin.tab_to(name).await;
    admin.key(Key::Enter).await;
}
