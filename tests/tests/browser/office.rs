//! The back office: an admin in it, and enough to do there.

use plain_tests::browser::{Browser, Scripts, Shop, Stage};
use sqlx::SqlitePool;

/// The admin's address.
pub(crate) const ADMIN: &str = "me@example.com";

/// The admin's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// The pages of the admin that stay as they are when they are looked at; the session, the user, the
/// product and the order with the number 1 are there for who [`works`](work) in it.
pub(crate) const PAGES: [&str; 22] = [
    "/admin",
    "/admin/settings",
    "/admin/preflight",
    "/admin/migrations",
    "/admin/chores",
    "/admin/urls",
    "/admin/packages",
    "/admin/sessions",
    "/admin/sessions?q=nobody",
    "/admin/sessions/1",
    "/admin/users",
    "/admin/users/1",
    "/admin/products",
    "/admin/products/1",
    "/admin/products/1/update",
    "/admin/products/create",
    "/admin/orders",
    "/admin/orders/1",
    "/admin/order-lines",
    "/admin/order-lines/1",
    "/admin/changes",
    "/admin/nowhere",
];

/// Makes an admin, as `plain users create` does.
pub(crate) fn hire(shop: &Shop) {
    let words = ["users", "create", ADMIN, "--admin", "--password-stdin"];
    shop.run(&words, &format!("{PASSWORD}\n"));
}

/// Makes a user who is none.
pub(crate) fn enrol(shop: &Shop, email: &str) {
    let words = ["users", "create", email, "--password-stdin"];
    shop.run(&words, &format!("{PASSWORD}\n"));
}

/// A new browser in which the admin of `shop` is signed in.
pub(crate) async fn admin(stage: &Stage, shop: &Shop, scripts: Scripts) -> Browser {
    let admin = stage.browser(shop.url(), scripts).await;
    admin.open("/admin/").await;
    sign_in(&admin, ADMIN).await;
    admin.arrive("/admin").await;
    admin
}

/// Fills in the form to sign in, which is shown.
pub(crate) async fn sign_in(visitor: &Browser, email: &str) {
    visitor.fill("Email address", email).await;
    visitor.fill("Password", PASSWORD).await;
    visitor.submit("Sign in").await;
}

/// Gives the admin something to look at: customers with carts, one with an order, sessions that are
/// over, and changes.
pub(crate) async fn work(stage: &Stage, shop: &Shop) -> Browser {
    crate::pages::regular(stage, shop).await;
    hire(shop);
    enrol(shop, "ada@example.com");
    let database = shop.database().await;
    plant(&database, 130, Over::Yes).await;
    plant(&database, 7, Over::No).await;
    database.close().await;
    let admin = admin(stage, shop, Scripts::Run).await;
    admin.open("/admin/sessions/1").await;
    admin.submit("Show values").await;
    admin.see("That you looked is noted").await;
    admin.open("/admin/products").await;
    admin.tick("Select Stoneware mug").await;
    admin.submit("Put on sale").await;
    admin.see("Put on sale").await;
    admin
}

/// Whether a session is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Yes,
    No,
}

/// Adds sessions of nobody, begun one after the other from twelve to two days ago.
pub(crate) async fn plant(database: &SqlitePool, number: u32, over: Over) {
    let sql = "
        WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $1)
        INSERT INTO plainsessions_session (key_hash, session_data, created_at, expires_at)
        SELECT lower(hex(randomblob(32))), json_object('visits', n),
               strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || (12 - n * 10.0 / $1) || ' days'),
               strftime('%Y-%m-%dT%H:%M:%fZ', 'now', $2)
        FROM number";
    let end = match over {
        Over::Yes => "-1 days",
        Over::No => "+7 days",
    };
    let planted = sqlx::query(sql).bind(number).bind(end);
    planted.execute(database).await.unwrap();
}
