//! Lists: search, filters, order, pages, and actions on what they find.

use super::*;

fn names(text: &str) -> Vec<String> {
    let rows = text.split("<span class=\"unseen\">Select ").skip(1);
    rows.filter_map(|row| row.split("</span>").next())
        .map(str::to_owned)
        .collect()
}

async fn listed(app: &TestApp, query: &str) -> Vec<String> {
    let response = admin(app).get(&format!("/admin/products{query}")).await;
    assert_eq!(response.status(), 200, "{query} {response:?}");
    names(response.text())
}

#[tokio::test]
async fn a_list_is_searched_filtered_and_sorted() {
    let app = app().await;
    products(&app, 12).await;
    assert_eq!(listed(&app, "?q=TEA%20001").await, ["tea 001"]);
    assert_eq!(listed(&app, "?sort=-price").await[0], "tea 012");
    assert_eq!(
        listed(&app, "?filter=cheap&sort=-price").await[0],
        "tea 009"
    );
    assert_eq!(listed(&app, "?filter=cheap&filter=public").await, [""; 0]);
    assert_eq!(listed(&app, "?page=2").await, ["tea 011", "tea 012"]);
    let page = admin(&app)
        .get("/admin/products?filter=cheap&sort=-price")
        .await;
    let text = page.text();
    assert!(text.contains("aria-sort=\"descending\""), "{text}");
    assert!(
        text.contains("class=\"on\" aria-current=\"true\">Cheap"),
        "{text}"
    );
    assert!(text.contains("All 9 that match"), "{text}");
    assert!(text.contains("Rows 1 to 9 of 9"), "{text}");
}

#[tokio::test]
async fn a_filter_may_bring_its_order_and_a_visitor_has_the_last_word() {
    let app = app().await;
    products(&app, 3).await;
    let dear = async |query| listed(&app, query).await[0].clone();
    assert_eq!(dear("").await, "tea 001");
    assert_eq!(dear("?filter=dear").await, "tea 003");
    assert_eq!(dear("?filter=dear&filter=cheap").await, "tea 003");
    assert_eq!(dear("?filter=dear&sort=price").await, "tea 001");
    let page = admin(&app).get("/admin/products?filter=dear").await;
    assert!(page.text().contains("aria-sort=\"descending\""), "{page:?}");
    let other_way = "?filter=dear&amp;sort=price";
    assert!(page.text().contains(other_way), "{page:?}");
}

#[tokio::test]
async fn a_total_that_was_not_counted_to_its_end_says_so_and_deep_pages_are_refused() {
    let app = app().await;
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10050) \
        INSERT INTO product (name, price) SELECT 'tea ' || i, i FROM n";
    app.database().query(sql).execute().await.unwrap();
    let first = admin(&app).get("/admin/products").await;
    assert!(first.text().contains("Rows 1 to 10 of 10,000+"));
    let last = admin(&app).get("/admin/products?page=1000").await;
    assert_eq!(last.status(), 200);
    assert!(
        last.text()
            .contains("A list can be leafed through no further")
    );
    assert!(!last.text().contains("rel=\"next\""));
    let deeper = admin(&app).get("/admin/products?page=1001").await;
    assert_eq!(deeper.status(), 404);
    assert!(deeper.text().contains("up to row 10000"), "{deeper:?}");
}

#[tokio::test]
async fn all_that_match_are_acted_on_across_pages_without_their_ids() {
    let app = app().await;
    products(&app, 620).await;
    let address = "/admin/products/action?filter=cheap";
    let form = [("action", "raise-price"), ("all", "yes")];
    let asked = admin(&app).post_form(address, &form).await;
    assert_eq!(asked.status(), 200);
    assert!(asked.text().contains("Raise the price?"));
    assert!(
        asked
            .text()
            .contains("Raise price: <strong>9</strong>, all that match")
    );
    assert!(!asked.text().contains("name=\"id\""));
    assert_eq!(product(&app, 1).await.price, 1);

    let form = [
        ("action", "raise-price"),
        ("all", "yes"),
        ("confirmed", "yes"),
    ];
    let done = admin(&app)
        .post_form(address, &form)
        .follow_redirects(1)
        .await;
    assert!(
        done.text()
            .contains("all that match (filter cheap): 9 done"),
        "{done:?}"
    );
    assert_eq!(product(&app, 1).await.price, 2);
    assert_eq!(product(&app, 9).await.price, 10);
    assert_eq!(product(&app, 10).await.price, 10);

    let done = admin(&app)
        .post_form("/admin/products/action", &form)
        .follow_redirects(1)
        .await;
    assert!(done.text().contains("all that match: 620 done"), "{done:?}");
    assert_eq!(product(&app, 620).await.price, 621);
    assert_eq!(
        changes(&app).await,
        [
            "admin Raise price - all that match (filter cheap): 9 done",
            "admin Raise price - all that match: 620 done",
        ]
    );
}

#[tokio::test]
async fn an_action_without_a_question_runs_on_the_selected_rows_only() {
    let app = app().await;
    products(&app, 3).await;
    let form = [("action", "publish"), ("id", "1"), ("id", "3"), ("id", "3")];
    let done = admin(&app)
        .post_form("/admin/products/action", &form)
        .follow_redirects(1)
        .await;
    assert!(done.text().contains("2 selected: 2 done"), "{done:?}");
    assert!(product(&app, 3).await.is_public && !product(&app, 2).await.is_public);
    let detail = admin(&app).get("/admin/products/3").await;
    assert!(
        detail.text().contains("<strong>Publish</strong>"),
        "{detail:?}"
    );
}

#[tokio::test]
async fn an_action_on_one_row_is_noted_once_at_its_object() {
    let app = app().await;
    products(&app, 2).await;
    let form = [("action", "publish"), ("id", "2")];
    admin(&app).post_form("/admin/products/action", &form).await;
    assert_eq!(changes(&app).await, ["admin Publish tea 002 1 done"]);
}

#[tokio::test]
async fn a_confirmation_carries_the_selection_along() {
    let app = app().await;
    products(&app, 3).await;
    let form = [("action", "raise-price"), ("id", "2"), ("id", "3")];
    let asked = admin(&app)
        .post_form("/admin/products/action?q=tea", &form)
        .await;
    let text = asked.text();
    assert!(
        text.contains("action=\"/admin/products/action?q=tea\""),
        "{text}"
    );
    assert!(text.contains("name=\"id\" value=\"2\"") && text.contains("name=\"id\" value=\"3\""));
    assert!(text.contains("<li>tea 002</li>"));
}

#[tokio::test]
async fn a_task_runs_and_says_what_it_did() {
    let app = app().await;
    products(&app, 2).await;
    let done = admin(&app).post_form("/admin/products/task", &[("action", "count")]);
    assert!(
        done.follow_redirects(1)
            .await
            .text()
            .contains("2 products counted")
    );
    assert_eq!(changes(&app).await, ["admin Count - 2 products counted"]);
}

#[tokio::test]
async fn a_notice_is_shown_to_who_did_it_only_and_never_made_up() {
    let app = app().await;
    products(&app, 2).await;
    let done = admin(&app)
        .post_form("/admin/products/task", &[("action", "count")])
        .await;
    let location = done.location().unwrap();
    assert_eq!(location, "/admin/products?notice=1");
    assert!(
        !visitor(&app, "other")
            .get(location)
            .await
            .text()
            .contains("counted")
    );
    for made_up in ["99", "-1", "x", "<b>"] {
        let page = admin(&app)
            .get(&format!(
                "/admin/products?notice={}",
                made_up.replace("<b>", "%3Cb%3E")
            ))
            .await;
        assert!(
            page.status() == 200 && !page.text().contains("class=\"notice\""),
            "{made_up}"
        );
    }
}

#[tokio::test]
async fn objects_without_a_table_are_listed_searched_and_shown() {
    let app = app().await;
    let text = |query: &str| {
        let response = admin(&app).get(&format!("/admin/servers{query}"));
        async move { response.await.text().to_owned() }
    };
    let first = text("").await;
    assert!(
        first.find("(c)").unwrap() < first.find("(b)").unwrap(),
        "{first}"
    );
    assert!(!first.contains("(a/1)") && text("?page=2").await.contains("(a/1)"));
    assert!(text("?filter=idle").await.contains("Rows 1 to 1 of 1"));
    assert!(text("?q=B").await.contains("Rows 1 to 1 of 1"));
    assert!(text("/a%2F1").await.contains("<h1>a/1</h1>"));
    assert_eq!(admin(&app).get("/admin/servers/zz").await.status(), 404);
    for address in [
        "/admin/servers/create",
        "/admin/servers/b/update",
        "/admin/servers/b/delete",
    ] {
        assert_eq!(admin(&app).get(address).await.status(), 404, "{address}");
    }
}
