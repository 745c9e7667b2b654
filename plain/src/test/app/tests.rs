use super::*;
use crate::embedded::{File, Folder};
use crate::http::{Request, Response, Result};
use crate::packages::Installer;
use crate::urls::{path, urls};
use crate::views::View;

const MIGRATIONS: Folder = Folder {
    path: "",
    files: &[File {
        path: "0001_initial.sql",
        contents: b"CREATE TABLE item (name TEXT NOT NULL);",
    }],
};

struct Items;

impl View for Items {
    async fn get(&self, request: &Request) -> Result<Response> {
        let count = request.database()?.query("SELECT count(*) FROM item");
        Ok(Response::text(count.scalar::<i64>().await?.to_string()))
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        let database = request.database()?;
        let insert = database.query("INSERT INTO item VALUES ('spoon')");
        insert.execute().await?;
        Ok(Response::redirect("/items"))
    }
}

struct Shop;

impl Package for Shop {
    fn name(&self) -> &'static str {
        "shop"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.migrations(MIGRATIONS).urls(urls([path("items", Items)]));
        Ok(())
    }
}

fn shop() -> TestAppBuilder {
    TestApp::of([Shop.boxed()])
}

#[tokio::test]
async fn each_application_has_a_migrated_database_of_its_own() {
    let (one, other) = (shop().start().await, shop().start().await);
    let added = one.client().post("/items").follow_redirects(1).await;
    assert_eq!(added.text(), "1");
    let counted = other.client().get("/items").await;
    assert_eq!(counted.text(), "0");
    assert_eq!(counted.statements().len(), 1, "{:?}", counted.statements());
}

#[tokio::test]
async fn the_folder_is_gone_with_the_application() {
    let app = shop().file("templates/a/b.html", "hello").start().await;
    let root = app.root().to_owned();
    assert_eq!(
        std::fs::read(root.join("templates/a/b.html")).unwrap(),
        b"hello"
    );
    drop(app);
    assert!(!root.exists());
}

#[tokio::test]
async fn a_database_that_the_test_names_is_migrated() {
    let app = shop()
        .setting("DATABASE_URL", "sqlite://other.sqlite3")
        .start()
        .await;
    assert!(app.root().join("other.sqlite3").exists());
    assert_eq!(app.client().get("/items").await.text(), "0");
}

#[tokio::test]
#[should_panic(expected = "SHOP_COLOUR")]
async fn settings_are_checked_as_for_any_application() {
    shop().setting("SHOP_COLOUR", "red").start().await;
}

#[tokio::test]
async fn a_view_is_tested_alone_with_the_services_of_the_application() {
    let app = shop().start().await;
    let request = app.requests().get("/items").build();
    let response = Items.get(&request).await.unwrap();
    assert_eq!(response.body().as_bytes(), Some(&b"0"[..]));
}
