//! The package in an application, as its users see it.

use plain::db::Model;
use plain::http::Result;
use plain::packages::{Installer, Package};
use plain::test::TestApp;
use plain::urls::{include, urls};

use crate::{Greeting, chores, middleware, package};

/// A project that installs the package, and includes its pages.
struct Project;

impl Package for Project {
    fn name(&self) -> &'static str {
        "project"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.urls(urls([include("greetings", crate::urls())]));
        Ok(())
    }
}

async fn application() -> TestApp {
    let app = TestApp::of([package(), Project.boxed()]).middleware([middleware::NAME]);
    app.setting("__SETTING___GREETING", "Good day").start().await
}

#[tokio::test]
async fn a_greeting_is_kept_and_shown() {
    let app = application().await;
    let client = app.client();
    let answer = client.post_form("/greetings", &[("text", "Hello <you>")]).await;
    assert_eq!(answer.location(), Some("/greetings"));
    let page = client.get("/greetings").await;
    assert!(page.text().contains("Hello &lt;you&gt;!"), "{page:?}");
    assert!(page.text().contains(r#"value="Good day""#), "{page:?}");
    assert_eq!(page.headers()["x-greeting"], "Good day");
}

#[tokio::test]
async fn old_greetings_are_forgotten() {
    let app = application().await;
    let old = Greeting::add(app.database(), "old").await.unwrap();
    let values = [("created_at", (old.created_at - chrono::TimeDelta::days(31)).into())];
    let query = Greeting::query().filter("id", old.id);
    query.update(app.database(), values).await.unwrap();
    Greeting::add(app.database(), "new").await.unwrap();

    let chore = app.chore(chores::NAME).unwrap();
    assert_eq!(chore.run(app.services()).await.unwrap(), "1 deleted");
    assert_eq!(Greeting::query().count(app.database()).await.unwrap(), 1);
}
