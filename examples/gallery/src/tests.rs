//! The gallery as its visitors see it.

use std::fs;

use plain::App;
use plain::test::{Client, Part, TestApp};
use tempfile::TempDir;

use crate::package;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and the rest of it";

/// A gallery whose pictures are in a folder of their own.
async fn gallery() -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let app = TestApp::of([package()]).setting("GALLERY_FOLDER", path);
    let app = app.setting("GALLERY_MAX_SIZE", 1000);
    (app.start().await, folder)
}

fn parts(title: &str, content: &[u8]) -> [Part; 2] {
    let file = Part::file("picture", "../cat.png", "image/png", content);
    [Part::text("title", title), file]
}

fn files(folder: &TempDir) -> usize {
    fs::read_dir(folder.path()).unwrap().count()
}

/// The addresses of the pictures that the gallery shows.
async fn shown(client: &Client<App>) -> Vec<String> {
    let page = client.get("/").await;
    let images = page.text().split("<img src=\"").skip(1);
    images
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

#[tokio::test]
async fn what_is_uploaded_is_shown_and_can_be_deleted() {
    let (app, folder) = gallery().await;
    let client = app.client();
    let answer = client.post_multipart("/", parts("A <cat>", PNG)).await;
    assert_eq!(answer.location(), Some("/"));
    assert!(client.get("/").await.text().contains("A &lt;cat&gt;"));

    let pictures = shown(&client).await;
    let picture = client.get(&pictures[0]).await;
    assert_eq!(picture.header("content-type"), Some("image/png"));
    assert_eq!(picture.bytes(), PNG);
    assert_eq!(files(&folder), 1);

    let deleted = client.post("/pictures/1/delete").await;
    assert_eq!(deleted.location(), Some("/"));
    assert_eq!(shown(&client).await.len(), 0);
    assert_eq!(client.get(&pictures[0]).await.status(), 404);
    assert_eq!(files(&folder), 0);
    assert_eq!(client.post("/pictures/1/delete").await.status(), 404);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_whatever_the_client_calls_it() {
    let (app, folder) = gallery().await;
    let client = app.client();
    let sound = b"RIFF\0\0\0\0WAVE";
    for content in [b"<script>".as_slice(), b"<svg/>", b"", sound] {
        let answer = client.post_multipart("/", parts("Cat", content)).await;
        assert_eq!(answer.status(), 422);
        assert!(answer.text().contains("This is no PNG"), "{answer:?}");
        assert!(
            answer.text().contains(r#"value="Cat""#),
            "what was typed stays"
        );
    }
    let without = client
        .post_multipart("/", [Part::text("title", "Cat")])
        .await;
    assert!(without.text().contains("Choose a picture."), "{without:?}");
    assert_eq!(files(&folder), 0);
}

#[tokio::test]
async fn a_picture_that_is_too_large_is_refused_and_leaves_nothing() {
    let (app, folder) = gallery().await;
    let client = app.client();
    let large = [PNG, &[0; 2000]].concat();
    assert_eq!(
        client
            .post_multipart("/", parts("Cat", &large))
            .await
            .status(),
        413
    );
    assert_eq!(files(&folder), 0);
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    let (app, folder) = gallery().await;
    let client = app.client();
    fs::write(folder.path().join("in.png"), PNG).unwrap();
    assert_eq!(client.get("/files/in.png").await.status(), 200);
    for path in ["/files/..%2Fsettings.toml", "/files/%2Fetc%2Fpasswd"] {
        assert_eq!(client.get(path).await.status(), 404, "{path}");
    }
}
