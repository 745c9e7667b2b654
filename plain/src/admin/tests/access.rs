//! Who gets in, and who does not.

use http::Method;

use super::*;

/// Every address of the admin, with values that exist in the places of its pattern.
async fn addresses(app: &TestApp) -> Vec<String> {
    products(app, 1).await;
    let routes = app.router().routes().iter();
    let patterns = routes
        .map(|route| route.pattern())
        .filter(|pattern| pattern.starts_with("admin"));
    let filled = |pattern: &str| {
        let filled = pattern
            .replace("<slug:viewset>", "products")
            .replace("<id>", "1");
        assert!(!filled.contains('<'), "{pattern}");
        format!("/{filled}")
    };
    let addresses: Vec<_> = patterns.map(filled).collect();
    assert!(addresses.len() >= 16, "{addresses:?}");
    addresses
}

fn methods() -> Vec<Method> {
    let names = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE",
    ];
    names.map(|name| name.parse().unwrap()).into()
}

#[tokio::test]
async fn nobody_gets_in_anywhere_who_is_no_admin() {
    let app = app().await;
    for address in addresses(&app).await {
        for method in methods() {
            let anonymous = app.client().request(method.clone(), &address).await;
            assert_eq!(anonymous.status(), 302, "{method} {address}");
            let location = anonymous.location().unwrap();
            assert!(location.starts_with("/login?next=%2Fadmin"), "{location}");
            assert!(anonymous.bytes().is_empty(), "{method} {address}");
            assert_eq!(anonymous.header("allow"), None);

            let customer = visitor(&app, "customer");
            let customer = customer.request(method.clone(), &address).await;
            assert_eq!(customer.status(), 403, "{method} {address}");
            assert!(!customer.text().contains("tea 001"), "{method} {address}");
            assert_eq!(customer.header("allow"), None);
        }
    }
    assert_eq!(changes(&app).await, [""; 0]);
}

#[tokio::test]
async fn other_spellings_of_an_address_lead_nowhere_else() {
    let app = app().await;
    products(&app, 1).await;
    for address in [
        "https://localhost//admin/products",
        "/admin//products",
        "/admin/./products",
        "/admin/x/../products",
        "/%61dmin/products",
        "/admin/%70roducts",
        "/admin%2Fproducts",
        "/admin/products/",
        "/Admin/products",
        "/admin/products?next=//evil.example",
        "/admin/products;x",
    ] {
        let client = app.client().default_header("x-http-method-override", "GET");
        for response in [client.get(address).await, client.post(address).await] {
            assert!(
                [302, 308, 404].contains(&response.status().as_u16()),
                "{address} {response:?}"
            );
            assert!(!response.text().contains("tea 001"), "{address}");
            if let Some(location) = response.location() {
                assert!(
                    location.starts_with('/') && !location.starts_with("//"),
                    "{location}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_admin_gets_every_page_and_nothing_of_it_is_cached() {
    let app = app().await;
    for address in addresses(&app).await {
        let response = admin(&app).get(&address).await;
        assert!(
            [200, 405].contains(&response.status().as_u16()),
            "{address} {response:?}"
        );
        assert_eq!(
            response.header("cache-control"),
            Some("no-store"),
            "{address}"
        );
        let head = admin(&app).head(&address).await;
        assert_eq!(head.status(), response.status());
        assert!(head.bytes().is_empty());
        let options = admin(&app).request(Method::OPTIONS, &address).await;
        assert_eq!(options.status(), 204);
        assert!(options.header("allow").is_some());
        assert_eq!(
            admin(&app).request(Method::PUT, &address).await.status(),
            405
        );
    }
}

#[tokio::test]
async fn what_a_viewset_forbids_is_gone_from_the_navigation_and_refused() {
    let app = app().await;
    products(&app, 1).await;
    admin(&app).post("/admin/products/1/reveal").await;
    assert!(admin(&app).get("/admin").await.text().contains("tea 001"));
    let blind = visitor(&app, "blind");
    // The change log names objects of all lists.
    let start = blind.get("/admin").await;
    for hidden in ["Products", "tea 001", "Change log"] {
        assert!(!start.text().contains(hidden), "{hidden} {start:?}");
    }
    for address in [
        "/admin/products",
        "/admin/products/1",
        "/admin/products/create",
        "/admin/changes",
        "/admin/changes/1",
    ] {
        assert_eq!(blind.get(address).await.status(), 404, "{address}");
    }
    let reader = visitor(&app, "reader");
    let list = reader.get("/admin/products").await;
    assert_eq!(list.status(), 200);
    assert!(!list.text().contains("Raise price") && !list.text().contains("New product"));
    let detail = reader.get("/admin/products/1").await;
    assert!(!detail.text().contains("Delete") && !detail.text().contains("Show values"));
    for address in ["create", "1/update", "1/delete"] {
        let response = reader.get(&format!("/admin/products/{address}")).await;
        assert_eq!(response.status(), 403, "{address}");
    }
    for address in [
        "action?", "task", "1/action", "1/reveal", "1/delete", "1/update", "create",
    ] {
        let form = [("action", "publish"), ("all", "yes"), ("confirmed", "yes")];
        let response = reader
            .post_form(&format!("/admin/products/{address}"), &form)
            .await;
        assert_eq!(response.status(), 403, "{address}");
    }
    assert!(!product(&app, 1).await.is_public);
}

#[tokio::test]
async fn an_admin_that_nobody_decides_on_is_closed_and_says_why() {
    let app = TestApp::of([package(), Shop.boxed()]).start().await;
    let response = admin(&app).get("/admin/products").await;
    assert_eq!(response.status(), 403);
    let why = "The admin is closed, since no installed package decides who may open it: install \
        one that does, such as plain.auth (add &quot;plain.auth&quot; to INSTALLED_PACKAGES, after \
        &quot;plain.admin&quot;)";
    assert!(response.text().contains(why), "{response:?}");
}

#[tokio::test]
async fn a_post_of_another_site_is_refused() {
    let app = app().await;
    products(&app, 1).await;
    let form = [("action", "publish"), ("all", "yes")];
    let response = admin(&app)
        .post_form("/admin/products/action", &form)
        .cross_site()
        .await;
    assert_eq!(response.status(), 403);
    assert!(!product(&app, 1).await.is_public);
}

#[tokio::test]
async fn who_signs_in_comes_back_to_the_page_but_not_to_a_post() {
    let app = app().await;
    let get = app
        .client()
        .get("/admin/products?filter=cheap&page=2")
        .await;
    assert_eq!(
        get.location(),
        Some("/login?next=%2Fadmin%2Fproducts%3Ffilter%3Dcheap%26page%3D2")
    );
    let post = app.client().post("/admin/products/action").await;
    assert_eq!(post.location(), Some("/login?next=%2Fadmin"));
}

#[tokio::test]
async fn an_admin_that_is_mounted_and_not_installed_tells_only_the_log() {
    let app = TestApp::of([Shop.boxed(), Auth.boxed()]).start().await;
    let response = admin(&app).get("/admin/products").await;
    assert_eq!(response.status(), 500);
    assert!(
        !response.text().contains("INSTALLED_PACKAGES"),
        "{response:?}"
    );
}
