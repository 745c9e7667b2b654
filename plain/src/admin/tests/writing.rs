//! Making, changing and deleting objects, and what is noted of it.

use super::*;

#[tokio::test]
async fn an_object_is_made_changed_and_deleted_and_each_is_noted() {
    let app = app().await;
    let admin = admin(&app);
    let form = [("name", "Oolong"), ("price", "7")];
    let made = admin.post_form("/admin/products/create", &form).await;
    assert_eq!(made.location(), Some("/admin/products/1?notice=1"));
    let form = [
        ("name", "Oolong"),
        ("price", "8"),
        ("is_public", "true"),
        ("note", ""),
    ];
    let changed = admin.post_form("/admin/products/1/update", &form).await;
    assert_eq!(changed.status(), 303);
    let now = product(&app, 1).await;
    assert_eq!((now.price, now.is_public, now.note), (8, true, None));
    let asked = admin.get("/admin/products/1/delete").await;
    assert!(asked.text().contains("Delete this product?"));
    let asked = admin.post("/admin/products/1/delete").await;
    assert_eq!(asked.status(), 200);
    let form = [("confirmed", "yes")];
    let deleted = admin.post_form("/admin/products/1/delete", &form).await;
    assert_eq!(deleted.location(), Some("/admin/products?notice=3"));
    assert_eq!(
        changes(&app).await,
        [
            "admin Created Oolong ",
            "admin Changed Oolong price, is_public",
            "admin Deleted Oolong ",
        ]
    );
    let log = admin.get("/admin/changes").await;
    assert!(log.text().contains("The admin") && log.text().contains("price, is_public"));
}

#[tokio::test]
async fn only_listed_fields_are_written_whatever_is_sent() {
    let app = app().await;
    let form = [
        ("name", "Oolong"),
        ("price", "7"),
        ("id", "99"),
        ("secret", "stolen"),
        ("is_public", "true"),
    ];
    let made = admin(&app).post_form("/admin/products/create", &form).await;
    assert_eq!(made.location(), Some("/admin/products/1?notice=1"));
    let made = product(&app, 1).await;
    assert_eq!((made.secret.as_str(), made.is_public), ("untouched", false));
    admin(&app)
        .post_form("/admin/products/1/update", &form)
        .await;
    assert_eq!(product(&app, 1).await.secret, "untouched");
}

#[tokio::test]
async fn a_bad_form_is_shown_again_with_what_is_wrong_beside_the_fields() {
    let app = app().await;
    products(&app, 1).await;
    let errors = |form: Vec<(&'static str, String)>| {
        let response = admin(&app).post_form("/admin/products/create", &form);
        async move {
            let response = response.await;
            assert_eq!(response.status(), 422, "{form:?}");
            response.text().to_owned()
        }
    };
    let pairs =
        |name: &str, price: &str| vec![("name", name.to_owned()), ("price", price.to_owned())];
    let text = errors(pairs("x", "dear")).await;
    assert!(
        text.contains("This is no whole number.") && text.contains("value=\"dear\""),
        "{text}"
    );
    let text = errors(pairs("x", "1")).await;
    assert!(text.contains("Length is lower than 2."), "{text}");
    let text = errors(pairs("tea", "-1")).await;
    assert!(text.contains("Lower than 0."), "{text}");
    let text = errors(Vec::new()).await;
    assert_eq!(text.matches("Fill this in.").count(), 2, "{text}");
    let text = errors(pairs("tea 001", "1")).await;
    assert!(
        text.contains("Another object has this value already"),
        "{text}"
    );
    let text = errors(pairs("a\0b", "1")).await;
    assert!(text.contains("This can&#x27;t be stored."), "{text}");
    let text = errors(pairs("tea", "99999999999999999999")).await;
    assert!(text.contains("This is no whole number."), "{text}");
    let mut twice = pairs("tea", "1");
    twice.push(("price", "2".to_owned()));
    assert!(errors(twice).await.contains("It was sent more than once."));
    assert_eq!(Product::query().count(app.database()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_form_holds_what_the_object_has() {
    let app = app().await;
    products(&app, 1).await;
    let values = [
        ("note", "</textarea><b>".into()),
        ("is_public", true.into()),
    ];
    Product::query()
        .update(app.database(), values)
        .await
        .unwrap();
    let text = admin(&app)
        .get("/admin/products/1/update")
        .await
        .text()
        .to_owned();
    assert!(
        text.contains("value=\"tea 001\"") && text.contains("value=\"true\" checked"),
        "{text}"
    );
    assert!(
        text.contains("id=\"help-name\">As customers see it: no <code>&lt;b&gt;</code>.</p>")
            && text.contains("aria-describedby=\"help-name\""),
        "{text}"
    );
    assert!(text.contains("&lt;/textarea&gt;&lt;b&gt;"), "{text}");
}

#[tokio::test]
async fn hidden_values_are_shown_when_asked_for_and_that_is_noted() {
    let app = app().await;
    products(&app, 1).await;
    let page = admin(&app).get("/admin/products/1").await;
    assert!(page.text().contains("<code>secret</code>") && !page.text().contains("untouched"));
    assert_eq!(
        admin(&app).get("/admin/products/1/reveal").await.status(),
        405
    );
    let shown = admin(&app).post("/admin/products/1/reveal").await;
    assert_eq!(shown.status(), 200);
    assert!(shown.text().contains("untouched"));
    assert_eq!(changes(&app).await, ["admin Values shown tea 001 Secrets"]);
}

#[tokio::test]
async fn an_action_of_one_object_asks_and_is_done() {
    let app = app().await;
    products(&app, 1).await;
    let address = "/admin/products/1/action";
    let asked = admin(&app).post_form(address, &[("action", "raise")]).await;
    assert!(asked.text().contains("<h1>Raise?</h1>"), "{asked:?}");
    let form = [("action", "raise"), ("confirmed", "yes")];
    let done = admin(&app).post_form(address, &form).await;
    assert_eq!(done.location(), Some("/admin/products/1?notice=1"));
    assert_eq!(product(&app, 1).await.price, 2);
}

#[tokio::test]
async fn an_action_is_offered_and_done_only_where_there_is_something_to_do() {
    let app = app().await;
    products(&app, 1).await;
    let offers = async || {
        let page = admin(&app).get("/admin/products/1").await;
        page.text().contains("value=\"publish-now\"")
    };
    let form = [("action", "publish-now")];
    let post = async || {
        admin(&app)
            .post_form("/admin/products/1/action", &form)
            .await
    };
    assert!(offers().await);
    assert_eq!(post().await.status(), 303);
    assert!(!offers().await);
    let late = post().await;
    assert_eq!(late.status(), 409);
    assert!(
        late.text()
            .contains("somebody may have changed it meanwhile"),
        "{late:?}"
    );
    assert_eq!(changes(&app).await, ["admin Publish now tea 001 1 done"]);
}
