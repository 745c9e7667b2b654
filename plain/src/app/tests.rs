use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::packages::Installer;
use crate::urls::{path, urls};
use crate::views::View;

/// A package that does what its function says.
struct Made(&'static str, fn(&mut Installer));

impl Package for Made {
    fn name(&self) -> &'static str {
        self.0
    }

    fn install(&self, to: &mut Installer) -> Result<()> {
        (self.1)(to);
        Ok(())
    }
}

fn package(name: &'static str, install: fn(&mut Installer)) -> Box<dyn Package> {
    Box::new(Made(name, install))
}

fn source(installed: &[&str]) -> Source {
    Source::isolated("/nowhere")
        .with("DEBUG", true)
        .with("INSTALLED_PACKAGES", json!(installed))
}

fn refusal(linked: Vec<Box<dyn Package>>, source: Source) -> String {
    App::load(linked, source)
        .expect_err("the application starts")
        .to_string()
}

struct First;

impl crate::middleware::Middleware for First {}

struct Second;

impl crate::middleware::Middleware for Second {
    fn requires(&self) -> &'static [&'static str] {
        &["shop.First"]
    }
}

fn two_middleware() -> Box<dyn Package> {
    package("shop", |to| {
        to.middleware("shop.First", |_| Ok(First))
            .middleware("shop.Second", |_| Ok(Second));
    })
}

fn with_middleware(names: &[&str]) -> String {
    refusal(
        vec![two_middleware()],
        source(&["shop"]).with("MIDDLEWARE", json!(names)),
    )
}

#[test]
fn what_one_package_brings_twice_is_refused() {
    let linked = vec![package("shop", |to| {
        let folder = crate::embedded::Folder::EMPTY;
        to.template_global("greeting", |_| Ok("Hello".into()))
            .template_global("greeting", |_| Ok("Hi".into()))
            .migrations(folder)
            .migrations(folder)
            .templates(folder)
            .templates(folder)
            .assets(folder)
            .assets(folder);
    })];
    assert_snapshot!(refusal(linked, source(&["shop"])), @r"
    the package `shop` brings two folders of migrations: put all into one
    the package `shop` brings two folders of templates: put all into one
    the package `shop` brings two folders of assets: put all into one
    the package `shop` brings the template global `greeting` twice: rename one, or take it out
    ");
}

#[test]
fn a_package_that_is_not_linked_is_refused_with_the_lines_to_add() {
    let linked = vec![package("plain.sessions", |_| {}), package("app", |_| {})];
    assert_snapshot!(refusal(linked, source(&["plain.sessions", "plain.auth", "ap"])), @r#"
    INSTALLED_PACKAGES lists `plain.auth`, which is not linked into this program.
      Linked are: plain.sessions, app
      To link it, add two lines:
        Cargo.toml, [dependencies]:      plain-auth = "*"
        main.rs, the list in main():     plain_auth::package(),
    INSTALLED_PACKAGES lists `ap`, which is not linked into this program. Did you mean `app`?
      Linked are: plain.sessions, app
      To link it, add two lines:
        Cargo.toml, [dependencies]:      ap = "*"
        main.rs, the list in main():     ap::package(),
    "#);
}

#[test]
fn a_package_that_is_listed_or_linked_twice_is_refused() {
    let linked = vec![package("app", |_| {}), package("app", |_| {})];
    assert_snapshot!(refusal(linked, source(&["app", "app", "plain"])), @"
    two packages in main() are named `app`: link one of them only
    INSTALLED_PACKAGES lists `app` more than once: remove the later one
    INSTALLED_PACKAGES lists `plain`, which is always installed: remove it
    ");
}

#[test]
fn a_package_whose_requirement_is_missing_or_misplaced_is_refused() {
    let linked = || {
        vec![
            package("auth", |to| {
                to.requires("sessions");
            }),
            package("sessions", |_| {}),
        ]
    };
    assert_snapshot!(refusal(linked(), source(&["auth"])), @"the package `auth` needs `sessions`: add `sessions` to INSTALLED_PACKAGES, before `auth`");
    assert_snapshot!(refusal(linked(), source(&["auth", "sessions"])), @"the package `auth` needs `sessions`, which INSTALLED_PACKAGES lists after it: move `sessions` before `auth`");
    assert!(App::load(linked(), source(&["sessions", "auth"])).is_ok());
}

#[test]
fn what_two_packages_bring_under_one_name_is_refused() {
    fn bring(to: &mut Installer) {
        to.middleware("x.First", |_| Ok(First));
        to.template_global("greeting", |_| Ok("hello".into()));
    }
    let linked = vec![package("one", bring), package("two", bring)];
    assert_snapshot!(refusal(linked, source(&["one", "two"])), @"
    the middleware `x.First` is brought by two packages, `one` and `two`: install one of them only, or rename it in one
    the template global `greeting` is brought by two packages, `one` and `two`: install one of them only, or rename it in one
    ");
}

#[test]
fn a_package_that_is_linked_and_not_installed_contributes_nothing() {
    struct Page;
    impl View for Page {
        async fn get(&self, _: &Request) -> Result<Response> {
            Ok(Response::text(""))
        }
    }
    let linked = vec![package("shop", |to| {
        to.urls(urls([path("shop", Page)]))
            .middleware("shop.First", |_| Ok(First));
    })];
    let app = App::load(linked, source(&[])).unwrap();
    assert!(
        app.router()
            .routes()
            .iter()
            .all(|route| route.package() == "plain")
    );
    assert_eq!(app.packages().linked_only(), ["shop"]);
    let linked = vec![two_middleware()];
    let source = source(&[]).with("MIDDLEWARE", json!(["shop.First"]));
    assert!(App::load(linked, source).is_err());
}

#[test]
fn middleware_that_nobody_brings_or_that_is_listed_twice_is_refused() {
    assert_snapshot!(with_middleware(&["shop.Frist", "shop.First", "shop.First"]), @"
    MIDDLEWARE lists `shop.Frist`, which no installed package brings; did you mean `shop.First`?
    MIDDLEWARE lists `shop.First` more than once: remove the later one
    ");
}

#[test]
fn middleware_in_a_wrong_order_is_refused_with_the_right_one() {
    assert_snapshot!(with_middleware(&["shop.Second"]), @r#"
    MIDDLEWARE lists `shop.Second`, which needs `shop.First` before it: write
        "shop.First",
        "shop.Second",
    "#);
    assert_snapshot!(with_middleware(&["shop.Second", "shop.First"]), @r#"
    MIDDLEWARE lists `shop.Second` before `shop.First`, which it needs: swap them to
        "shop.First",
        "shop.Second",
    "#);
}

#[derive(Clone)]
struct Note(&'static str);

struct Attaches;

impl crate::middleware::Middleware for Attaches {
    async fn before_request(&self, request: &mut Request) -> Result<Option<Response>> {
        request.insert_extension(Note("attached"));
        Ok(None)
    }
}

#[tokio::test]
async fn what_a_middleware_attached_reaches_views_and_template_functions() {
    struct Page;
    impl View for Page {
        async fn get(&self, request: &Request) -> Result<Response> {
            assert!(request.extension::<Note>().is_some());
            request.render("note.html", crate::context! {})
        }
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("templates")).unwrap();
    std::fs::write(folder.path().join("templates/note.html"), "{{ note() }}").unwrap();
    let linked = vec![package("notes", |to| {
        to.middleware("notes.Attaches", |_| Ok(Attaches))
            .template_global("note", |request| {
                Ok(request
                    .extension::<Note>()
                    .map_or("nothing", |note| note.0)
                    .into())
            })
            .urls(urls([path("", Page)]));
    })];
    let source = Source::isolated(folder.path())
        .with("DEBUG", true)
        .with("INSTALLED_PACKAGES", json!(["notes"]))
        .with("MIDDLEWARE", json!(["notes.Attaches"]));
    let app = App::load(linked, source).unwrap();
    let client = crate::test::Client::new(app);
    assert_eq!(client.get("/").await.text(), "attached");
}
