//! The API as its clients see it.

use plain::App;
use plain::http::StatusCode;
use plain::test::{Client, TestApp, TestResponse};
use serde_json::{Value, json};

use crate::{middleware, package};

async fn notes() -> TestApp {
    let app = TestApp::of([package()]);
    app.middleware([middleware::NAME]).start().await
}

async fn add(client: &Client<App>, title: &str) -> TestResponse {
    client.post_json("/notes", &json!({ "title": title })).await
}

fn fault(response: &TestResponse) -> Value {
    response.json::<Value>()["error"].take()
}

#[tokio::test]
async fn a_note_is_made_read_replaced_and_deleted() {
    let app = notes().await;
    let client = app.client();
    let made = add(&client, "Milk").await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(made.location(), Some("/notes/1"));
    let note = client.get("/notes/1").await;
    assert_eq!(
        note.json::<Value>(),
        json!({ "id": 1, "title": "Milk", "text": "" })
    );
    let oats = json!({ "title": "Oat milk", "text": "2 l" });
    let replaced = client.put("/notes/1").json(&oats).await;
    assert_eq!(replaced.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        client.get("/notes").await.json::<Value>(),
        json!([{ "id": 1, "title": "Oat milk", "text": "2 l" }])
    );
    let deleted = client.delete("/notes/1").await;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(client.get("/notes").await.json::<Value>(), json!([]));
}

#[tokio::test]
async fn the_list_comes_in_the_type_that_the_client_prefers() {
    let app = notes().await;
    let client = app.client();
    add(&client, "\"Milk\", fresh").await;
    for (accept, content_type) in [
        ("*/*", "application/json"),
        ("text/csv;q=0.9, application/json;q=0.5", "text/csv"),
        ("text/*", "text/csv"),
    ] {
        let list = client.get("/notes").header("accept", accept).await;
        assert_eq!(list.header("content-type"), Some(content_type), "{accept}");
        assert_eq!(list.header("vary"), Some("Accept"));
    }
    let list = client.get("/notes").header("accept", "text/csv").await;
    assert_eq!(
        list.text(),
        "id,title,text\r\n1,\"\"\"Milk\"\", fresh\",\"\"\r\n"
    );
}

#[tokio::test]
async fn a_type_that_there_is_not_is_refused_with_those_that_there_are() {
    let app = notes().await;
    let list = app
        .client()
        .get("/notes")
        .header("accept", "image/png, application/json;q=0");
    assert_eq!(list.await.status(), StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn errors_have_a_code_for_programs_and_words_for_people() {
    let app = notes().await;
    let client = app.client();
    assert_eq!(
        fault(&client.get("/notes/7").await),
        json!({ "status": 404, "code": "no_such_note", "message": "There is no note 7." })
    );
    add(&client, "Milk").await;
    let taken = add(&client, "Milk").await;
    assert_eq!(taken.status(), StatusCode::CONFLICT);
    assert_eq!(fault(&taken)["code"], "title_taken");
}

#[tokio::test]
async fn what_breaks_a_rule_or_has_another_shape_is_named_by_field() {
    let app = notes().await;
    let client = app.client();
    let empty = add(&client, "").await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        fault(&empty)["fields"],
        json!({ "title": ["length is lower than 1"] })
    );
    let number = client.post_json("/notes", &json!({ "title": 7 })).await;
    assert_eq!(number.status(), StatusCode::BAD_REQUEST);
    let fields = &fault(&number)["fields"];
    assert!(
        fields["title"][0]
            .as_str()
            .is_some_and(|message| message.starts_with("invalid type: integer `7`")),
        "{fields}"
    );
}

#[tokio::test]
async fn errors_are_json_for_clients_that_take_anything_and_pages_for_browsers() {
    let app = notes().await;
    let client = app.client();
    let lost = client.get("/nowhere").header("accept", "*/*").await;
    assert_eq!(lost.header("content-type"), Some("application/json"));
    let lost = client.get("/nowhere").header("accept", "text/html").await;
    assert_eq!(
        lost.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}
