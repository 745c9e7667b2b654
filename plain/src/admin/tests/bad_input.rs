//! What a visitor may get wrong, or try: each a clear page with the right status.

use super::*;

#[tokio::test]
async fn what_a_list_does_not_have_is_refused_with_what_was_meant() {
    let app = app().await;
    products(&app, 1).await;
    for (query, status, text) in [
        ("page=-1", 404, "The list has no such page."),
        ("page=0", 404, "The list has no such page."),
        ("page=2", 404, "The list has no such page."),
        ("page=1e3", 404, "The list has no such page."),
        (
            "page=1000000000000000000000000000000",
            404,
            "up to row 10000",
        ),
        ("page=18446744073709551615", 404, "up to row 10000"),
        (
            "filter=chep",
            400,
            "This list has no filter <code>chep</code>; did you mean <code>cheap</code>?",
        ),
        ("filter=", 400, "This list has no filter <code></code>"),
        (
            "sort=pric",
            400,
            "sorted by <code>pric</code>; did you mean <code>price</code>?",
        ),
        ("sort=initial", 400, "sorted by <code>initial</code>"),
        ("sort=secret", 400, "sorted by <code>secret</code>"),
        (
            "sort=price%20DESC;--",
            400,
            "sorted by <code>price DESC;--</code>",
        ),
        ("q=%ff", 400, "is not UTF-8"),
    ] {
        let response = admin(&app).get(&format!("/admin/products?{query}")).await;
        assert_eq!(response.status(), status, "{query}");
        assert!(
            response.text().contains(text),
            "{query} {}",
            response.text()
        );
        assert!(response.text().contains("aria-label=\"Admin\""), "{query}");
    }
}

#[tokio::test]
async fn ids_and_viewsets_that_do_not_exist_are_not_found() {
    let app = app().await;
    products(&app, 1).await;
    for address in [
        "products/2",
        "products/x",
        "products/-1",
        "products/1.0",
        "products/99999999999999999999",
        "products/1%00",
        "products/2/update",
        "products/2/delete",
        "nothing",
        "nothing/1",
    ] {
        let response = admin(&app).get(&format!("/admin/{address}")).await;
        assert_eq!(response.status(), 404, "{address}");
    }
    let response = admin(&app).get("/admin/products/2").await;
    assert!(
        response
            .text()
            .contains("it may have been deleted meanwhile")
    );
    let form = [("name", "x"), ("price", "1")];
    let response = admin(&app)
        .post_form("/admin/products/2/update", &form)
        .await;
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn actions_that_do_not_exist_or_have_nothing_to_do_are_refused() {
    let app = app().await;
    products(&app, 1).await;
    for (form, status, text) in [
        (
            vec![("action", "rais-price"), ("id", "1")],
            404,
            "no action <code>rais-price</code>; did you mean <code>raise-price</code>?",
        ),
        (vec![("id", "1")], 400, "No action is chosen"),
        (vec![("action", "publish")], 400, "Nothing is selected"),
        (
            vec![("action", "publish"), ("id", "7")],
            404,
            "may have been deleted meanwhile",
        ),
        (
            vec![("action", "publish"), ("id", "x")],
            400,
            "The selection holds what is no id.",
        ),
        (
            vec![("action", "count"), ("id", "1")],
            404,
            "no action <code>count</code>",
        ),
    ] {
        let response = admin(&app).post_form("/admin/products/action", &form).await;
        assert_eq!(response.status(), status, "{form:?}");
        assert!(
            response.text().contains(text),
            "{form:?} {}",
            response.text()
        );
    }
    for address in ["task", "1/action"] {
        let address = format!("/admin/products/{address}");
        let response = admin(&app).post_form(&address, &[("action", "zap")]).await;
        assert_eq!(response.status(), 404, "{address}");
    }
    assert_eq!(changes(&app).await, [""; 0]);
}

#[tokio::test]
async fn too_many_fields_are_refused() {
    let app = app().await;
    products(&app, 1).await;
    let form: Vec<(&str, String)> = (0..10_000).map(|id| ("id", id.to_string())).collect();
    for address in [
        "action", "task", "create", "1/update", "1/action", "1/delete",
    ] {
        let response = admin(&app)
            .post_form(&format!("/admin/products/{address}"), &form)
            .await;
        assert_eq!(response.status(), 413, "{address}");
        assert!(response.text().contains("REQUEST_MAX_FIELDS"), "{address}");
    }
}

#[tokio::test]
async fn stored_html_is_text() {
    let app = app().await;
    let evil = "<script>alert(1)</script>\"'&";
    let values = [
        ("name", evil.into()),
        ("price", 1.into()),
        ("secret", evil.into()),
    ];
    Product::query()
        .create(app.database(), values)
        .await
        .unwrap();
    let admin = admin(&app);
    let form = [("action", "raise-price"), ("id", "1")];
    for response in [
        admin.get("/admin/products").await,
        admin.get("/admin/products?q=%3Cscript%3E").await,
        admin.get("/admin/products?q=%3Cscript%3Enone").await,
        admin.get("/admin/products/1").await,
        admin.get("/admin/products/1/update").await,
        admin.get("/admin/products/1/delete").await,
        admin.post("/admin/products/1/reveal").await,
        admin.get("/admin").await,
        admin.post_form("/admin/products/action", &form).await,
        admin.get("/admin/products?sort=%3Cscript%3E").await,
    ] {
        assert!(!response.text().contains("<script>"), "{response:?}");
    }
}

#[tokio::test]
async fn an_error_is_json_for_who_asks_for_that() {
    let app = app().await;
    let response = admin(&app)
        .get("/admin/nothing")
        .header("accept", "application/json")
        .await;
    assert_eq!(response.status(), 404);
    assert_eq!(response.header("content-type"), Some("application/json"));
}
