//! The pages that every admin has.

use super::*;
use crate::chores::Chore;
use crate::http::Error;

struct Sweep;

impl Chore for Sweep {
    fn description(&self) -> &'static str {
        "Sweeps the floor."
    }

    async fn run(&self, _: &Services) -> Result<String> {
        Ok("3 crumbs swept".to_owned())
    }
}

struct Cleaning;

impl Package for Cleaning {
    fn name(&self) -> &'static str {
        "cleaning"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.chore("cleaning.Sweep", Sweep);
        Ok(())
    }
}

/// Ends with what it holds.
struct Ends(std::result::Result<&'static str, &'static str>);

impl Chore for Ends {
    fn description(&self) -> &'static str {
        "Looks for `<b>`."
    }

    async fn run(&self, _: &Services) -> Result<String> {
        self.0.map(str::to_owned).map_err(Error::internal)
    }
}

/// Brings a page whose cards have notes, and chores that end with words.
struct Notes;

impl Viewset for Notes {
    type Model = Product;

    fn meta(&self) -> Meta {
        Meta::new("Notes")
    }

    fn list(&self) -> List<Product> {
        List::fields(["name"])
    }

    fn cards(&self) -> Vec<Card> {
        let number = |note: &'static str| async move { Ok(Content::number(1).note(note)) };
        vec![
            Card::new("Pairs", move |_| number("Run `plain <x>`, or `y`")),
            Card::new("Odd", move |_| number("One `alone")),
            Card::new("Trend", |_| async move {
                Ok(Content::trend([("Mon", 1), ("Tue", 2)]))
            }),
        ]
    }
}

impl Package for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        to.admin(Self)
            .chore("notes.Found", Ends(Ok("`<b>` was found")))
            .chore("notes.Missing", Ends(Err("`<b>` is missing")))
            .urls(list_of([include("admin", urls())]));
        Ok(())
    }
}

async fn page(app: &TestApp, path: &str) -> String {
    let response = admin(app).get(path).await;
    assert_eq!(response.status(), 200, "{response:?}");
    response.text().to_owned()
}

#[tokio::test]
async fn the_start_page_shows_cards_also_where_one_fails() {
    let app = app().await;
    products(&app, 3).await;
    let text = page(&app, "/admin").await;
    assert!(text.contains("<p class=\"figure\">3"), "{text}");
    assert!(text.contains("This could not be loaded."));
    assert!(
        text.contains("Shop</h2>") && text.contains("Application</h2>"),
        "{text}"
    );
    assert!(text.contains("Nothing was changed here yet."));
}

#[tokio::test]
async fn what_stands_between_backticks_is_shown_as_code() {
    let app = TestApp::of([package(), Notes.boxed(), Auth.boxed()])
        .start()
        .await;
    let mut text = String::new();
    for chore in ["notes.Found", "notes.Missing"] {
        let run = admin(&app).post_form("/admin/chores", &[("chore", chore)]);
        text = run.follow_redirects(1).await.text().to_owned();
    }
    for shown in [
        "notes.Missing: failed: <code>&lt;b&gt;</code> is missing</p>",
        "<p>Looks for <code>&lt;b&gt;</code>.</p>",
        "<p class=\"faint\"><code>&lt;b&gt;</code> was found</p>",
        "<p class=\"error\"><code>&lt;b&gt;</code> is missing</p>",
    ] {
        assert!(text.contains(shown), "{shown} {text}");
    }
    let text = page(&app, "/admin").await;
    for shown in [
        "<p class=\"faint\">Run <code>plain &lt;x&gt;</code>, or <code>y</code></p>",
        "<p class=\"faint\">One `alone</p>",
        "<p class=\"ends\" aria-hidden=\"true\"><span>Mon</span><span>Tue</span></p>",
        "notes.Missing: failed: <code>&lt;b&gt;</code> is missing</p>",
    ] {
        assert!(text.contains(shown), "{shown} {text}");
    }
}

#[tokio::test]
async fn settings_are_shown_with_their_sources_and_secrets_are_masked() {
    let app = TestApp::of([package(), Shop.boxed(), Auth.boxed()])
        .setting(
            "SECRET_KEY",
            "do-not-show-this-one-that-is-long-enough-to-be-a-key",
        )
        .start()
        .await;
    let text = page(&app, "/admin/settings").await;
    assert!(text.contains("<code>SECRET_KEY</code>") && !text.contains("do-not-show"));
    assert!(text.contains("given in code"));
}

#[tokio::test]
async fn the_other_pages_show_what_their_commands_show() {
    let app = app().await;
    let migrations = page(&app, "/admin/migrations").await;
    assert!(migrations.contains("<code>0001_initial</code>") && migrations.contains("applied"));
    assert!(
        page(&app, "/admin/urls")
            .await
            .contains("/admin/&lt;slug:viewset&gt;")
    );
    let packages = page(&app, "/admin/packages").await;
    assert!(
        packages.contains("<code>plain.admin</code>") && packages.contains("<code>shop</code>")
    );
    assert!(
        page(&app, "/admin/preflight")
            .await
            .contains("just checked")
    );
    assert!(
        page(&app, "/admin/preflight?stage=deploy")
            .await
            .contains("as for a deployment")
    );
}

#[tokio::test]
async fn a_chore_is_run_now_and_noted() {
    let app = TestApp::of([package(), Shop.boxed(), Auth.boxed(), Cleaning.boxed()])
        .start()
        .await;
    let text = page(&app, "/admin/chores").await;
    assert!(
        text.contains("Sweeps the floor.") && text.contains("never run"),
        "{text}"
    );
    let run = admin(&app).post_form("/admin/chores", &[("chore", "cleaning.Sweep")]);
    let text = run.follow_redirects(1).await.text().to_owned();
    assert!(
        text.contains("cleaning.Sweep: 3 crumbs swept") && text.contains("last run"),
        "{text}"
    );
    let unknown = admin(&app)
        .post_form("/admin/chores", &[("chore", "cleaning.Swep")])
        .await;
    assert_eq!(unknown.status(), 404);
    assert!(unknown.text().contains("did you mean"), "{unknown:?}");
    assert_eq!(admin(&app).post("/admin/chores").await.status(), 404);
    assert_eq!(
        changes(&app).await,
        ["admin Ran chore cleaning.Sweep cleaning.Sweep: 3 crumbs swept"]
    );
}
